//go:build !linux

package node

import (
	"context"
	"errors"
	"io"
)

var errLinux = errors.New("a cluster of our own needs Linux: set KUBECONFIG to a cluster that there is")

// Node is a cluster that runs; only Linux has one.
type Node struct{}

// Options say what a node is made of.
type Options struct {
	Programs string
	Images   []string
}

// FirstCommand is the argument by which a program starts itself as a node's first process.
const FirstCommand = "first-process"

// First fails here.
func First(string, string, io.Reader, io.Writer) error { return errLinux }

// Start fails here.
func Start(context.Context, Options) (*Node, error) { return nil, errLinux }

// Kubeconfig is empty here.
func (n *Node) Kubeconfig() string { return "" }

// Logs is empty here.
func (n *Node) Logs() string { return "" }

// Lost never receives here.
func (n *Node) Lost() <-chan error { return nil }

// Import fails here.
func (n *Node) Import(context.Context, string) error { return errLinux }

// Stop has nothing to stop here.
func (n *Node) Stop() error { return nil }
