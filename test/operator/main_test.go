package operator

import (
	"fmt"
	"os"
	"testing"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"liferooms.io/liferooms/internal/postgres/pgtest"
	"liferooms.io/liferooms/test/kubetest"
)

func TestMain(m *testing.M) {
	// What the operator logs in a test that fails is in its conditions and events too.
	ctrl.SetLogger(logr.Discard())
	code := kubetest.Run(func() int { return pgtest.Run(m) })
	if program.folder != "" {
		if err := os.RemoveAll(program.folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}
