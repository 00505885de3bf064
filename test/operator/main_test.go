package operator

import (
	"os"
	"testing"

	"liferooms.io/liferooms/internal/postgres/pgtest"
	"liferooms.io/liferooms/test/kubetest"
)

func TestMain(m *testing.M) {
	os.Exit(kubetest.Run(func() int { return pgtest.Run(m) }))
}
