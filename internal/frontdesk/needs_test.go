package frontdesk_test

import (
	"testing"
	"time"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/internal/viewer"
)

// TestNeedsAreKeptForOneHub: what is kept of one hub is never given to another, and a need that is newer than what is
// kept is found all the same.
func TestNeedsAreKeptForOneHub(t *testing.T) {
	w, d := desk(t)
	walton, southport := w.As(t, w.Walton, viewer.Reception), w.As(t, w.Southport, viewer.Reception)
	money := w.Store.Client(walton).Need.Create().SetCode("money").SetName("Money").SaveX(walton)
	for range 2 { // read, then kept
		if needs, err := d.Needs(walton); err != nil || len(needs) != 1 || needs[money.ID].Name != "Money" {
			t.Errorf("Walton's needs: %v, %v", needs, err)
		}
		if needs, err := d.Needs(southport); err != nil || len(needs) != 0 {
			t.Errorf("Southport's needs: %v, %v", needs, err)
		}
	}
	both := w.Platform(w.Walton, w.Southport)
	if needs, err := d.Needs(both); err == nil {
		t.Errorf("two hubs at once: %v", needs)
	}
	later := w.Store.Client(walton).Need.Create().SetCode("work").SetName("Work").SaveX(walton)
	visits := []*ent.Visit{{NeedID: &money.ID, ArrivedAt: time.Now()}, {NeedID: &later.ID}, {}}
	if err := d.NameNeeds(walton, visits); err != nil {
		t.Fatal(err)
	}
	if visits[0].Edges.Need.Name != "Money" || visits[1].Edges.Need.Name != "Work" || visits[2].Edges.Need != nil {
		t.Errorf("named %v, %v, %v", visits[0].Edges.Need, visits[1].Edges.Need, visits[2].Edges.Need)
	}
	w.Statements.Reset()
	if err := d.NameNeeds(walton, visits); err != nil || len(w.Statements.Sent()) != 0 {
		t.Errorf("kept needs were read again: %v, %v", w.Statements.Sent(), err)
	}
}
