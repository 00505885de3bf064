package paging

// Connection is one page of a list, by the Relay specification.
type Connection[T any] struct {
	Edges    []Edge[T]
	PageInfo PageInfo
	// TotalCount is set only where the caller asked for it.
	TotalCount int
}

// Edge is a row of a page.
type Edge[T any] struct {
	Cursor string
	Node   T
}

// PageInfo says where a page begins and ends.
type PageInfo struct {
	HasNextPage     bool
	HasPreviousPage bool
	StartCursor     *string
	EndCursor       *string
}

// Nodes are the page's rows without their cursors.
func (c *Connection[T]) Nodes() []T {
	nodes := make([]T, len(c.Edges))
	for i, e := range c.Edges {
		nodes[i] = e.Node
	}
	return nodes
}

// New makes a page of rows that were fetched as the arguments ask: up to Limit of them, in the order of Backward.
func New[T any](args Args, rows []T, key func(T) Key) *Connection[T] {
	more := len(rows) > args.Size
	if more {
		rows = rows[:args.Size]
	}
	c := &Connection[T]{Edges: make([]Edge[T], len(rows))}
	for i, row := range rows {
		at := i
		if args.Backward {
			at = len(rows) - 1 - i
		}
		c.Edges[at] = Edge[T]{Cursor: key(row).Cursor(), Node: row}
	}
	c.PageInfo.HasNextPage, c.PageInfo.HasPreviousPage = more, args.From != nil
	if args.Backward {
		c.PageInfo.HasNextPage, c.PageInfo.HasPreviousPage = args.From != nil, more
	}
	if n := len(c.Edges); n > 0 {
		c.PageInfo.StartCursor, c.PageInfo.EndCursor = &c.Edges[0].Cursor, &c.Edges[n-1].Cursor
	}
	return c
}
