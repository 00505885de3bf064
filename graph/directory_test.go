package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/viewer"
)

// TestABasketIsReadByOneStatement: as many services as a basket holds cost no more than one, in their order. What was merged
// gives what stands for it, and what is not here is null.
func TestABasketIsReadByOneStatement(t *testing.T) {
	a := newAPI(t)
	ctx := a.As(t, a.Walton, viewer.Reception)
	platform := a.Platform(a.Walton)
	var ids []string
	var want []any
	for i := range 12 {
		s := a.service(t, platform, fmt.Sprint("Service ", 12-i))
		ids = append(ids, s.ID.String())
		want = append(want, map[string]any{"service": map[string]any{"name": s.Name}})
	}
	folded := a.service(t, platform, "Folded")
	a.Store.Client(platform).Service.UpdateOneID(folded.ID).SetMergedIntoID(uuid.MustParse(ids[0])).ExecX(platform)
	foreign := a.service(t, a.Platform(a.Southport), "Of another hub")
	ids = append(ids, folded.ID.String(), foreign.ID.String())
	want = append(want, map[string]any{"service": map[string]any{"name": "Service 12"}}, map[string]any{"service": nil})
	const basket = `query ($ids: [ID!]!) { hub(slug: "walton") { servicesById(ids: $ids) { service { name } } } }`
	for _, each := range []*api{a, a.interpreted()} {
		each.Statements.Reset()
		got := each.must(t, ctx, basket, map[string]any{"ids": ids})
		if diff := cmp.Diff(want, dig(t, got, "hub", "servicesById")); diff != "" {
			t.Error(diff)
		}
		reads := 0
		for _, s := range each.Statements.Sent() {
			if strings.Contains(s, "services") {
				reads++
			}
		}
		if most := map[bool]int{true: 1, false: 2}[each == a]; reads > most {
			t.Errorf("%d statements read the basket, want %d:\n%s", reads, most, strings.Join(each.Statements.Sent(), "\n"))
		}
		refused := each.ask(ctx, basket, map[string]any{"ids": append(ids, ids...)})
		if len(refused.Errors) != 1 || refused.Errors[0].Message != "Ask for at most 25 services at once." {
			t.Errorf("28 at once: %v", refused.Errors)
		}
	}
}
