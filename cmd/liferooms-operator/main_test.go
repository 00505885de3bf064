package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"liferooms.io/liferooms/test/kubetest"
)

func TestMain(m *testing.M) { os.Exit(kubetest.Run(m.Run)) }

func TestFlags(t *testing.T) {
	t.Setenv("KUBECONFIG", os.DevNull)
	for _, c := range []struct {
		args []string
		exit int
		says string
	}{
		{[]string{"run", "--help"}, 0, "$LIFEROOMS_OPERATOR_API_URL"},
		{[]string{"drain", "--help"}, 0, "--deployment"},
		{[]string{"--unknown"}, 2, "unknown flag --unknown"},
		{[]string{"--routes", "some"}, 2, "--routes"},
		{[]string{"--namespace", "n", "--resync", "1s"}, 1, "--resync is 1s: 5s or more"},
		{[]string{}, 1, "name it with --namespace"},
		{[]string{"drain"}, 1, "name it with --namespace"},
		{[]string{"check", "--api-url", "http://127.0.0.1:1/graphql", "--token-file", os.DevNull}, 1, "the API cannot be used: http://127.0.0.1:1/graphql does not answer: connection refused."},
		{[]string{"check", "--token-file", "/nowhere"}, 1, "cannot read its token"},
	} {
		var stdout, stderr strings.Builder
		code := run(t.Context(), c.args, &stdout, &stderr)
		if code != c.exit || !strings.Contains(stdout.String()+stderr.String(), c.says) {
			t.Errorf("%v: exit %d: %s%s", c.args, code, stdout.String(), stderr.String())
		}
	}
}

func TestFlagsBecomeOptions(t *testing.T) {
	c := &runCommand{placeFlags: placeFlags{Namespace: "liferooms"}, Gateway: "public/gateways", Resync: time.Minute, APIService: "api", APIPort: 80}
	options, err := c.options()
	if err != nil {
		t.Fatal(err)
	}
	if options.Routes.Gateway.String() != "gateways/public" || options.Routes.Service.String() != "liferooms/api" || options.Routes.Port != 80 {
		t.Errorf("routes lead to %+v", options.Routes)
	}
	c.Gateway = "public"
	if options, err = c.options(); err != nil || options.Routes.Gateway.String() != "liferooms/public" {
		t.Errorf("a gateway of the same namespace: %v, %v", options.Routes.Gateway, err)
	}
}

// TestTheProgram runs the operator as a pod would, and ends it as Kubernetes does.
func TestTheProgram(t *testing.T) {
	server := kubetest.Start(t)
	namespace := server.Namespace(t)
	program := filepath.Join(t.TempDir(), "liferooms-operator")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	metrics, health := freeAddress(t), freeAddress(t)
	log := &bytes.Buffer{}
	operator := exec.Command(program, "--namespace", namespace, "--metrics-addr", metrics, "--health-addr", health)
	operator.Env = append(os.Environ(), "KUBECONFIG="+server.Kubeconfig, "LIFEROOMS_OPERATOR_RESYNC=10s")
	operator.Stdout, operator.Stderr = log, log
	if err := operator.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- operator.Wait() }()
	t.Cleanup(func() {
		_ = operator.Process.Kill() // it has ended, where the test went well
	})
	lease := &coordinationv1.Lease{}
	holder := func(ctx context.Context) (string, error) {
		err := server.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "liferooms-operator"}, lease)
		if err != nil || lease.Spec.HolderIdentity == nil {
			return "", client.IgnoreNotFound(err)
		}
		return *lease.Spec.HolderIdentity, nil
	}
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		for _, address := range []string{health + "/healthz", health + "/readyz", metrics + "/metrics"} {
			if _, last = get("http://" + address); last != nil {
				return false, nil
			}
		}
		who, err := holder(ctx)
		return who != "", err
	})
	if err != nil {
		t.Fatalf("%v: %v\n%s", err, last, log)
	}
	if text, err := get("http://" + metrics + "/metrics"); err != nil || !strings.Contains(text, "go_goroutines") || !strings.Contains(text, "controller_runtime_active_workers") {
		t.Errorf("the metrics are %.300s, %v", text, err)
	}

	if err := operator.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("told to stop, it ended with %v\n%s", err, log)
		}
	case <-time.After(30 * time.Second):
		t.Fatalf("told to stop, it goes on\n%s", log)
	}
	if who, err := holder(t.Context()); err != nil || who != "" {
		t.Errorf("the lease is still held by %q, %v", who, err)
	}
	for line := range strings.Lines(log.String()) {
		if !strings.HasPrefix(line, "{") {
			t.Errorf("a line of the log is no JSON: %s", line)
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func get(url string) (string, error) {
	answer, err := http.Get(url)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", url, answer.Status)
	}
	return string(text), err
}
