package paging_test

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/paging"
	"liferooms.io/liferooms/internal/problem"
)

func TestCursor(t *testing.T) {
	key := paging.Key{time.UnixMicro(1_700_000_000_123_456).UTC(), "Zoë, \x00", -0.25, int64(-7), uuid.Must(uuid.NewV7())}
	kinds := []paging.Kind{paging.Time, paging.Text, paging.Number, paging.Whole, paging.ID}
	cursor := key.Cursor()
	got, err := paging.Parse(cursor, kinds...)
	if err != nil || !cmp.Equal(got, key) {
		t.Errorf("%v comes back as %v (%v)", key, got, err)
	}
	raw, _ := base64.RawURLEncoding.DecodeString(cursor)
	for cut := range raw {
		if _, err := paging.Parse(base64.RawURLEncoding.EncodeToString(raw[:cut]), kinds...); !problem.Is(err, problem.BadUserInput) {
			t.Errorf("cut to %d bytes: %v", cut, err)
		}
	}
	for _, bad := range []string{"", "!", cursor + "AA", string(make([]byte, 5000))} {
		if _, err := paging.Parse(bad, kinds...); !problem.Is(err, problem.BadUserInput) {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
	if _, err := paging.Parse(cursor, paging.Time, paging.ID); !problem.Is(err, problem.BadUserInput) {
		t.Errorf("a cursor of another list: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("AXQ")
	f.Fuzz(func(t *testing.T, s string) {
		if key, err := paging.Parse(s, paging.Text, paging.Number, paging.ID); err == nil && key[2].(uuid.UUID).String() == "" {
			t.Error("an id that is none")
		}
	})
}
