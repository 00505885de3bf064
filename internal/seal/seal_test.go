package seal_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"liferooms.io/liferooms/internal/seal"
)

func newKey(b byte) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32)) }

func keys(t *testing.T, lines ...string) *seal.Keys {
	t.Helper()
	k, err := seal.ParseKeys(strings.Join(lines, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSealAndOpen(t *testing.T) {
	k := keys(t, newKey(1))
	sealed, err := k.Seal("s3cret", "owner")
	if err != nil {
		t.Fatal(err)
	}
	again, err := k.Seal("s3cret", "owner")
	if err != nil || again == sealed {
		t.Errorf("sealed twice it must look different: %v", err)
	}
	if raw, _ := base64.StdEncoding.DecodeString(sealed); bytes.Contains(raw, []byte("s3cret")) {
		t.Error("the sealed text holds the secret")
	}
	if secret, stale, err := k.Open(sealed, "owner"); secret != "s3cret" || stale || err != nil {
		t.Errorf("opened: %q, %v, %v", secret, stale, err)
	}
	if _, _, err := k.Open(sealed, "another owner"); !errors.Is(err, seal.ErrBroken) {
		t.Errorf("opened for another owner: %v", err)
	}
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		changed := bytes.Clone(raw)
		changed[i] ^= 1
		if _, _, err := k.Open(base64.StdEncoding.EncodeToString(changed), "owner"); err == nil {
			t.Errorf("opened with byte %d changed", i)
		}
	}
	for n := range raw {
		if _, _, err := k.Open(base64.StdEncoding.EncodeToString(raw[:n]), "owner"); err == nil {
			t.Errorf("opened with %d of %d bytes", n, len(raw))
		}
	}
}

// TestRotation: the new key goes first, everything still opens, and what the old key sealed says that it is to be renewed.
func TestRotation(t *testing.T) {
	before := keys(t, newKey(1))
	sealed, err := before.Seal("s3cret", "owner")
	if err != nil {
		t.Fatal(err)
	}
	both := keys(t, "# the new one first", newKey(2), "", newKey(1))
	secret, stale, err := both.Open(sealed, "owner")
	if secret != "s3cret" || !stale || err != nil {
		t.Fatalf("with both keys: %q, %v, %v", secret, stale, err)
	}
	renewed, err := both.Seal(secret, "owner")
	if err != nil {
		t.Fatal(err)
	}
	after := keys(t, newKey(2))
	if secret, stale, err := after.Open(renewed, "owner"); secret != "s3cret" || stale || err != nil {
		t.Errorf("renewed, with the new key alone: %q, %v, %v", secret, stale, err)
	}
	if _, _, err := after.Open(sealed, "owner"); !errors.Is(err, seal.ErrUnknown) {
		t.Errorf("not renewed, with the new key alone: %v", err)
	}
}

func TestReadKeys(t *testing.T) {
	none, err := seal.ReadKeys("")
	if err != nil || none.Len() != 0 {
		t.Fatalf("no file: %v, %v", none, err)
	}
	if _, err := none.Seal("s3cret", "owner"); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("sealed without a key: %v", err)
	}
	if _, _, err := none.Open("AQ==", "owner"); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("opened without a key: %v", err)
	}
	file := filepath.Join(t.TempDir(), "key")
	secret := base64.StdEncoding.EncodeToString([]byte("much too short"))
	for content, says := range map[string]string{
		"":                            "no key",
		"# only a comment\n":          "no key",
		secret:                        "line 1",
		newKey(1) + "\nnot base64!\n": "line 2",
	} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := seal.ReadKeys(file)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", content, err)
		}
	}
	if err := os.WriteFile(file, []byte(newKey(1)+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if k, err := seal.ReadKeys(file); err != nil || k.Len() != 1 {
		t.Errorf("one key: %v", err)
	}
	if _, err := seal.ReadKeys(file + "-missing"); err == nil {
		t.Error("a file that is not there was read")
	}
}
