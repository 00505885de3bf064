//go:build !linux

package postgres

import "syscall"

// dieWithParent does nothing: only Linux tells a child that its parent died. A server left behind is found and named
// by the next start.
func dieWithParent(*syscall.SysProcAttr) {}

// servesFrom believes the lock file: a live process with the recorded id is taken for the server.
func servesFrom(pid int, _ string) bool { return syscall.Kill(pid, 0) == nil }
