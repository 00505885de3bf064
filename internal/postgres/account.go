package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the system user that runs the server. Postgres refuses to run as root, so root lends the server to an
// unprivileged user; everybody else runs it as themselves.
type account struct {
	name     string
	uid, gid int
	lent     bool // the server runs as another user than this process
}

func serverAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.Atoi(u.Uid)
		if err != nil {
			return account{}, fmt.Errorf("read the user id of %s: %w", name, err)
		}
		gid, err := strconv.Atoi(u.Gid)
		if err != nil {
			return account{}, fmt.Errorf("read the group id of %s: %w", name, err)
		}
		return account{name: name, uid: uid, gid: gid, lent: true}, nil
	}
	return account{}, fmt.Errorf("run Postgres: it does not run as root, and there is no user postgres or nobody to run it as")
}

// sysProcAttr puts the child in a process group of its own: Ctrl-C in a terminal must reach Life Rooms, which stops the
// server once its own requests are drained.
func (a account) sysProcAttr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if a.lent {
		attr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	dieWithParent(attr)
	return attr
}

// folder makes dir where it is missing, private to the account. New parents can be entered by everybody: the account may
// be another than ours.
func (a account) folder(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("make folder for Postgres: %w", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("make folder for Postgres: %w", err)
	}
	if !a.lent {
		return nil
	}
	if err := os.Chown(dir, a.uid, a.gid); err != nil {
		return fmt.Errorf("give folder to %s: %w", a.name, err)
	}
	return nil
}

// reaches reports whether the account can enter every folder on the way to dir. Initdb's own message for this
// ("could not access directory") does not say which folder is in the way.
func (a account) reaches(dir string) error {
	if !a.lent {
		return nil
	}
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return fmt.Errorf("find folder for Postgres: %w", err)
	}
	for p := dir; ; p = filepath.Dir(p) {
		info, err := os.Stat(p)
		if err != nil {
			return fmt.Errorf("find folder for Postgres: %w", err)
		}
		if !a.enters(info) {
			return fmt.Errorf("run Postgres: it runs as the user %s here, because it refuses to run as root, and %s may not enter %s: "+
				"choose a data folder that it can reach, such as one under /var/lib", a.name, a.name, p)
		}
		if p == filepath.Dir(p) {
			return nil
		}
	}
}

func (a account) enters(info os.FileInfo) bool {
	mode := info.Mode().Perm()
	switch owner := info.Sys().(*syscall.Stat_t); {
	case int(owner.Uid) == a.uid:
		return mode&0o100 != 0
	case int(owner.Gid) == a.gid:
		return mode&0o010 != 0
	default:
		return mode&0o001 != 0
	}
}
