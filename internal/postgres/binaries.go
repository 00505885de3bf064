package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// MinVersion is the oldest major version of Postgres that Life Rooms supports.
const MinVersion = 15

// BinariesEnv names the environment variable that points at a folder holding `initdb` and `postgres`, for machines
// where they are somewhere unusual.
const BinariesEnv = "LIFEROOMS_POSTGRES_BIN"

// ErrNoBinaries says that no Postgres server is installed. Its message tells a person what to install.
var ErrNoBinaries = errors.New("no Postgres server found: install one (Debian and Ubuntu: apt-get install postgresql; " +
	"macOS: brew install postgresql@17) or set " + BinariesEnv + " to the folder that holds initdb and postgres")

// versionedDirs are the places where packagers put one folder per major version; the glob's star is that version.
var versionedDirs = []string{
	"/usr/lib/postgresql/*/bin",                          // Debian, Ubuntu
	"/usr/pgsql-*/bin",                                   // Red Hat, from postgresql.org
	"/usr/libexec/postgresql*",                           // Alpine
	"/usr/local/pgsql-*/bin",                             // built from source
	"/opt/homebrew/opt/postgresql@*/bin",                 // Homebrew on Apple silicon
	"/usr/local/opt/postgresql@*/bin",                    // Homebrew on Intel
	"/Applications/Postgres.app/Contents/Versions/*/bin", // Postgres.app
	"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",    // Homebrew on Linux
}

// Binaries returns the folder that holds `initdb` and `postgres`: the one named by LIFEROOMS_POSTGRES_BIN, else the one
// on PATH, else the newest of the places where packagers put them. It fails with ErrNoBinaries where there is none of
// version MinVersion or newer.
func Binaries() (string, error) {
	if dir := os.Getenv(BinariesEnv); dir != "" {
		if !holdsServer(dir) {
			return "", fmt.Errorf("%s is %q, which does not hold both initdb and postgres", BinariesEnv, dir)
		}
		return dir, nil
	}
	if dir := onPath(); dir != "" {
		return dir, nil
	}
	return newest(versionedDirs)
}

// onPath looks where PATH's `postgres` really is. Distributions put single wrappers (pg_ctl, psql) on PATH and keep the
// server elsewhere, so only a folder with both programs counts.
func onPath() string {
	found, err := exec.LookPath("postgres")
	if err != nil {
		return ""
	}
	if real, err := filepath.EvalSymlinks(found); err == nil {
		found = real
	}
	dir, err := filepath.Abs(filepath.Dir(found))
	if err != nil || !holdsServer(dir) || versionOf(dir) < MinVersion {
		return ""
	}
	return dir
}

func newest(globs []string) (string, error) {
	best, bestVersion := "", MinVersion-1
	for _, glob := range globs {
		dirs, err := filepath.Glob(glob)
		if err != nil {
			return "", fmt.Errorf("look for Postgres in %s: %w", glob, err)
		}
		for _, dir := range dirs {
			if !holdsServer(dir) {
				continue
			}
			if v := versionOf(dir); v > bestVersion {
				best, bestVersion = dir, v
			}
		}
	}
	if best == "" {
		return "", ErrNoBinaries
	}
	return best, nil
}

func holdsServer(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// versionOf asks the server itself, because folder names differ by packager. It answers 0 where the server cannot say.
func versionOf(dir string) int {
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return 0
	}
	return majorVersion(string(out))
}

// majorVersion reads "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)".
func majorVersion(s string) int {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			continue
		}
		end := i
		for end < len(s) && s[end] >= '0' && s[end] <= '9' {
			end++
		}
		v, err := strconv.Atoi(s[i:end])
		if err != nil {
			return 0
		}
		return v
	}
	return 0
}
