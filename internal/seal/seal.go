package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
)

// Keys seal with the first and open with any of them. The zero value and nil have no key.
type Keys struct{ all []key }

type key struct {
	id   []byte // the beginning of the key's SHA-256
	aead cipher.AEAD
}

const (
	keySize = 32 // bytes: AES-256
	idSize  = 8
	version = 1
)

// Errors of opening and of sealing.
var (
	ErrNoKey   = errors.New("the server has no key for secrets; start it with --secret-key-file")
	ErrUnknown = errors.New("it was sealed with a key that the server does not have")
	ErrBroken  = errors.New("it is damaged, or belongs to something else")
)

// ReadKeys reads a file with a key on each line, each of 32 bytes in base64. Empty lines and lines that begin with # are
// passed over. An empty path gives no keys.
func ReadKeys(path string) (*Keys, error) {
	if path == "" {
		return &Keys{}, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the key for secrets: %w", err)
	}
	k, err := ParseKeys(string(text))
	if err != nil {
		return nil, fmt.Errorf("the key file %s: %w", path, err)
	}
	return k, nil
}

// ParseKeys takes the content of a key file. Its errors never hold a part of a key.
func ParseKeys(text string) (*Keys, error) {
	k := &Keys{}
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(raw) != keySize {
			return nil, fmt.Errorf("line %d is no key: want 32 bytes in base64, as `head -c 32 /dev/urandom | base64` makes them", n+1)
		}
		block, err := aes.NewCipher(raw)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(raw)
		k.all = append(k.all, key{sum[:idSize], aead})
	}
	if len(k.all) == 0 {
		return nil, errors.New("it holds no key: want 32 bytes in base64, as `head -c 32 /dev/urandom | base64` makes them")
	}
	return k, nil
}

// Len is how many keys there are.
func (k *Keys) Len() int {
	if k == nil {
		return 0
	}
	return len(k.all)
}

// Seal encrypts a secret that belongs to what owner names; ErrNoKey where there is no key.
func (k *Keys) Seal(secret, owner string) (string, error) {
	if k.Len() == 0 {
		return "", ErrNoKey
	}
	first := k.all[0]
	nonce := make([]byte, first.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	sealed := append([]byte{version}, first.id...)
	sealed = append(sealed, nonce...)
	return base64.StdEncoding.EncodeToString(first.aead.Seal(sealed, nonce, []byte(secret), []byte(owner))), nil
}

// Open decrypts what Seal gave for the same owner. stale tells that another key than the first sealed it: seal it again, so
// that the old key can go. The errors are ErrNoKey, ErrUnknown and ErrBroken.
func (k *Keys) Open(sealed, owner string) (secret string, stale bool, err error) {
	if k.Len() == 0 {
		return "", false, ErrNoKey
	}
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(raw) < 1+idSize || raw[0] != version {
		return "", false, ErrBroken
	}
	id, rest := raw[1:1+idSize], raw[1+idSize:]
	for n, one := range k.all {
		if !bytes.Equal(one.id, id) {
			continue
		}
		if len(rest) < one.aead.NonceSize() {
			return "", false, ErrBroken
		}
		nonce, text := rest[:one.aead.NonceSize()], rest[one.aead.NonceSize():]
		plain, err := one.aead.Open(nil, nonce, text, []byte(owner))
		if err != nil {
			return "", false, ErrBroken
		}
		return string(plain), n > 0, nil
	}
	return "", false, ErrUnknown
}

// ProviderOwner is the owner of an identity provider's client secret: the provider's issuer within its trust.
func ProviderOwner(trustID fmt.Stringer, issuer string) string {
	return "identity provider\n" + trustID.String() + "\n" + issuer
}
