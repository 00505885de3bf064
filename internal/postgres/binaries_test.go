package postgres

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// install makes a folder of programs that answer like a server of the version.
func install(t *testing.T, dir, version string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"initdb", "postgres"} {
		script := fmt.Sprintf("#!/bin/sh\necho '%s (PostgreSQL) %s'\n", name, version)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNewest(t *testing.T) {
	root := t.TempDir()
	globs := []string{filepath.Join(root, "*", "bin")}

	install(t, filepath.Join(root, "14", "bin"), "14.9")
	if _, err := newest(globs); !errors.Is(err, ErrNoBinaries) || !strings.Contains(err.Error(), "apt-get install postgresql") {
		t.Errorf("with version 14 alone: %v", err)
	}

	install(t, filepath.Join(root, "9", "bin"), "9.6.24")
	install(t, filepath.Join(root, "15", "bin"), "15.18 (Debian 15.18-0+deb12u1)")
	install(t, filepath.Join(root, "17", "bin"), "17rc1")
	if err := os.MkdirAll(filepath.Join(root, "18", "bin"), 0o755); err != nil { // no server in it
		t.Fatal(err)
	}
	dir, err := newest(globs)
	if want := filepath.Join(root, "17", "bin"); err != nil || dir != want {
		t.Errorf("got %s, %v; want %s", dir, err, want)
	}
}

func TestOnPath(t *testing.T) {
	real, path := t.TempDir(), t.TempDir()
	install(t, real, "16.1")
	if err := os.Symlink(filepath.Join(real, "postgres"), filepath.Join(path, "postgres")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", path+string(os.PathListSeparator)+os.Getenv("PATH"))
	want, err := filepath.EvalSymlinks(real)
	if err != nil {
		t.Fatal(err)
	}
	if got := onPath(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
