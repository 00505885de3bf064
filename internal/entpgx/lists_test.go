package entpgx

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

func TestFoldLists(t *testing.T) {
	a, b := uuid.New(), uuid.New()
	native := func(ids ...uuid.UUID) []pgtype.UUID {
		var all []pgtype.UUID
		for _, id := range ids {
			all = append(all, pgtype.UUID{Bytes: id, Valid: true})
		}
		return all
	}
	for name, c := range map[string]struct {
		query string
		args  []any
		want  string
		given []any
	}{
		"a list between others": {`SELECT "id" FROM "v" WHERE "hub_id" = $1 AND "id" IN ($2, $3) AND "n" > $4`, []any{a, a, b, 7},
			`SELECT "id" FROM "v" WHERE "hub_id" = $1 AND "id" = ANY($2) AND "n" > $3`, []any{a, native(a, b), 7}},
		"one id is left":       {`x IN ($1)`, []any{a}, `x IN ($1)`, []any{a}},
		"two lists":            {`x IN ($1, $2) AND y IN ($3, $4)`, []any{a, b, b, a}, `x = ANY($1) AND y = ANY($2)`, []any{native(a, b), native(b, a)}},
		"texts are left":       {`x IN ($1, $2)`, []any{"a", "b"}, `x IN ($1, $2)`, []any{"a", "b"}},
		"mixed are left":       {`x IN ($1, $2)`, []any{a, "b"}, `x IN ($1, $2)`, []any{a, "b"}},
		"a name that looks it": {`" IN ($1, $2)" IN ($1, $2)`, []any{a, b}, `" IN ($1, $2)" = ANY($1)`, []any{native(a, b)}},
		"a text that looks it": {`' IN ($1, $2)' || x IN ($1, $2)`, []any{a, b}, `' IN ($1, $2)' || x = ANY($1)`, []any{native(a, b)}},
		"a quote without end":  {`" IN ($1, $2)`, []any{a, b}, `" IN ($1, $2)`, []any{a, b}},
		"a parameter too far":  {`x IN ($1, $2) AND y = $9`, []any{a, b}, `x IN ($1, $2) AND y = $9`, []any{a, b}},
		"a list cut off":       {`x IN ($1, $2`, []any{a, b}, `x IN ($1, $2`, []any{a, b}},
		"not in a list":        {`x NOT IN ($1, $2) AND y IN ($3, $4)`, []any{a, b, a, b}, `x NOT IN ($1, $2) AND y = ANY($3)`, []any{a, b, native(a, b)}},
		"a sub-select is none": {`x IN (SELECT 1) AND y IN ($1, $2)`, []any{a, b}, `x IN (SELECT 1) AND y = ANY($1)`, []any{native(a, b)}},
		"no list at all":       {`x = $1`, []any{a}, `x = $1`, []any{a}},
		"a parameter used twice": {`x = $1 OR y = $1 OR z IN ($2, $3)`, []any{7, a, b},
			`x = $1 OR y = $2 OR z = ANY($3)`, []any{7, 7, native(a, b)}},
	} {
		t.Run(name, func(t *testing.T) {
			got, given := foldLists(c.query, c.args)
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if diff := cmp.Diff(c.given, given); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAListOfAnyLengthIsOneStatement(t *testing.T) {
	statements := map[string]bool{}
	for n := 2; n <= 60; n++ {
		var list []string
		var args []any
		for i := range n {
			list = append(list, fmt.Sprint("$", i+1))
			args = append(args, uuid.New())
		}
		query, folded := foldLists("x IN ("+strings.Join(list, ", ")+")", args)
		if ids, ok := folded[0].([]pgtype.UUID); !ok || len(folded) != 1 || len(ids) != n {
			t.Fatalf("%d ids became %v", n, folded)
		}
		statements[query] = true
	}
	if len(statements) != 1 {
		t.Errorf("%d statements for lists of 59 lengths", len(statements))
	}
}
