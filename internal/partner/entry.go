package partner

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/schedule"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
)

// Record is a record of an entry, with its fields as texts.
type Record struct {
	Kind  Kind
	ID    uuid.UUID
	Texts map[string]string
	// Waiting are the texts that the partner has asked for, where nobody has decided yet.
	Waiting map[string]string
	// Summary says when, where it is a time of a service.
	Summary string
}

// Shown is what a form has in a field: what was asked for last, or what the entry says.
func (r *Record) Shown(field string) string {
	if asked, waits := r.Waiting[field]; waits {
		return asked
	}
	return r.Texts[field]
}

// Entry is all that a partner sees by its link.
type Entry struct {
	Organisation Record
	Services     []EntryService
}

// EntryService is a service of an entry, with what belongs to it.
type EntryService struct {
	Record
	Times       []Record
	Places      []string
	AssuredDate *time.Time
	Capacity    *EntryCapacity
}

// Waits reports whether anything of the service is asked for and not decided.
func (s *EntryService) Waits() bool {
	for _, t := range s.Times {
		if len(t.Waiting) > 0 {
			return true
		}
	}
	return len(s.Waiting) > 0
}

// EntryCapacity is a service's places as the partner sees them.
type EntryCapacity struct {
	Available int
	Maximum   *int
	UpdatedAt time.Time
}

// Known reports whether what was said is still taken to be so.
func (c *EntryCapacity) Known(now time.Time) bool {
	return c != nil && now.Sub(c.UpdatedAt) < CapacityHolds
}

// Service finds a service of the entry.
func (e *Entry) Service(id uuid.UUID) (*EntryService, bool) {
	for i := range e.Services {
		if e.Services[i].ID == id {
			return &e.Services[i], true
		}
	}
	return nil, false
}

// maxServices is how many services of a partner its link shows.
const maxServices = 200

// Entry reads the entry of the partner whose link the viewer has.
func (p *Partners) Entry(ctx context.Context) (*Entry, error) {
	v, hub, err := here(ctx)
	if err != nil {
		return nil, err
	}
	e := &Entry{}
	at := map[uuid.UUID]int{} // services, by id
	var b pgx.Batch
	b.Queue("select id, "+textsSQL(Organisation, "o")+" from organisations o where hub_id = $1 and id = $2", hub.ID, v.OrganisationID).
		Query(each(func(id uuid.UUID, texts []byte) error { return e.Organisation.set(Organisation, id, texts) }))
	b.Queue("select id, "+textsSQL(Service, "s")+`, assured_date from services s
		where hub_id = $1 and organisation_id = $2 order by (status = 'DEFUNCT'), name, id limit $3`, hub.ID, v.OrganisationID, maxServices).
		Query(func(rows pgx.Rows) error {
			var id uuid.UUID
			var texts []byte
			var assured *time.Time
			_, err := pgx.ForEachRow(rows, []any{&id, &texts, &assured}, func() error {
				s := EntryService{AssuredDate: assured}
				at[id] = len(e.Services)
				err := s.set(Service, id, texts)
				e.Services = append(e.Services, s)
				return err
			})
			return err
		})
	b.Queue("select service_id, id, "+textsSQL(Schedule, "d")+`, jsonb_build_object('freq', freq, 'interval', "interval", 'by_day', by_day, 'by_month_day', by_month_day,
		  'dtstart', to_char(dtstart, 'YYYY-MM-DD"T00:00:00Z"'), 'until', to_char(until, 'YYYY-MM-DD"T00:00:00Z"'),
		  'valid_from', to_char(valid_from, 'YYYY-MM-DD"T00:00:00Z"'), 'valid_to', to_char(valid_to, 'YYYY-MM-DD"T00:00:00Z"'),
		  'opens_at', opens_at, 'closes_at', closes_at, 'excluded_dates', excluded_dates, 'extra_dates', extra_dates)
		from schedules d where hub_id = $1 order by id`, hub.ID).
		Query(func(rows pgx.Rows) error {
			var of, id uuid.UUID
			var texts, rule []byte
			_, err := pgx.ForEachRow(rows, []any{&of, &id, &texts, &rule}, func() error {
				i, shown := at[of]
				if !shown {
					return nil
				}
				var r Record
				var when ent.Schedule
				if err := json.Unmarshal(rule, &when); err != nil {
					return err
				}
				if when.Freq != nil && schedule.FreqValidator(*when.Freq) != nil {
					when.Freq = nil
				}
				r.Summary = directory.ScheduleSummary(&when)
				err := r.set(Schedule, id, texts)
				e.Services[i].Times = append(e.Services[i].Times, r)
				return err
			})
			return err
		})
	b.Queue(`select distinct a.service_id, concat_ws(', ', nullif(l.name, ''), l.address, l.city, l.postcode) from service_at_locations a
		join locations l on l.hub_id = a.hub_id and l.id = a.location_id where a.hub_id = $1 order by 2`, hub.ID).
		Query(func(rows pgx.Rows) error {
			var of uuid.UUID
			var place string
			_, err := pgx.ForEachRow(rows, []any{&of, &place}, func() error {
				if i, shown := at[of]; shown && place != "" {
					e.Services[i].Places = append(e.Services[i].Places, place)
				}
				return nil
			})
			return err
		})
	b.Queue("select service_id, available, maximum, updated_at from service_capacities where hub_id = $1 and unit = $2", hub.ID, Places).
		Query(func(rows pgx.Rows) error {
			var of uuid.UUID
			var c EntryCapacity
			_, err := pgx.ForEachRow(rows, []any{&of, &c.Available, &c.Maximum, &c.UpdatedAt}, func() error {
				if i, shown := at[of]; shown {
					said := c
					e.Services[i].Capacity = &said
				}
				return nil
			})
			return err
		})
	b.Queue(`select service_id, schedule_id, field, proposed from proposed_changes
		where hub_id = $1 and organisation_id = $2 and state = 'WAITING'`, hub.ID, v.OrganisationID).
		Query(func(rows pgx.Rows) error {
			var of, time *uuid.UUID
			var field, proposed string
			_, err := pgx.ForEachRow(rows, []any{&of, &time, &field, &proposed}, func() error {
				if r := e.record(at, of, time); r != nil {
					r.Waiting[field] = proposed
				}
				return nil
			})
			return err
		})
	if err := p.store.Send(ctx, &b); err != nil {
		return nil, fmt.Errorf("read a partner's entry: %w", err)
	}
	if e.Organisation.ID == uuid.Nil {
		return nil, problem.Missing("organisation") // it was retired after the link was made
	}
	return e, nil
}

// record finds the record that a change is about.
func (e *Entry) record(at map[uuid.UUID]int, service, time *uuid.UUID) *Record {
	if service == nil {
		return &e.Organisation
	}
	i, shown := at[*service]
	if !shown {
		return nil
	}
	if time == nil {
		return &e.Services[i].Record
	}
	for n := range e.Services[i].Times {
		if e.Services[i].Times[n].ID == *time {
			return &e.Services[i].Times[n]
		}
	}
	return nil
}

func (r *Record) set(k Kind, id uuid.UUID, texts []byte) error {
	r.Kind, r.ID, r.Waiting = k, id, map[string]string{}
	if err := json.Unmarshal(texts, &r.Texts); err != nil {
		return err
	}
	// As they would be written into a form, so that a form that is sent back unchanged changes nothing.
	for _, f := range FieldsOf(k) {
		if f.Shape != Text {
			r.Texts[f.Name] = f.read(r.Texts[f.Name])
		} else {
			r.Texts[f.Name] = strings.TrimSpace(strings.ReplaceAll(r.Texts[f.Name], "\r\n", "\n"))
		}
	}
	return nil
}

func each(do func(id uuid.UUID, texts []byte) error) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var id uuid.UUID
		var texts []byte
		_, err := pgx.ForEachRow(rows, []any{&id, &texts}, func() error { return do(id, texts) })
		return err
	}
}

// ofPartner finds a service of the viewer's own that is not retired.
func (p *Partners) ofPartner(ctx context.Context, hub, service uuid.UUID) error {
	found, err := store.Collect(ctx, p.store, pgx.RowTo[uuid.UUID], "select id from services where hub_id = $1 and id = $2", hub, service)
	switch {
	case err != nil:
		return fmt.Errorf("find a partner's service: %w", err)
	case len(found) == 0:
		return problem.Missing("service")
	}
	return nil
}
