package graph

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/auditevent"
	"liferooms.io/liferooms/ent/conversation"
	"liferooms.io/liferooms/ent/hub"
	"liferooms.io/liferooms/ent/person"
	"liferooms.io/liferooms/ent/predicate"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/ent/signpost"
	"liferooms.io/liferooms/ent/staffuser"
	"liferooms.io/liferooms/ent/visit"
	"liferooms.io/liferooms/internal/access"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/paging"
	domain "liferooms.io/liferooms/internal/person"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/viewer"
)

const (
	// maxQueue bounds each of the queue's lists.
	maxQueue = 200
	// maxSessions bounds a service's next sessions.
	maxSessions = 20
)

// found says of a row that is not there what it says of another hub's: there is no such thing here.
func found[T any](what string, row *T, err error) (*T, error) {
	switch {
	case ent.IsNotFound(err):
		return nil, problem.Missing(what)
	case err != nil:
		return nil, fmt.Errorf("read a %s: %w", what, err)
	}
	return row, nil
}

func visitKey(v *ent.Visit) paging.Key { return paging.Key{v.ArrivedAt, v.ID} }

func (r *Resolver) viewer(ctx context.Context) (*Viewer, error) {
	v := viewer.FromContext(ctx)
	s := wanted(ctx)
	answer := &Viewer{ID: v.StaffID, Name: v.Name, Trust: &ViewerTrust{}, ClosedHubs: closedHubs(v)}
	if v.At != "" {
		answer.OpenedAt = &v.At
	}
	client := r.Store.Client(ctx)
	if s.has("email") {
		me, err := client.StaffUser.Query().Where(staffuser.ID(v.StaffID)).Select(staffuser.FieldID, staffuser.FieldEmail).Only(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return nil, fmt.Errorf("read the viewer: %w", err)
		}
		if me != nil {
			answer.Email = me.Email
		}
	}
	if s.has("trust") {
		t, err := client.Trust.Query().Only(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the viewer's trust: %w", err)
		}
		answer.Trust = &ViewerTrust{Name: t.Name, OdsCode: t.OdsCode}
	}
	if s.has("hubs") {
		hubs, err := client.Hub.Query().Order(hub.ByName(), hub.ByID()).
			Select(hub.FieldID, hub.FieldSlug, hub.FieldName, hub.FieldTimeZone, hub.FieldBrandName, hub.FieldBrandColour, hub.FieldBrandLogoURL, hub.FieldModules).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the viewer's hubs: %w", err)
		}
		for _, h := range hubs {
			held, _ := v.HubByID(h.ID)
			answer.Hubs = append(answer.Hubs, &ViewerHub{
				Slug: h.Slug, Name: h.Name, TimeZone: h.TimeZone, BrandName: h.BrandName, BrandColour: h.BrandColour, BrandLogoURL: h.BrandLogoURL,
				Modules: h.Modules,
				Roles:   held.Roles, Permissions: access.In(v, held),
			})
		}
	}
	return answer, nil
}

// closedHubs are the hubs of the viewer that are paused or have closed.
func closedHubs(v *viewer.Viewer) []*ClosedHub {
	closed := make([]*ClosedHub, len(v.Closed))
	for i, c := range v.Closed {
		closed[i] = &ClosedHub{Slug: c.Slug, Name: c.Name, Message: access.Closed(c).Message}
	}
	return closed
}

func (r *Resolver) queue(ctx context.Context, s selection) (*Queue, error) {
	q := &Queue{}
	for _, list := range []struct {
		name  string
		state visit.State
		into  *[]*ent.Visit
	}{{"waiting", visit.StateWaiting, &q.Waiting}, {"withAdvisor", visit.StateWithAdvisor, &q.WithAdvisor}} {
		if !s.has(list.name) {
			continue
		}
		query := r.Desk.Open(ctx, list.state).Limit(maxQueue)
		selectVisit(ctx, query, s.of(list.name))
		visits, err := query.All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the queue: %w", err)
		}
		*list.into = visits
	}
	return q, nil
}

// liveQueue sends the queue now and again after each change.
func (r *Resolver) liveQueue(ctx context.Context) (<-chan *Queue, error) {
	s := selectionOf(graphql.GetFieldContext(ctx).Field.Selections, graphql.GetOperationContext(ctx).Variables)
	ticks, err := r.watch(ctx)
	if err != nil {
		return nil, err
	}
	queues := make(chan *Queue)
	go func() {
		defer close(queues)
		for range ticks {
			q, err := r.queue(ctx, s)
			if err != nil {
				graphql.AddError(ctx, err)
				return // the app connects again
			}
			select {
			case queues <- q:
			case <-ctx.Done():
				return
			}
		}
	}()
	return queues, nil
}

func (r *Resolver) visitsOn(ctx context.Context, h *ent.Hub, on *time.Time, first *int, after *string, last *int, before *string) (*paging.Connection[*ent.Visit], error) {
	args, err := paging.Both(first, after, last, before, paging.Time, paging.ID)
	if err != nil {
		return nil, err
	}
	if on == nil {
		clock, err := r.Desk.Clock(ctx)
		if err != nil {
			return nil, err
		}
		today := clock.Day(time.Now())
		on = &today
	}
	s := wanted(ctx)
	q := r.Store.Client(ctx).Visit.Query().Where(visit.ArrivedOn(*on))
	total := 0
	if s.has("totalCount") {
		if total, err = q.Clone().Count(ctx); err != nil {
			return nil, fmt.Errorf("count visits: %w", err)
		}
	}
	rows := s.node()
	if rows.has("person") {
		r.Log.Read(ctx, audit.Event{Action: "desk.read", SubjectType: "hub", SubjectID: h.ID})
	}
	selectVisit(ctx, q.Limit(args.Limit()), rows.without("need"))
	q.Select(visit.FieldNeedID)
	q.Modify(args.Order(true, visit.FieldArrivedAt, visit.FieldID))
	visits, err := q.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list visits: %w", err)
	}
	if rows.has("need") {
		if err := r.Desk.NameNeeds(ctx, visits); err != nil {
			return nil, err
		}
	}
	page := paging.New(args, visits, visitKey)
	page.TotalCount = total
	return page, nil
}

func (r *Resolver) visitsByWeek(ctx context.Context, from, to time.Time) ([]*WeekCount, error) {
	counts, err := r.Desk.ByWeek(ctx, from, to)
	if err != nil {
		return nil, err
	}
	var needs map[uuid.UUID]*ent.Need
	if s := wanted(ctx); s.has("need") && len(counts) > 0 {
		if needs, err = r.Desk.Needs(ctx); err != nil {
			return nil, err
		}
	}
	rows := make([]WeekCount, len(counts))
	weeks := make([]*WeekCount, len(counts))
	for i, c := range counts {
		rows[i] = WeekCount{Week: c.Monday, Visits: c.Visits}
		if c.NeedID != nil {
			rows[i].Need = needs[*c.NeedID]
		}
		weeks[i] = &rows[i]
	}
	return weeks, nil
}

func (r *Resolver) person(ctx context.Context, id uuid.UUID, s selection) (*ent.Person, error) {
	q := r.Store.Client(ctx).Person.Query().Where(person.ID(id))
	selectPerson(ctx, q, s, false)
	p, err := q.Only(ctx)
	if p, err = found("person", p, err); err != nil {
		return nil, err
	}
	for _, page := range s.pages("visits") {
		if !page.rows.has("need") {
			continue
		}
		visits, err := p.NamedVisits(key(page.args))
		if err != nil {
			return nil, fmt.Errorf("read a person's visits: %w", err)
		}
		if err := r.Desk.NameNeeds(ctx, visits); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// peopleOf reads the people of matches, and records that each was shown.
func (r *Resolver) peopleOf(ctx context.Context, matches []domain.Match, s selection) (map[uuid.UUID]*ent.Person, error) {
	if len(matches) == 0 {
		return nil, nil
	}
	ids := make([]uuid.UUID, len(matches))
	for i, m := range matches {
		ids[i] = m.ID
	}
	q := r.Store.Client(ctx).Person.Query().Where(person.IDIn(ids...))
	selectPerson(ctx, q, s, true)
	people, err := q.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the people found: %w", err)
	}
	byID := make(map[uuid.UUID]*ent.Person, len(people))
	for _, p := range people {
		byID[p.ID] = p
		r.Log.Read(ctx, audit.Event{Action: "person.listed", SubjectType: "person", SubjectID: p.ID, PersonID: &p.ID})
	}
	return byID, nil
}

// duplicatesOf is whom possible duplicates are looked for of.
func duplicatesOf(of PossibleDuplicatesInput) domain.Details {
	return domain.Details{
		GivenName: domain.To(&of.GivenName), FamilyName: domain.To(&of.FamilyName), DateOfBirth: change(of.DateOfBirth),
		Phone: change(of.Phone), NHSNumber: change(of.NhsNumber),
	}
}

func (r *Resolver) peopleInOrder(ctx context.Context, matches []domain.Match, s selection) ([]*ent.Person, error) {
	people, err := r.peopleOf(ctx, matches, s)
	if err != nil {
		return nil, err
	}
	var ordered []*ent.Person
	for _, m := range matches {
		if p := people[m.ID]; p != nil {
			ordered = append(ordered, p)
		}
	}
	return ordered, nil
}

func (r *Resolver) conversation(ctx context.Context, s selection, which ...predicate.Conversation) (*ent.Conversation, error) {
	q := r.Store.Client(ctx).Conversation.Query().Where(which...)
	selectConversation(ctx, q, s)
	q.Modify(func(s *sql.Selector) { s.AppendSelect(s.C(conversation.FieldPersonID)) })
	// Where several are open it is the one that began last.
	c, err := q.Order(conversation.ByStartedAt(sql.OrderDesc()), conversation.ByID(sql.OrderDesc())).First(ctx)
	if c, err = found("conversation", c, err); err != nil {
		return nil, err
	}
	r.Log.Read(ctx, audit.Event{Action: "conversation.read", SubjectType: "conversation", SubjectID: c.ID, PersonID: c.PersonID, Fields: s.names})
	return c, nil
}

func (r *Resolver) followUps(ctx context.Context, dueBy *time.Time, first *int, after *string) (*paging.Connection[*ent.Signpost], error) {
	args, err := paging.Forward(first, after, paging.Time, paging.ID)
	if err != nil {
		return nil, err
	}
	if dueBy == nil {
		clock, err := r.Desk.Clock(ctx)
		if err != nil {
			return nil, err
		}
		today := clock.Day(time.Now())
		dueBy = &today
	}
	q := r.Store.Client(ctx).Signpost.Query().Where(signpost.FollowedUpAtIsNil(), signpost.FollowUpOnLTE(*dueBy))
	page, err := pageFrom(ctx, q, args, listing[*ent.SignpostQuery, ent.Signpost]{
		what: "follow-ups", order: args.Order(false, signpost.FieldFollowUpOn, signpost.FieldID),
		load: func(q *ent.SignpostQuery, s selection) { selectSignpost(ctx, q, s) },
		key:  func(s *ent.Signpost) paging.Key { return paging.Key{*s.FollowUpOn, s.ID} },
	})
	if err != nil {
		return nil, err
	}
	shown := map[uuid.UUID]bool{}
	for _, s := range page.Nodes() {
		if p := s.Person(); p != nil && !shown[p.ID] {
			shown[p.ID] = true
			r.Log.Read(ctx, audit.Event{Action: "person.listed", SubjectType: "person", SubjectID: p.ID, PersonID: &p.ID})
		}
	}
	return page, nil
}

func (r *Resolver) services(ctx context.Context, filter *ServiceFilter, first *int, after *string) (*ServiceConnection, error) {
	s := wanted(ctx)
	query := queryOf(filter)
	query.Explained = s.of("edges").has("reasons")
	clock, err := r.Desk.Clock(ctx)
	if err != nil {
		return nil, err
	}
	query.Today = clock.Day(time.Now())
	page, err := r.Directory.Search(ctx, query, first, after, func(q *ent.ServiceQuery) { selectService(q, s.node()) })
	if err != nil {
		return nil, err
	}
	answer := &ServiceConnection{PageInfo: &page.PageInfo, Edges: make([]*ServiceEdge, len(page.Edges)), Nodes: make([]*ent.Service, len(page.Edges))}
	for i, e := range page.Edges {
		answer.Edges[i] = &ServiceEdge{Cursor: e.Cursor, Node: e.Node.Service, DistanceMetres: e.Node.DistanceMetres, Reasons: e.Node.Reasons}
		answer.Nodes[i] = e.Node.Service
		answer.CorrectedText = e.Node.Corrected // the same for all
	}
	return answer, nil
}

// standing finds the record that has the id, or the one that stands for it where that was merged.
func standing[P ~func(*sql.Selector)](ctx context.Context, table string, id uuid.UUID) (P, error) {
	hub, err := hubID(ctx)
	if err != nil {
		return nil, err
	}
	return func(s *sql.Selector) {
		s.Where(sql.P(func(b *sql.Builder) {
			b.Ident(s.C("id")).WriteString(" = coalesce((select m.merged_into_id from " + table + " m where m.hub_id = ").Arg(hub).
				WriteString(" and m.id = ").Arg(id).WriteString("), ").Arg(id).WriteString(")")
		}))
	}, nil
}

func (r *Resolver) mergeRecords(ctx context.Context, input MergeRecordsInput) (*directory.Merged, error) {
	id, err := r.Directory.Merge(ctx, input.ClientMutationID, directory.Merging{
		Kind: input.Kind, Keep: input.KeepID, Fold: input.FoldID, Take: input.Take, Seen: input.Seen,
	})
	if err != nil {
		return nil, err
	}
	return r.Directory.Merged(ctx, id)
}

// queryOf is what a filter asks of the directory.
func queryOf(filter *ServiceFilter) directory.Query {
	var query directory.Query
	if filter == nil {
		return query
	}
	if text := filter.Text.Value(); text != nil {
		query.Text = *text
	}
	query.Needs, query.Free, query.Age, query.Capacity = filter.Needs.Value(), filter.Free.Value(), filter.Age.Value(), filter.HasCapacity.Value()
	query.Languages, query.Accessibility = filter.Languages.Value(), filter.Accessibility.Value()
	if from := filter.From.Value(); from != nil {
		query.From = *from
	}
	if to := filter.To.Value(); to != nil {
		query.To = *to
	}
	if day := filter.Day.Value(); day != nil {
		d := weekdays[*day]
		query.Day = &d
	}
	if near := filter.Near.Value(); near != nil {
		query.Near = &directory.Near{Latitude: near.Latitude, Longitude: near.Longitude, Metres: near.Metres}
	}
	return query
}

var weekdays = map[schema.Weekday]time.Weekday{schema.Sunday: time.Sunday, schema.Monday: time.Monday, schema.Tuesday: time.Tuesday,
	schema.Wednesday: time.Wednesday, schema.Thursday: time.Thursday, schema.Friday: time.Friday, schema.Saturday: time.Saturday}

func (r *Resolver) auditEvents(ctx context.Context, h *ent.Hub, personID *uuid.UUID, first *int, after *string) (*paging.Connection[*ent.AuditEvent], error) {
	args, err := paging.Forward(first, after, paging.Time, paging.ID)
	if err != nil {
		return nil, err
	}
	q := r.Store.Client(ctx).AuditEvent.Query().Where(auditevent.HubID(h.ID))
	if personID != nil {
		q.Where(auditevent.PersonID(*personID))
	}
	return pageFrom(ctx, q, args, listing[*ent.AuditEventQuery, ent.AuditEvent]{
		what: "audit events", load: selectAudit, order: args.Order(true, auditevent.FieldAt, auditevent.FieldID),
		key: func(e *ent.AuditEvent) paging.Key { return paging.Key{e.At, e.ID} },
	})
}

// actors names who did the things of a page of the audit, by one statement.
func (r *Resolver) actors(ctx context.Context, events []*ent.AuditEvent) ([]*AuditActor, error) {
	var ids []uuid.UUID
	for _, e := range events {
		if e.ActorID != nil {
			ids = append(ids, *e.ActorID)
		}
	}
	actors := make([]*AuditActor, len(events))
	if len(ids) == 0 {
		return actors, nil
	}
	staff, err := r.Store.Client(ctx).StaffUser.Query().Where(staffuser.IDIn(ids...)).Select(staffuser.FieldID, staffuser.FieldName).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("name who did it: %w", err)
	}
	byID := make(map[uuid.UUID]*AuditActor, len(staff))
	for _, s := range staff {
		byID[s.ID] = &AuditActor{ID: s.ID, Name: s.Name}
	}
	for i, e := range events {
		if e.ActorID != nil {
			actors[i] = byID[*e.ActorID]
		}
	}
	return actors, nil
}

// checkMutationID bounds what a client calls a request that creates.
func checkMutationID(id string) error {
	if n := len([]rune(id)); n < 1 || n > 100 || len(id) > 100 {
		return problem.Field("clientMutationId", "clientMutationId must have 1 to 100 characters, new for each thing that is made.")
	}
	return nil
}
