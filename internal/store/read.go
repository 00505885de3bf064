package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
)

// Within is the predicate that narrows a table to the rows of one hub's viewer, as SQL about @row, @hub and @trust: what
// the first wall does to Ent's queries, for statements that are written without Ent.
func Within(name string) (string, error) {
	for key, t := range tables {
		if t.name != name {
			continue
		}
		column, ofHubs := trustRowsOfHubs[key]
		switch {
		case t.level == hubLevel:
			return "@row.hub_id = @hub", nil
		case key == ent.TypeTrust:
			return "@row.id = @trust", nil
		case key == ent.TypeHub:
			return "@row.trust_id = @trust and @row.id = @hub", nil
		case t.level == trustLevel && ofHubs:
			return fmt.Sprintf("@row.trust_id = @trust and (@row.%[1]s is null or @row.%[1]s = @hub)", column), nil
		case t.level == trustLevel:
			return "@row.trust_id = @trust", nil
		}
	}
	return "", fmt.Errorf("%s is no table that a member of staff may read", name)
}

// ReadText runs one statement of SQL that answers with one row of one text, in the viewer's scope and in one round trip,
// and gives that text; nil where it is null. See Exec.
func (s *Store) ReadText(ctx context.Context, sql string, args []any) ([]byte, error) {
	var answer []byte
	var b pgx.Batch
	QueueText(&b, &answer, sql, args)
	if err := s.session(ctx).Send(ctx, &b); err != nil {
		return nil, err
	}
	return answer, nil
}

// QueueText is ReadText for statements that are sent together: the answer is there when they were sent.
func QueueText(b *pgx.Batch, answer *[]byte, sql string, args []any) {
	b.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			// The bytes are the connection's own until the next read.
			*answer = append([]byte(nil), rows.RawValues()[0]...)
		}
		if rows.Err() == nil && *answer == nil {
			return errNoText
		}
		return rows.Err()
	})
}

var errNoText = errors.New("a statement that should answer with a text answers with nothing")
