package directory

import (
	"context"
	"testing"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/store/storetest"
	"liferooms.io/liferooms/internal/viewer"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// shelf is a world with a directory, at work in Walton as the platform.
type shelf struct {
	*storetest.World
	*Directory
	ctx context.Context
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	w := storetest.New(t)
	log := audit.New(w.Store)
	t.Cleanup(log.Close)
	return &shelf{World: w, Directory: New(w.Store, log), ctx: w.Platform(w.Walton)}
}

// in is the same directory at work in another hub.
func (s *shelf) in(hub viewer.Hub) *shelf {
	return &shelf{World: s.World, Directory: s.Directory, ctx: s.Platform(hub)}
}

func (s *shelf) client() *ent.Client { return s.Store.Client(s.ctx) }

// must gives a value or ends the test: must(value, err)(t).
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
