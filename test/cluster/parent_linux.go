package main

import "syscall"

// dieWithParent has the kernel ask us to end when the process that started us does: `go run` passes on no signal but an
// interrupt, and a cluster that nobody waits for must not stay.
func dieWithParent() {
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGTERM), 0) // it knows no failure for a signal that exists
}
