package directory

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/servicecapacity"
)

// known are the capacities of Walton, as lines.
func (s *shelf) known(t testing.TB) []string {
	t.Helper()
	var lines []string
	for _, c := range must(s.client().ServiceCapacity.Query().WithService().Order(ent.Asc("unit")).All(s.ctx))(t) {
		most := "-"
		if c.Maximum != nil {
			most = fmt.Sprint(*c.Maximum)
		}
		lines = append(lines, fmt.Sprintf("%s: %d/%s %s %s %s %q", c.Edges.Service.Name, c.Available, most, c.Unit, c.UpdatedAt.UTC().Format(time.RFC3339), c.By, c.Description))
	}
	return lines
}

// clinic is a service with capacities.
func clinic(capacities string) string {
	return `{"id": "s1", "name": "Clinic", "status": "active", "organization": {"id": "o1", "name": "Advice"}, "service_at_locations": [], "capacities": [` + capacities + `]}`
}

const (
	freeBeds   = `{"id": "c1", "unit": {"name": "beds"}, "available": 2, "maximum": 8, "updated": "2026-11-10T08:00:00Z"}`
	freePlaces = `{"id": "c2", "unit": {"name": "Places"}, "available": 5, "description": "On Tuesdays", "updated": "2026-11-11T08:00:00+00:00"}`
)

func TestASourceSaysWhatThereIs(t *testing.T) {
	s := newShelf(t)
	twice := `{"id": "c3", "unit": {"name": "beds"}, "available": 7, "updated": "2026-11-09T08:00:00Z"}`
	_, results := s.take(t, "feed", document(clinic(strings.Join([]string{freeBeds, freePlaces, twice,
		`{"id": "c4", "unit": {"name": "chairs"}, "available": 1}`,
		`{"id": "c5", "unit": {"name": "tables"}, "available": 1, "updated": "` + time.Now().Add(24*time.Hour).UTC().Format(time.RFC3339) + `"}`,
		`{"id": "c6", "unit": {"name": "stools"}, "available": 500000, "updated": "2026-11-10T08:00:00Z"}`,
	}, ","))))
	both := []string{`Clinic: 2/8 beds 2026-11-10T08:00:00Z SOURCE ""`, `Clinic: 5/- places 2026-11-11T08:00:00Z SOURCE "On Tuesdays"`}
	if diff := cmp.Diff(both, s.known(t)); diff != "" {
		t.Error(diff)
	}
	var notes []string
	for _, n := range results[0].Notes {
		notes = append(notes, n.Field+" "+n.Message)
	}
	if diff := cmp.Diff([]string{"capacities[3].updated left out: it does not say when that was so", "capacities[4].updated left out: it is of a time to come",
		"capacities[5].available left out: a number of places is at most 100000"}, notes); diff != "" {
		t.Error(diff)
	}

	before := s.versions(t, s.Walton)
	if summary, results := s.take(t, "feed", document(clinic(freeBeds+","+freePlaces))); summary != (Summary{Rows: 1, Unchanged: 1}) {
		t.Errorf("the same again: %+v", results)
	}
	if diff := cmp.Diff(before, s.versions(t, s.Walton)); diff != "" {
		t.Errorf("the same again wrote: %s", diff)
	}

	// A summary takes nothing away; the whole of the service does.
	s.take(t, "feed", document(`{"id": "s1", "name": "Clinic", "status": "active"}`))
	if diff := cmp.Diff(both, s.known(t)); diff != "" {
		t.Error(diff)
	}
	_, results = s.take(t, "feed", document(clinic(freePlaces)))
	if diff := cmp.Diff([]string{"capacities"}, results[0].Fields); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(both[1:], s.known(t)); diff != "" {
		t.Error(diff)
	}
}

// TestWhoSaidItLast: what staff or a partner said stays until the source says something of a later time.
func TestWhoSaidItLast(t *testing.T) {
	s := newShelf(t)
	s.take(t, "feed", document(clinic(freeBeds+","+freePlaces)))
	for by, said := range map[servicecapacity.By]string{servicecapacity.ByStaff: "beds", servicecapacity.ByPartner: "places"} {
		s.client().ServiceCapacity.Update().Where(servicecapacity.Unit(said)).SetAvailable(1).SetBy(by).
			SetUpdatedAt(time.Date(2026, 11, 15, 8, 0, 0, 0, time.UTC)).ExecX(s.ctx)
	}
	before, ours := s.versions(t, s.Walton), s.known(t)
	if diff := cmp.Diff([]string{`Clinic: 1/8 beds 2026-11-15T08:00:00Z STAFF ""`, `Clinic: 1/- places 2026-11-15T08:00:00Z PARTNER "On Tuesdays"`}, ours); diff != "" {
		t.Fatal(diff)
	}
	for _, older := range []string{freeBeds + "," + freePlaces, strings.Replace(freeBeds, `"available": 2`, `"available": 4`, 1), ""} {
		if summary, _ := s.take(t, "feed", document(clinic(older))); summary.Unchanged != 1 {
			t.Errorf("%s: %+v", older, summary)
		}
		if diff := cmp.Diff(before, s.versions(t, s.Walton)); diff != "" {
			t.Errorf("%s: %s", older, diff)
		}
	}
	s.take(t, "feed", document(clinic(strings.Replace(freeBeds, "11-10", "11-16", 1))))
	if diff := cmp.Diff([]string{`Clinic: 2/8 beds 2026-11-16T08:00:00Z SOURCE ""`, ours[1]}, s.known(t)); diff != "" {
		t.Error(diff)
	}
}

// TestStaffSpeakDuringAnImport: what they say then is later than what the source says, whichever is written first.
func TestStaffSpeakDuringAnImport(t *testing.T) {
	s := newShelf(t)
	s.take(t, "feed", document(clinic(freeBeds)))
	for n := range 10 {
		var wg sync.WaitGroup
		var imported, said error
		wg.Go(func() {
			newer := strings.Replace(freeBeds, "11-10T08:00", fmt.Sprintf("11-10T09:%02d", n), 1)
			_, imported = s.Import(s.ctx, "feed", document(clinic(newer)), nil)
		})
		wg.Go(func() {
			said = s.Store.Tx(s.ctx, func(ctx context.Context) error {
				_, err := s.Store.Exec(ctx, `update service_capacities set available = $2, "by" = 'STAFF', updated_at = now() where hub_id = $1 and unit = 'beds'`, s.Walton.ID, n)
				return err
			})
		})
		wg.Wait()
		if imported != nil || said != nil {
			t.Fatal(imported, said)
		}
		if c := s.client().ServiceCapacity.Query().OnlyX(s.ctx); c.By != servicecapacity.ByStaff || c.Available != n {
			t.Fatalf("%d: %s said %d", n, c.By, c.Available)
		}
	}
}
