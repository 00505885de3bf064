// Command props is what stands around Life Rooms in the end-to-end tests, in one image: the gate through which requests
// reach it by host name, the provider through which staff sign in, and the load of many people at once.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "props:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("usage: props gate | provider | load | stop | get, each with its flags")
	}
	switch args[0] {
	case "gate":
		return gate(ctx, args[1:])
	case "provider":
		return provider(ctx, args[1:])
	case "load":
		return load(ctx, args[1:])
	case "stop":
		return syscall.Kill(1, syscall.SIGTERM) // asks the program that the container runs to end
	case "get":
		return get(ctx, args[1:])
	}
	return fmt.Errorf("there is no prop called %q", args[0])
}

// serve serves until the context ends.
func serve(ctx context.Context, s *http.Server, listen func() error) error {
	s.ReadHeaderTimeout = 10 * time.Second
	ended := make(chan error, 1)
	go func() { ended <- listen() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return s.Close()
	}
}
