package directory

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"liferooms.io/liferooms/internal/openreferral"
)

// TestPreviewTellsAndDoesNothing: what is told is what the import then does.
func TestPreviewTellsAndDoesNothing(t *testing.T) {
	s := newShelf(t)
	s.need(t, "money")
	s.replace(t, "feed", page)
	before := s.versions(t, s.Walton)
	next := strings.NewReplacer(
		`"byday": "TH", "opens_at": "10:00"`, `"byday": "FR", "opens_at": "09:30"`,
		"Help with debts.", "Help with debts & bills.",
		"1 High Street", "2 High Street",
		`"available": 3, "maximum": 10, "updated": "2026-11-20T09:00:00Z"`, `"available": 0, "updated": "2026-11-21T09:30:00Z", "description": "Ring on Monday"`,
		`{"id": "s2", "name": "Choir", "description": "Singing.", "status": "active", "organization": {"id": "o2", "name": "Choir Trust"}`,
		`{"name": "No id"}, {"id": "s3", "name": "Band", "status": "active", "organization": {"id": "o1", "name": "Walton Advice"}`,
	).Replace(page)
	var refused []string
	got, err := s.Preview(s.ctx, "feed", document(next), true, func(r RowResult) { refused = append(refused, r.Name+": "+r.Refused.Reason) })
	if err != nil {
		t.Fatal(err)
	}
	want := Preview{
		Summary: Summary{Rows: 3, Added: 1, Changed: 1, Refused: 1, Retired: 2},
		Counts: []PreviewCount{
			{Kind: PreviewService, Added: 1, Changed: 1, Retired: 1}, {Kind: PreviewOrganisation, Retired: 1, Changed: 0},
			{Kind: PreviewLocation, Changed: 1}, {Kind: PreviewTerm},
		},
		Differences: []Difference{
			{PreviewService, WouldRetire, "Choir", nil},
			{PreviewService, WouldChange, "Debt clinic", []PreviewField{
				{"capacities", "3 of 10 appointments free at 2026-11-20 09:00:00 UTC", "0 appointments free at 2026-11-21 09:30:00 UTC, Ring on Monday"},
				{"description", "Help with debts.", "Help with debts & bills."},
				{"locations", "Library, 1 High Street, L4 4AA", "Library, 2 High Street, L4 4AA"},
				{"schedules", "Every Thursday, 10:00 to 12:00", "Every Friday, 09:30 to 12:00"},
			}},
			{PreviewService, WouldAdd, "Band", nil},
			{PreviewOrganisation, WouldRetire, "Choir Trust", nil},
			{PreviewLocation, WouldChange, "Library", []PreviewField{{"address", "1 High Street", "2 High Street"}}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"No id: it has no id"}, refused); diff != "" {
		t.Error(diff)
	}
	if after := s.versions(t, s.Walton); after != before {
		t.Errorf("it wrote: %s", cmp.Diff(before, after))
	}
	if n := s.Count(t, "select count(*) from audit_events where action = 'catalogue.imported'"); n != 1 {
		t.Errorf("%d imports are on record", n)
	}
	summary, err := s.Replace(s.ctx, "feed", document(next), nil)
	if err != nil || summary != got.Summary {
		t.Errorf("%+v, and before it said %+v: %v", summary, got.Summary, err)
	}
	// The same once more changes nothing, and what comes back is told of as that.
	again, err := s.Preview(s.ctx, "feed", document(next), true, nil)
	if err != nil || len(again.Differences) != 0 {
		t.Errorf("%+v, %v", again, err)
	}
	back, err := s.Preview(s.ctx, "feed", document(page), true, nil)
	if err != nil || back.Counts[0].Restored != 1 || back.Differences[1].What != WouldRestore || back.Differences[1].Name != "Choir" {
		t.Errorf("%+v, %v", back, err)
	}
}

// TestPreviewListsTheFirst: all are counted.
func TestPreviewListsTheFirst(t *testing.T) {
	s := newShelf(t)
	rows := func(yield func(openreferral.Row, error) bool) {
		for i := range MaxDifferences + 50 {
			id := fmt.Sprint("s", i)
			if !yield(openreferral.Row{Index: i + 1, Kind: openreferral.KindService, ID: id, Name: id, Service: &openreferral.Service{ID: id, Name: id, Status: openreferral.Active}}, nil) {
				return
			}
		}
	}
	p, err := s.Preview(s.ctx, "feed", rows, true, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Differences) != MaxDifferences || p.Counts[0].Added != MaxDifferences+50 {
		t.Errorf("%d listed, %d counted", len(p.Differences), p.Counts[0].Added)
	}
	if n := s.Count(t, "select count(*) from services"); n != 0 {
		t.Errorf("%d services", n)
	}
}
