package main

import (
	"os"
	"testing"
)

func TestProcessOf(t *testing.T) {
	self, ok := processOf(os.Getpid())
	if !ok || self.parent != os.Getppid() {
		t.Errorf("found: %v, parent %d, want %d", ok, self.parent, os.Getppid())
	}
	if none, ok := processOf(1 << 30); ok {
		t.Errorf("there is no such process: %+v", none)
	}
}
