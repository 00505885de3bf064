package postgres

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// dieWithParent has the kernel ask the server for a fast shutdown (SIGINT) when we are killed before we could.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }

// servesFrom reports whether process pid is a server on the data folder: a postmaster's working directory is its data
// folder. A process id alone proves nothing after a reboot.
func servesFrom(pid int, data string) bool {
	cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return false
	}
	real, err := filepath.EvalSymlinks(data)
	return err == nil && cwd == real
}
