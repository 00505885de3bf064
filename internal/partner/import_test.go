package partner_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/problem"
)

// feed is what the source says of Debt advice.
func feed(phone, assured string) []openreferral.Service {
	return []openreferral.Service{{ID: "s1", Name: "Debt advice", Description: "Help with debt.", Phones: []openreferral.Phone{{Number: phone}},
		AssuredDate: openreferral.Date(assured), Organisation: &openreferral.Organisation{ID: "o1", Name: "Citizens", Description: "Free advice."}}}
}

// TestApprovalRacesAnImport: whichever comes first, what was approved is there in the end, and so is the assurance; and
// the next import changes neither.
func TestApprovalRacesAnImport(t *testing.T) {
	c := newCatalogue(t)
	log := audit.New(c.Store)
	defer log.Close()
	catalogues := directory.New(c.Store, log)
	platform := c.Platform(c.Walton)
	importing := func(phone, assured string) directory.Summary {
		t.Helper()
		summary, err := catalogues.Import(platform, "feed", openreferral.RowsOf(feed(phone, assured)), nil)
		if err != nil {
			t.Errorf("import: %v", err)
		}
		return summary
	}
	ctx, _, _ := c.link(c.org)
	for n := range 12 {
		said, asked, today := fmt.Sprintf("0151 496 30%02d", n), fmt.Sprintf("0151 496 40%02d", n), day.AddDate(0, 0, n)
		c.propose(ctx, map[string]string{"phone": asked})
		ids := idsOf(c.waiting())
		var done sync.WaitGroup
		done.Go(func() { importing(said, "2026-01-05") })
		done.Go(func() {
			for { // an import under way is not waited for
				err := c.partners.Approve(c.manager, ids, nil)
				if err == nil {
					break
				}
				if !problem.Is(err, problem.Conflict) {
					t.Errorf("approve: %v", err)
					break
				}
			}
		})
		done.Go(func() {
			if err := c.partners.Assure(c.manager, today, []uuid.UUID{c.debt}); err != nil {
				t.Errorf("assure: %v", err)
			}
		})
		done.Wait()
		for range 2 {
			if s := c.service(); s.Phone == nil || *s.Phone != asked || s.AssuredDate == nil || !s.AssuredDate.Equal(today) {
				t.Fatalf("round %d: phone %v, assured on %v", n, s.Phone, s.AssuredDate)
			}
			importing(said, "2026-01-05")
		}
	}
	if again := importing("0151 496 3011", "2026-01-05"); again.Unchanged != again.Rows || again.Rows == 0 {
		t.Errorf("the same again: %+v", again)
	}
	// A later day of the source's counts.
	importing("0151 496 3011", "2027-03-01")
	if s := c.service(); s.AssuredDate.Format("2006-01-02") != "2027-03-01" || *s.Phone != "0151 496 4011" {
		t.Errorf("phone %v, assured on %v", *s.Phone, s.AssuredDate)
	}
}
