package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// most is how many events are written together at most, as many as there may be clients.
const most = 1000

// event says who read what, on its way to the audit.
type event struct {
	ID          uuid.UUID `json:"id"`
	Trust       uuid.UUID `json:"trust_id"`
	Hub         uuid.UUID `json:"hub_id"`
	At          time.Time `json:"at"`
	Actor       uuid.UUID `json:"actor_id"`
	Action      string    `json:"action"`
	SubjectType string    `json:"subject_type"`
	Subject     string    `json:"subject_id"`
	Person      *string   `json:"person_id"`
	Fields      []string  `json:"fields"`

	written chan<- error
}

// personFields are what personSQL shows of a record.
var personFields = []string{"accessNeeds", "dateOfBirth", "displayName", "familyName", "givenName", "id", "memberNumber", "phone", "pronouns",
	"safeContact", "visits"}

// records are those of the operations that show a person: what the API records of them.
var records = map[string]func(trust uuid.UUID, staff Staff, v variables) event{
	"person": func(trust uuid.UUID, staff Staff, v variables) event {
		return event{Trust: trust, Hub: staff.Hub, Actor: staff.ID, Action: "person.read", SubjectType: "person", Subject: v.ID, Person: &v.ID, Fields: personFields}
	},
	"list": func(trust uuid.UUID, staff Staff, _ variables) event {
		return event{Trust: trust, Hub: staff.Hub, Actor: staff.ID, Action: "desk.read", SubjectType: "hub", Subject: staff.Hub.String()}
	},
}

// recorded returns when the event is saved.
func (b *bare) recorded(ctx context.Context, e event) error {
	written := make(chan error, 1)
	e.ID, e.At, e.written = uuid.Must(uuid.NewV7()), time.Now(), written
	select {
	case b.events <- e:
		return <-written
	case <-ctx.Done():
		return ctx.Err()
	}
}

// record writes events, those that have gathered meanwhile together, as the API does and by the same statement.
func (b *bare) record(ctx context.Context) {
	for {
		select {
		case e := <-b.events:
			all := []event{e}
			for len(b.events) > 0 {
				all = append(all, <-b.events)
			}
			err := b.write(ctx, all)
			for _, e := range all {
				e.written <- err
			}
		case <-ctx.Done():
			return
		}
	}
}

const recordSQL = `
	insert into audit_events (id, trust_id, hub_id, at, actor_id, action, subject_type, subject_id, person_id, request_id, fields)
	select id, trust_id, hub_id, at, actor_id, action, subject_type, subject_id, person_id, 'bench', fields
	from jsonb_to_recordset($1) as r(id uuid, trust_id uuid, hub_id uuid, at timestamptz, actor_id uuid, action text,
	                                 subject_type text, subject_id uuid, person_id uuid, fields jsonb)`

func (b *bare) write(ctx context.Context, all []event) error {
	encoded, err := json.Marshal(all)
	if err != nil {
		return err
	}
	var hubs []string
	for _, e := range all {
		if hub := e.Hub.String(); !slices.Contains(hubs, hub) {
			hubs = append(hubs, hub)
		}
	}
	var batch pgx.Batch
	batch.Queue("select set_config('app.trust', $1, true), set_config('app.hubs', $2, true)", b.config.Trust.String(), "{"+strings.Join(hubs, ",")+"}")
	batch.Queue(recordSQL, encoded)
	return b.pool.SendBatch(ctx, &batch).Close()
}
