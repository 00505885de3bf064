//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// kubectl runs kubectl in the namespace of the tests, and gives what it prints.
func kubectl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := tryKubectl(t.Context(), "", args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// apply applies manifests, and gives what kubectl prints.
func apply(t *testing.T, manifests string) string {
	t.Helper()
	out, err := tryKubectl(t.Context(), manifests, "apply", "--filename=-")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func tryKubectl(ctx context.Context, input string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "kubectl", append([]string{"--namespace", namespace}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("kubectl %s: %w: %s%s", strings.Join(args, " "), err, &out, &problems)
	}
	return out.String(), nil
}

// get reads an object, as kubectl names it, into a value.
func get[T any](t *testing.T, object ...string) T {
	t.Helper()
	var value T
	out := kubectl(t, append([]string{"get", "--output=json"}, object...)...)
	if err := json.Unmarshal([]byte(out), &value); err != nil {
		t.Fatalf("read %v: %v", object, err)
	}
	return value
}

// eventually asks four times a second until the answer is no error, and gives how long that took.
func eventually(t *testing.T, within time.Duration, ask func() error) time.Duration {
	t.Helper()
	begun := time.Now()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ask()
		if err == nil {
			return time.Since(begun)
		}
		if time.Since(begun) > within {
			t.Fatalf("after %v still: %v", within, err)
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-tick.C:
		}
	}
}
