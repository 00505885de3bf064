//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

const namespace = "liferooms-e2e"

func TestMain(m *testing.M) {
	if os.Getenv("KUBECONFIG") == "" {
		fmt.Fprintln(os.Stderr, "these tests need a cluster: run them by make e2e")
		os.Exit(2)
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	ctx := context.Background()
	// What a former run left in this cluster goes first.
	for _, args := range [][]string{
		{"delete", "namespace", namespace, "--ignore-not-found", "--wait", "--timeout=3m"},
		{"create", "namespace", namespace},
		// As docs/operate.md says: pods that ask for more than they need are refused.
		{"label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted"},
	} {
		if _, err := tryKubectl(ctx, "", args...); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	code := m.Run()
	if code != 0 {
		explain(ctx)
	}
	fmt.Println("\nFigures:")
	for _, line := range figures.lines {
		fmt.Println("  " + line)
	}
	return code
}

// explain prints what there is in the namespace when something failed: the cluster is gone a moment later.
func explain(ctx context.Context) {
	for _, args := range [][]string{
		{"get", "pods,jobs,services", "--output=wide", "--ignore-not-found"},
		{"get", "events", "--sort-by=.lastTimestamp", "--field-selector=type!=Normal"},
		{"logs", "--selector=app.kubernetes.io/part-of=liferooms", "--all-containers", "--prefix", "--tail=40"},
	} {
		out, err := tryKubectl(ctx, "", args...)
		fmt.Printf("\n$ kubectl %s\n%s", strings.Join(args, " "), out)
		if err != nil {
			fmt.Println(err)
		}
	}
}

// figures are what the tests measured, printed at the end.
var figures struct {
	sync.Mutex
	lines []string
}

func figure(format string, args ...any) {
	figures.Lock()
	defer figures.Unlock()
	figures.lines = append(figures.lines, fmt.Sprintf(format, args...))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
