package operator

import (
	"fmt"
	"os"
	"testing"

	"liferooms.io/liferooms/internal/postgres/pgtest"
	"liferooms.io/liferooms/test/kubetest"
)

func TestMain(m *testing.M) {
	code := kubetest.Run(func() int { return pgtest.Run(m) })
	if program.folder != "" {
		if err := os.RemoveAll(program.folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}
