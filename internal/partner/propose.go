package partner

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
)

// Correction is what a partner wrote into the form of one record.
type Correction struct {
	Kind Kind
	ID   uuid.UUID
	// Service is whose time it is, where it is one of a service's times.
	Service uuid.UUID
	// Written are texts by field; fields that are not there stay.
	Written map[string]string
	// Untouched reports whether a field was sent back as the form had it. What the hub changed meanwhile is then left
	// alone.
	Untouched func(Field, string) bool
}

// Propose records what the partner whose link the viewer has would have otherwise; somebody of the hub decides. It tells how many fields
// are asked for. What was asked for before in the same fields is replaced; what the entry says already is not asked for. Where a
// text cannot be, nothing is recorded and the error is the Mistakes of all fields.
func (p *Partners) Propose(ctx context.Context, corrections ...Correction) (asked int, err error) {
	v, hub, err := here(ctx)
	if err != nil {
		return 0, err
	}
	var wrong Mistakes
	for _, c := range corrections {
		wrong = append(wrong, c.check()...)
	}
	if len(wrong) > 0 {
		return 0, wrong
	}
	err = p.store.Tx(ctx, func(ctx context.Context) error {
		asked = 0
		if err := p.stillOpen(ctx); err != nil {
			return err
		}
		if err := p.hold(ctx, hub.ID, v.OrganisationID); err != nil {
			return err
		}
		for _, c := range corrections {
			n, err := p.propose(ctx, hub.ID, v.TrustID, v.OrganisationID, v.LinkID, c)
			if err != nil {
				return err
			}
			asked += n
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("propose changes: %w", err)
	}
	return asked, nil
}

// InputName is what the field of a record is called in a form, and in what is wrong with it: the times of a service stand
// beside its own fields.
func InputName(k Kind, id uuid.UUID, field string) string {
	if k == Schedule {
		return "time." + id.String()
	}
	return field
}

// Mistake is what is wrong with the text of a field.
type Mistake struct {
	// Input is the field's name in the form.
	Input string
	Field Field
	Fault Fault
}

// Mistakes are what is wrong in a form. The page that shows it has the words, in the reader's language.
type Mistakes []Mistake

func (m Mistakes) Error() string { return fmt.Sprintf("a form has %d mistakes", len(m)) }

func (c Correction) check() Mistakes {
	var wrong Mistakes
	ages := map[string]int{}
	for _, f := range FieldsOf(c.Kind) {
		written, sent := c.Written[f.Name]
		if !sent {
			continue
		}
		text := f.read(written)
		fault := f.check(text)
		if n, err := strconv.Atoi(text); f.Shape == Age && fault == "" && err == nil {
			ages[f.Name] = n
		}
		least, asked := ages["minimum_age"]
		if f.Name == "maximum_age" && fault == "" && asked && text != "" && ages[f.Name] < least {
			fault = BelowYoungest
		}
		if fault != "" {
			wrong = append(wrong, Mistake{InputName(c.Kind, c.ID, f.Name), f, fault})
		}
	}
	return wrong
}

func (p *Partners) propose(ctx context.Context, hub, trust, organisation, link uuid.UUID, c Correction) (asked int, err error) {
	found, err := store.Collect(ctx, p.store, pgx.RowTo[[]byte], "select "+textsSQL(c.Kind, "x")+" from "+c.Kind.table()+" x where hub_id = $1 and id = $2", hub, c.ID)
	if err != nil {
		return 0, err
	}
	if len(found) == 0 {
		return 0, problem.Missing(string(c.Kind))
	}
	var says map[string]string
	if err := json.Unmarshal(found[0], &says); err != nil {
		return 0, err
	}
	var of, time *uuid.UUID
	switch c.Kind {
	case Service:
		of = &c.ID
	case Schedule:
		of, time = &c.Service, &c.ID
	}
	var fields []string
	for _, f := range FieldsOf(c.Kind) {
		written, sent := c.Written[f.Name]
		if !sent {
			continue
		}
		text := f.read(written)
		if c.Untouched != nil && c.Untouched(f, text) {
			continue
		}
		if _, err := p.store.Exec(ctx, `update proposed_changes set state = 'REPLACED', decided_at = now()
			where hub_id = $1 and organisation_id = $2 and service_id is not distinct from $3 and schedule_id is not distinct from $4 and field = $5 and state = 'WAITING'`,
			hub, organisation, of, time, f.Name); err != nil {
			return 0, err
		}
		if f.read(says[f.Name]) == text {
			continue
		}
		if _, err := p.store.Exec(ctx, `insert into proposed_changes (id, hub_id, trust_id, organisation_id, service_id, schedule_id, partner_link_id, field, before, proposed, created_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now())`,
			uuid.Must(uuid.NewV7()), hub, trust, organisation, of, time, link, f.Name, says[f.Name], text); err != nil {
			return 0, err
		}
		fields = append(fields, f.Name)
	}
	if len(fields) == 0 {
		return 0, nil
	}
	return len(fields), p.log.Change(ctx, audit.Event{Action: "partner.proposed", SubjectType: string(c.Kind), SubjectID: c.ID, Fields: slices.Clone(fields)})
}

// Confirm records that the partner whose link the viewer has found its services' entries right today: one, or all that it
// offers and for which it asks for no change. Places that it said it had are taken to be said again. It tells how many
// services there are.
func (p *Partners) Confirm(ctx context.Context, today time.Time, one *uuid.UUID) (confirmed int, err error) {
	v, hub, err := here(ctx)
	if err != nil {
		return 0, err
	}
	err = p.store.Tx(ctx, func(ctx context.Context) error {
		if err := p.stillOpen(ctx); err != nil {
			return err
		}
		if err := p.hold(ctx, hub.ID, v.OrganisationID); err != nil {
			return err
		}
		services, err := store.Collect(ctx, p.store, pgx.RowTo[uuid.UUID], `select id from services s
			where hub_id = $1 and organisation_id = $2 and status <> 'DEFUNCT' and ($3::uuid is null or id = $3)
			  and not exists (select from proposed_changes c where c.hub_id = $1 and c.service_id = s.id and c.state = 'WAITING')
			order by id`, hub.ID, v.OrganisationID, one)
		if err != nil {
			return err
		}
		confirmed = len(services)
		for _, id := range services {
			made, err := p.store.Exec(ctx, `insert into assurances (id, hub_id, trust_id, service_id, assured_on, "by", partner_link_id, created_at)
				values ($1, $2, $3, $4, $5, 'PARTNER', $6, now()) on conflict do nothing`, uuid.Must(uuid.NewV7()), hub.ID, v.TrustID, id, today, v.LinkID)
			if err != nil {
				return err
			}
			if made == 0 { // said today already
				continue
			}
			if err := p.log.Change(ctx, audit.Event{Action: "partner.assured", SubjectType: "service", SubjectID: id, Fields: []string{"assured_date"}}); err != nil {
				return err
			}
		}
		_, err = p.store.Exec(ctx, `update service_capacities set updated_at = now(), "by" = 'PARTNER', staff_id = null
			where hub_id = $1 and service_id = any($2::uuid[]) and updated_at > $3`, hub.ID, texts(services), time.Now().Add(-CapacityHolds))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("confirm an entry: %w", err)
	}
	return confirmed, nil
}
