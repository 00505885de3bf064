package paging

import (
	"entgo.io/ent/dialect/sql"

	"liferooms.io/liferooms/internal/problem"
)

const (
	// DefaultSize is how many rows a page has where nobody says.
	DefaultSize = 25
	// MaxSize is the most rows of a page.
	MaxSize = 200
)

// Args says which page is wanted.
type Args struct {
	// Size is the most rows of the page.
	Size int
	// From is the row beside which the page begins; nil: the list's own beginning (or its end, Backward).
	From Key
	// Backward asks for the rows before From, or the last of the list.
	Backward bool
}

// Forward reads first and after. The cursor must hold keys of the kinds of the list's order, such as Time, ID.
func Forward(first *int, after *string, kinds ...Kind) (Args, error) {
	return Both(first, after, nil, nil, kinds...)
}

// Both reads first and after, or last and before.
func Both(first *int, after *string, last *int, before *string, kinds ...Kind) (Args, error) {
	forward, backward := first != nil || after != nil, last != nil || before != nil
	if forward && backward {
		return Args{}, problem.New(problem.BadUserInput, "Ask either for first and after, or for last and before; not for both.")
	}
	args := Args{Size: DefaultSize, Backward: backward}
	name, size, cursor := "first", first, after
	if backward {
		name, size, cursor = "last", last, before
	}
	if size != nil {
		if *size < 1 || *size > MaxSize {
			return Args{}, problem.New(problem.BadUserInput, "%s must be from 1 to %d. Ask for further pages by cursor.", name, MaxSize)
		}
		args.Size = *size
	}
	if cursor != nil {
		key, err := Parse(*cursor, kinds...)
		if err != nil {
			return Args{}, err
		}
		args.From = key
	}
	return args, nil
}

// Limit is how many rows to fetch: one more than the page has, to see whether there are more.
func (a Args) Limit() int { return a.Size + 1 }

// Order sorts a selection by the columns and cuts it at the cursor. The columns are the keys of the cursor, ending with
// the id; all run the same way: newest first where descending.
func (a Args) Order(descending bool, columns ...string) func(*sql.Selector) {
	after := a.After(descending, columns...)
	return func(s *sql.Selector) {
		after(s)
		for _, c := range columns {
			if descending != a.Backward {
				s.OrderBy(sql.Desc(s.C(c)))
			} else {
				s.OrderBy(sql.Asc(s.C(c)))
			}
		}
	}
}

// After cuts a selection at the cursor and leaves its order alone.
func (a Args) After(descending bool, columns ...string) func(*sql.Selector) {
	return func(s *sql.Selector) {
		if a.From == nil {
			return
		}
		named := make([]string, len(columns))
		for i, c := range columns {
			named[i] = s.C(c)
		}
		// Rows are compared as a whole, which an index on the columns answers by one range.
		if descending != a.Backward {
			s.Where(sql.CompositeLT(named, a.From...))
		} else {
			s.Where(sql.CompositeGT(named, a.From...))
		}
	}
}

// PerParent keeps the first rows of each parent in a query that loads the children of many parents at once: one
// statement, however many parents there are.
func PerParent(parent string, limit int, descending bool, columns ...string) func(*sql.Selector) {
	return func(s *sql.Selector) {
		order := make([]string, len(columns))
		for i, c := range columns {
			order[i] = sql.Asc(s.C(c))
			if descending {
				order[i] = sql.Desc(s.C(c))
			}
		}
		d := sql.Dialect(s.Dialect())
		s.SetDistinct(false)
		numbered := d.With("numbered").As(
			s.Clone().AppendSelectExprAs(
				sql.RowNumber().PartitionBy(s.C(parent)).OrderBy(order...), "row_number"))
		t := d.Table("numbered").As(s.TableName())
		*s = *d.Select(s.UnqualifiedColumns()...).From(t).Where(sql.LTE(t.C("row_number"), limit)).
			OrderBy(t.C("row_number")).Prefix(numbered).WithContext(s.Context())
	}
}
