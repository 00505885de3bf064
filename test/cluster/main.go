// Command cluster gives the end-to-end tests a Kubernetes cluster, and the operator's tests an API server:
//
//	cluster run -- COMMAND…  run the command with KUBECONFIG set: a cluster of its own that ends with it, or the one that
//	                         KUBECONFIG names already; kubectl is on its PATH
//	cluster up               run a cluster until interrupted
//	cluster images FOLDER    write the images that the tests use into the folder, as tarballs, and print their paths
//	cluster assets           print a folder that holds kube-apiserver, etcd and kubectl, for envtest
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"liferooms.io/liferooms/test/cluster/binaries"
	"liferooms.io/liferooms/test/cluster/node"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal stops at once
	dieWithParent()
	code, err := run(ctx, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

var errUsage = errors.New("usage: cluster run -- COMMAND… | up | images FOLDER | assets")

func run(ctx context.Context, args []string) (code int, err error) {
	switch {
	case len(args) == 3 && args[0] == node.FirstCommand:
		return 0, node.First(args[1], args[2], os.Stdin, os.Stdout)
	case len(args) == 1 && args[0] == "assets":
		dir, err := binaries.Assets(ctx)
		if err != nil {
			return 1, err
		}
		fmt.Println(dir)
		return 0, nil
	case len(args) == 2 && args[0] == "images":
		if err := os.MkdirAll(args[1], 0o755); err != nil {
			return 1, err
		}
		paths, err := ourImages(ctx, args[1])
		if err != nil {
			return 1, err
		}
		fmt.Println(strings.Join(paths, "\n"))
		return 0, nil
	case len(args) == 1 && args[0] == "up":
		return 0, withNode(ctx, func(n *node.Node, _ string) error {
			fmt.Printf("export KUBECONFIG=%s\nIt runs until interrupted. Logs are in %s.\n", n.Kubeconfig(), n.Logs())
			select {
			case <-ctx.Done():
				return nil
			case err := <-n.Lost():
				return err
			}
		})
	case len(args) >= 3 && args[0] == "run" && args[1] == "--":
		return runWith(ctx, args[2:])
	}
	return 2, errUsage
}

// runWith runs the command beside a cluster, and gives its exit code.
func runWith(ctx context.Context, command []string) (code int, err error) {
	if kubeconfig := os.Getenv("KUBECONFIG"); kubeconfig != "" {
		programs, err := binaries.Kubernetes(ctx, binaries.Kubectl)
		if err != nil {
			return 1, err
		}
		return execute(ctx, command, kubeconfig, programs)
	}
	err = withNode(ctx, func(n *node.Node, programs string) error {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		go func() {
			select {
			case <-ctx.Done():
			case lost := <-n.Lost():
				cancel(lost)
			}
		}()
		code, err = execute(ctx, command, n.Kubeconfig(), programs)
		if lost := context.Cause(ctx); err == nil && code != 0 && lost != nil {
			err = lost
		}
		return err
	})
	return code, err
}

func execute(ctx context.Context, command []string, kubeconfig, programs string) (code int, err error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = time.Minute
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "PATH="+programs+string(os.PathListSeparator)+os.Getenv("PATH"))
	err = cmd.Run()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return max(failed.ExitCode(), 1), nil // it has said why itself
	}
	return 0, err
}

// withNode runs do beside a cluster of our own with all images, and ends the cluster.
func withNode(ctx context.Context, do func(n *node.Node, programs string) error) (err error) {
	begun := time.Now()
	programs, err := binaries.Kubernetes(ctx, binaries.APIServer, binaries.ControllerManager, binaries.Scheduler, binaries.Kubelet, binaries.Proxy, binaries.Kubectl)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "liferooms-images-")
	if err != nil {
		return fmt.Errorf("make a folder for images: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	images, err := nodeImages(ctx, dir)
	if err != nil {
		return err
	}
	ours, err := ourImages(ctx, dir)
	if err != nil {
		return err
	}
	built := time.Now()
	n, err := node.Start(ctx, node.Options{Programs: programs, Images: append(images, ours...)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Stop()) }()
	fmt.Fprintf(os.Stderr, "cluster: programs and images after %.1f s, ready %.1f s later\n", built.Sub(begun).Seconds(), time.Since(built).Seconds())
	return do(n, filepath.Clean(programs))
}
