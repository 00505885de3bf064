package postgres_test

import (
	"os"
	"path/filepath"
	"testing"

	"liferooms.io/liferooms/internal/postgres"
)

func TestKilledStarter(t *testing.T) {
	dir := filepath.Join(openDir(t), "data")
	cmd, _, pid := runHost(t, dir, uint32(os.Geteuid()))
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // reports the kill

	// At once: the next start waits for the server that is on its way out.
	if got := query(t, start(t, postgres.Options{Dir: dir, Disposable: true}), "select 'back'"); got != "back" {
		t.Errorf("got %q", got)
	}
	awaitEnd(t, pid)
}
