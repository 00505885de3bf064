package feed_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent/merge"
	"liferooms.io/liferooms/ent/organisation"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/internal/directory"
)

// TestAMergedServiceLeadsToTheOneThatStands goes through every pair of visibilities: a service that was merged away is in no
// list, its address leads to the kept one where strangers may see both, and nothing of it is told where they may not.
func TestAMergedServiceLeadsToTheOneThatStands(t *testing.T) {
	all := []service.Visibility{service.VisibilityPublic, service.VisibilityStaff, service.VisibilityRestricted}
	s := newSite(t, unlimited)
	ctx := s.Platform(s.Walton)
	client := s.Store.Client(ctx)
	made := 0
	offer := func(v service.Visibility, words string) uuid.UUID {
		made++
		o := client.Organisation.Create().SetSource("x").SetExternalID(fmt.Sprint(made)).SetName("Partner").SaveX(ctx)
		return client.Service.Create().SetSource("x").SetExternalID(fmt.Sprint(made)).SetOrganisationID(o.ID).SetName("Debt clinic").SetDescription(words).SetVisibility(v).SaveX(ctx).ID
	}
	for _, keep := range all {
		for _, fold := range all {
			name := fmt.Sprintf("%s into %s", fold, keep)
			a, b := offer(keep, "kept words"), offer(fold, "hidden words")
			c, err := s.directory.Compare(ctx, merge.KindService, a, b)
			if err != nil {
				t.Fatal(err)
			}
			id, err := s.directory.Merge(ctx, uuid.NewString(), directory.Merging{Kind: merge.KindService, Keep: a, Fold: b, Take: []string{"description"}, Seen: c.Seen})
			if err != nil {
				t.Fatal(err)
			}
			visible := keep == service.VisibilityPublic && fold == service.VisibilityPublic
			old, now := s.do(t, "GET", "walton/services/"+b.String()), s.do(t, "GET", "walton/services/"+a.String())
			switch {
			case visible && (old.status != 308 || !strings.HasSuffix(old.header.Get("Location"), "/walton/services/"+a.String()) || now.status != 200):
				t.Errorf("%s: %d to %q, and %d", name, old.status, old.header.Get("Location"), now.status)
			case !visible && (old.status != 404 || now.status != 404):
				t.Errorf("%s: %d and %d, want neither to be there", name, old.status, now.status)
			}
			lists := s.do(t, "GET", "walton/services").body + s.do(t, "GET", "walton/export.json").body
			if strings.Contains(lists, b.String()) || strings.Contains(lists, a.String()) != visible || strings.Contains(lists, "hidden words") != visible {
				t.Errorf("%s: the lists say %.2000s", name, lists)
			}
			if visible {
				// Who hides the kept one later hides the way to it.
				client.Service.UpdateOneID(a).SetVisibility(service.VisibilityStaff).ExecX(ctx)
				if got := s.do(t, "GET", "walton/services/"+b.String()); got.status != 404 {
					t.Errorf("%s, then hidden: %d", name, got.status)
				}
				client.Service.UpdateOneID(a).SetVisibility(service.VisibilityPublic).ExecX(ctx)
			}
			if err := s.directory.UndoMerge(ctx, id); err != nil {
				t.Fatal(err)
			}
			for id, v := range map[uuid.UUID]service.Visibility{a: keep, b: fold} {
				want := map[bool]int{true: 200, false: 404}[v == service.VisibilityPublic]
				if got := s.do(t, "GET", "walton/services/"+id.String()); got.status != want {
					t.Errorf("%s, undone: %d for one that is %s", name, got.status, v)
				}
			}
			client.Service.Update().Where(service.IDIn(a, b)).SetVisibility(service.VisibilityRestricted).ExecX(ctx)
		}
	}

	// A hidden organisation's services go to another organisation, which is hidden with them.
	a, b := offer(service.VisibilityPublic, "of a public partner"), offer(service.VisibilityPublic, "of a hidden partner")
	kept, folded := client.Service.GetX(ctx, a).OrganisationID, client.Service.GetX(ctx, b).OrganisationID
	client.Organisation.UpdateOneID(folded).SetVisibility(organisation.VisibilityRestricted).ExecX(ctx)
	c, err := s.directory.Compare(ctx, merge.KindOrganisation, kept, folded)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.directory.Merge(ctx, uuid.NewString(), directory.Merging{Kind: merge.KindOrganisation, Keep: kept, Fold: folded, Seen: c.Seen}); err != nil {
		t.Fatal(err)
	}
	if got := s.do(t, "GET", "walton/services/"+b.String()); got.status != 404 {
		t.Errorf("a hidden organisation's service: %d", got.status)
	}
	if got := s.do(t, "GET", "walton/services/"+uuid.NewString()); got.status != 404 {
		t.Errorf("nobody's id: %d", got.status)
	}
}
