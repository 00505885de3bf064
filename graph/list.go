package graph

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"liferooms.io/liferooms/internal/paging"
)

// rows is a query of Ent's for rows of a kind.
type rows[Q, Narrowed, Row any] interface {
	Clone() Q
	Count(ctx context.Context) (int, error)
	Limit(n int) Q
	Modify(modifiers ...func(*sql.Selector)) Narrowed
	All(ctx context.Context) ([]*Row, error)
}

// listing says how a list is read that the executor shows page by page.
type listing[Q, Row any] struct {
	// what it is of, for errors.
	what string
	// load adds what is asked of each row.
	load func(q Q, s selection)
	// order sorts the rows and cuts them at the cursor; key is what it sorts by.
	order func(*sql.Selector)
	key   func(*Row) paging.Key
}

// pageFrom reads one page of a list for the field being resolved. The rows are counted only where that is asked for.
func pageFrom[Q rows[Q, Narrowed, Row], Narrowed, Row any](ctx context.Context, q Q, args paging.Args, l listing[Q, Row]) (*paging.Connection[*Row], error) {
	s := wanted(ctx)
	total := 0
	if s.has("totalCount") {
		var err error
		if total, err = q.Clone().Count(ctx); err != nil {
			return nil, fmt.Errorf("count %s: %w", l.what, err)
		}
	}
	l.load(q.Limit(args.Limit()), s.node())
	q.Modify(l.order)
	all, err := q.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", l.what, err)
	}
	page := paging.New(args, all, l.key)
	page.TotalCount = total
	return page, nil
}
