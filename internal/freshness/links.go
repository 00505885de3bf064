package freshness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/linkcheck"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
)

// given are the links of a hub ($1) that are asked for: those of partners and services on offer. What is restricted is not
// asked for, nor what stands below it: the asking alone would tell a refuge's host that this hub knows of it. See
// docs/decisions/0063.
const given = `
	select o.url from organisations o
	where o.hub_id = $1 and o.url is not null and o.retired_at is null and o.visibility <> 'RESTRICTED' and octet_length(o.url) between 1 and 1000
	union
	select s.url from services s join organisations o on o.hub_id = s.hub_id and o.id = s.organisation_id
	where s.hub_id = $1 and s.url is not null and s.retired_at is null and s.status in ('ACTIVE', 'TEMPORARILY_CLOSED')
	  and s.visibility <> 'RESTRICTED' and o.visibility <> 'RESTRICTED' and octet_length(s.url) between 1 and 1000`

// listAtMost bounds how many new links one look takes up.
const listAtMost = 2000

// list takes up the links that a hub has come to give, and forgets those that it gives no longer.
func (c *Checker) list(ctx context.Context, hub uuid.UUID) error {
	_, err := c.store.Exec(ctx, `delete from link_checks x where x.hub_id = $1 and not exists (select from (`+given+`) l where l.url = x.url)`, hub)
	if err != nil {
		return fmt.Errorf("forget links: %w", err)
	}
	fresh, err := store.Collect(ctx, c.store, pgx.RowTo[string], `select l.url from (`+given+`) l
		where not exists (select from link_checks x where x.hub_id = $1 and x.url = l.url) order by 1 limit $2`, hub, listAtMost)
	if err != nil || len(fresh) == 0 {
		return err
	}
	made := make([]map[string]any, len(fresh))
	for i, url := range fresh {
		made[i] = map[string]any{"id": uuid.Must(uuid.NewV7()), "url": url}
	}
	encoded, err := json.Marshal(made)
	if err != nil {
		return fmt.Errorf("encode links: %w", err)
	}
	_, err = c.store.Exec(ctx, `insert into link_checks (id, hub_id, url, due_at)
		select g.id, $1, g.url, $3 from jsonb_to_recordset($2) as g(id uuid, url text) on conflict (hub_id, url) do nothing`, hub, string(encoded), c.config.Now())
	if err != nil {
		return fmt.Errorf("take up links: %w", err)
	}
	return nil
}

// save keeps what was found out about a link. It is dead where it failed on two days: a site may be down for a night. Where a
// program cannot tell, what was known before stands.
const save = `
	with found as (
	  select x.id, case $3
	      when 'fine' then 'FINE' when 'moved' then 'MOVED'
	      when 'unsure' then case when x.state = 'UNCHECKED' then 'UNSURE' else x.state end
	      else case when x.state = 'DEAD' or (x.failing_since at time zone 'UTC')::date < ($4::timestamptz at time zone 'UTC')::date then 'DEAD' else 'FAILING' end
	    end as state
	  from link_checks x where x.hub_id = $1 and x.id = $2
	)
	update link_checks x set state = f.state, checked_at = $4, status = $5,
	  message = case when $3 = 'unsure' and x.state not in ('UNCHECKED', 'UNSURE') then x.message else $6 end,
	  moved_to = case when f.state = 'MOVED' then coalesce($7, x.moved_to) end,
	  failing_since = case when f.state in ('FAILING', 'DEAD') then coalesce(x.failing_since, $4) end,
	  due_at = $4::timestamptz + case when f.state = 'FAILING' then $8::interval else $9::interval end
	from found f where x.hub_id = $1 and x.id = f.id`

func (c *Checker) save(ctx context.Context, a asker, f finding) error {
	var status *int
	if f.status != 0 {
		status = &f.status
	}
	var movedTo *string
	if f.movedTo != "" {
		movedTo = &f.movedTo
	}
	_, err := c.store.Exec(ctx, save, a.hub, a.link, string(f.result), c.config.Now(), status, f.message, movedTo, confirmAfter, askEvery+jitter())
	if err != nil {
		return fmt.Errorf("save what was found out about a link: %w", err)
	}
	return nil
}

// Queue is where jobs are put.
type Queue interface {
	// Enqueue has a job done once the transaction of ctx commits.
	Enqueue(ctx context.Context, job river.JobArgs) error
}

// Links are the links of the hub that the viewer of each context works in. It is safe for concurrent use.
type Links struct {
	store *store.Store
	queue Queue
}

// NewLinks makes the links over a store.
func NewLinks(s *store.Store, q Queue) *Links { return &Links{s, q} }

// Again has a link asked for as soon as may be. It is no change of the catalogue and is not audited.
func (l *Links) Again(ctx context.Context, id uuid.UUID) (*ent.LinkCheck, error) {
	var link *ent.LinkCheck
	err := l.store.Tx(ctx, func(ctx context.Context) error {
		links := l.store.Client(ctx).LinkCheck
		var err error
		if link, err = links.Query().Where(linkcheck.ID(id)).Only(ctx); err != nil {
			if ent.IsNotFound(err) {
				return problem.Missing("link")
			}
			return fmt.Errorf("find a link: %w", err)
		}
		now := time.Now()
		if link.CheckedAt != nil && now.Sub(*link.CheckedAt) < notAgainWithin {
			return problem.New(problem.Conflict, "This link was looked at less than %d minutes ago. Open it yourself, or ask again later.", int(notAgainWithin.Minutes()))
		}
		if link, err = links.UpdateOneID(id).SetDueAt(now).Save(ctx); err != nil {
			return fmt.Errorf("make a link due: %w", err)
		}
		if l.queue == nil {
			return errors.New("links are checked by no queue here")
		}
		return l.queue.Enqueue(ctx, checkJob{})
	})
	return link, err
}
