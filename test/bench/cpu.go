package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// tick is the unit of processor times in /proc, the same on every Linux.
const tick = 10 * time.Millisecond

// process is a line of /proc/<pid>/stat.
type process struct {
	parent int
	own    time.Duration // user and system
	reaped time.Duration // of children that have ended
}

// processOf reads a process; false where there is none, and everywhere but on Linux.
func processOf(pid int) (process, bool) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return process{}, false
	}
	// The name, in brackets, may hold anything. After it come the state, then the parent, as fields 3 and 4.
	_, rest, ok := bytes.Cut(text[bytes.LastIndexByte(text, ')'):], []byte(" "))
	fields := bytes.Fields(rest)
	if !ok || len(fields) < 15 {
		return process{}, false
	}
	number := func(field int) int {
		n, _ := strconv.Atoi(string(fields[field-3])) // numbers by the kernel's word
		return n
	}
	return process{
		parent: number(4),
		own:    tick * time.Duration(number(14)+number(15)),
		reaped: tick * time.Duration(number(16)+number(17)),
	}, true
}

func parentOf(pid int) int {
	p, _ := processOf(pid)
	return p.parent
}

// cpuOf is the processor time that a process has used.
func cpuOf(pid int) time.Duration {
	p, _ := processOf(pid)
	return p.own
}

// cpuOfFamily is the processor time of a process and of all its children, dead or alive.
func cpuOfFamily(pid int) time.Duration {
	p, ok := processOf(pid)
	if !ok {
		return 0
	}
	sum := p.own + p.reaped
	for _, child := range childrenOf(pid) {
		if c, ok := processOf(child); ok {
			sum += c.own + c.reaped
		}
	}
	return sum
}

func childrenOf(pid int) (children []int) {
	entries, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well-formed
	for _, entry := range entries {
		child, err := strconv.Atoi(filepath.Base(entry))
		if err != nil {
			continue
		}
		if c, ok := processOf(child); ok && c.parent == pid {
			children = append(children, child)
		}
	}
	return children
}

// memoryOfFamily is what a process and its children hold in memory (their resident sets), in bytes; 0 where that cannot be
// known.
func memoryOfFamily(pid int) (sum int64) {
	for _, p := range append(childrenOf(pid), pid) {
		text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p), "statm"))
		if err != nil {
			continue
		}
		if fields := bytes.Fields(text); len(fields) > 1 {
			pages, _ := strconv.ParseInt(string(fields[1]), 10, 64) // a number by the kernel's word
			sum += pages * int64(os.Getpagesize())
		}
	}
	return sum
}
