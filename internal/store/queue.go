package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// QueueSchema holds the tables of the job queue. They are the platform's: no viewer's scope reaches them by way of Ent,
// and what the queue does on its own behalf has no scope, so that every table of a tenant is empty to it.
const QueueSchema = "river"

// QueueDriver lets River work on the store's pool, as the app's role.
func (s *Store) QueueDriver() riverdriver.Driver[pgx.Tx] { return riverpgxv5.New(s.pool) }

// Lend gives the transaction of ctx to fn as pgx knows it, so that a job is enqueued with the change that calls for it:
// both are saved or neither. It fails outside a transaction. Fn must use nothing else of the store.
func (s *Store) Lend(ctx context.Context, fn func(pgx.Tx) error) error {
	t := s.transactionOf(ctx)
	if t == nil {
		return errors.New("a job is enqueued within a transaction, and there is none")
	}
	return t.tx.Native(ctx, fn)
}
