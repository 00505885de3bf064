package graph

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/accessneed"
	"liferooms.io/liferooms/ent/auditevent"
	"liferooms.io/liferooms/ent/conversation"
	"liferooms.io/liferooms/ent/hub"
	"liferooms.io/liferooms/ent/location"
	"liferooms.io/liferooms/ent/need"
	"liferooms.io/liferooms/ent/organisation"
	"liferooms.io/liferooms/ent/person"
	"liferooms.io/liferooms/ent/rolegrant"
	"liferooms.io/liferooms/ent/schedule"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/ent/serviceatlocation"
	"liferooms.io/liferooms/ent/signpost"
	"liferooms.io/liferooms/ent/staffuser"
	"liferooms.io/liferooms/ent/visit"
	"liferooms.io/liferooms/internal/paging"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/staff"
)

// Each function here adds to a query what a selection needs: its columns, and its edges as further statements, one for
// each, however many rows there are.

// wanted is the selection of the field being resolved.
func wanted(ctx context.Context) selection {
	return here(graphql.GetFieldContext(ctx), graphql.GetOperationContext(ctx))
}

func selectHub(q *ent.HubQuery, s selection) {
	q.Select(s.columns(hub.ValidColumn)...)
}

func selectPerson(ctx context.Context, q *ent.PersonQuery, s selection, many bool) {
	q.Select(s.columns(person.ValidColumn, person.FieldID, person.FieldHubID)...)
	if s.has("accessNeeds") {
		q.WithAccessNeeds(func(q *ent.AccessNeedQuery) {
			q.Select(s.of("accessNeeds").columns(accessneed.ValidColumn)...).Order(accessneed.ByCode())
		})
	}
	if s.has("openVisit") {
		q.WithNamedVisits(openVisit, func(q *ent.VisitQuery) {
			selectVisit(ctx, q.Where(visit.LeftAtIsNil()), s.of("openVisit"))
		})
	}
	for _, p := range s.pages("visits") {
		q.WithNamedVisits(key(p.args), func(q *ent.VisitQuery) {
			rows := p.rows
			if !many { // person names the needs of these
				rows = rows.without("need")
				q.Select(visit.FieldNeedID)
			}
			selectVisit(ctx, q, rows)
			cut(q.Modify, func(n int) { q.Limit(n) }, p.args, many, visit.FieldPersonID, visit.FieldArrivedAt, visit.FieldID)
		})
	}
	for _, p := range s.pages("conversations") {
		q.WithNamedConversations(key(p.args), func(q *ent.ConversationQuery) {
			selectConversation(ctx, q, p.rows)
			cut(q.Modify, func(n int) { q.Limit(n) }, p.args, many, conversation.FieldPersonID, conversation.FieldStartedAt, conversation.FieldID)
		})
	}
}

// pageBelow is a page of an edge, with what is asked of each of its rows.
type pageBelow struct {
	args paging.Args
	rows selection
}

// pages are those that the fields of a name ask for, each once: two fields with the same arguments are one page, of which
// both their rows' fields are asked. What is wrong with arguments is said where the page is resolved.
func (s selection) pages(name string) []pageBelow {
	var keys []string
	args := map[string]paging.Args{}
	sets := map[string]ast.SelectionSet{}
	for _, f := range s.byName[name] {
		a, err := pageOf(f, s.variables)
		if err != nil {
			continue
		}
		k := key(a)
		if _, known := args[k]; !known {
			keys = append(keys, k)
		}
		args[k] = a
		sets[k] = append(sets[k], f.SelectionSet...)
	}
	pages := make([]pageBelow, len(keys))
	for i, k := range keys {
		pages[i] = pageBelow{args[k], selectionOf(sets[k], s.variables).node()}
	}
	return pages
}

// openVisit names the edge to the visit that is open now.
const openVisit = "open"

// pageOf reads the arguments of a list below a row, whose cursors hold a time and an id.
func pageOf(f *ast.Field, variables map[string]any) (paging.Args, error) {
	raw := f.ArgumentMap(variables)
	var first *int
	if v := raw["first"]; v != nil {
		n, err := graphql.UnmarshalInt(v)
		if err != nil {
			return paging.Args{}, err
		}
		first = &n
	}
	var after *string
	if v, ok := raw["after"].(string); ok {
		after = &v
	}
	return paging.Forward(first, after, paging.Time, paging.ID)
}

// key names a loaded page of an edge by its arguments, so that two pages of one edge stand side by side.
func key(a paging.Args) string {
	if a.From == nil {
		return fmt.Sprint("first ", a.Size)
	}
	return fmt.Sprint("first ", a.Size, " after ", a.From.Cursor())
}

// cut keeps one page of the newest for each parent.
func cut[Q any](modify func(...func(*sql.Selector)) Q, limit func(int), args paging.Args, many bool, parent string, columns ...string) {
	if !many {
		modify(args.Order(true, columns...))
		limit(args.Limit())
		return
	}
	modify(args.After(true, columns...), paging.PerParent(parent, args.Limit(), true, columns...))
}

func selectVisit(ctx context.Context, q *ent.VisitQuery, s selection) {
	q.Select(s.columns(visit.ValidColumn, visit.FieldID, visit.FieldHubID, visit.FieldArrivedAt)...)
	if s.has("person") {
		q.WithPerson(func(q *ent.PersonQuery) { selectPerson(ctx, q, s.of("person"), true) })
	}
	if s.has("need") {
		q.WithNeed(func(q *ent.NeedQuery) { selectNeed(q, s.of("need")) })
	}
	if s.has("advisor") {
		q.WithAdvisor(func(q *ent.StaffUserQuery) { selectName(q, s.of("advisor")) })
	}
	if s.has("conversation") {
		q.WithConversation(func(q *ent.ConversationQuery) { selectConversation(ctx, q, s.of("conversation")) })
	}
}

func selectNeed(q *ent.NeedQuery, s selection) {
	q.Select(s.columns(need.ValidColumn, need.FieldID)...)
}

func selectName(q *ent.StaffUserQuery, s selection) {
	q.Select(s.columns(staffuser.ValidColumn, staffuser.FieldID)...)
}

func selectConversation(ctx context.Context, q *ent.ConversationQuery, s selection) {
	q.Select(s.columns(conversation.ValidColumn, conversation.FieldID, conversation.FieldHubID, conversation.FieldStartedAt)...)
	if s.has("visit") {
		q.WithVisit(func(q *ent.VisitQuery) { selectVisit(ctx, q, s.of("visit")) })
	}
	if s.has("person") {
		q.WithPerson(func(q *ent.PersonQuery) { selectPerson(ctx, q, s.of("person"), true) })
	}
	if s.has("advisor") {
		q.WithAdvisor(func(q *ent.StaffUserQuery) { selectName(q, s.of("advisor")) })
	}
	if s.has("needs") {
		q.WithNeeds(func(q *ent.NeedQuery) {
			selectNeed(q, s.of("needs"))
			q.Order(need.ByPosition(), need.ByID())
		})
	}
	if s.has("signposts") {
		q.WithSignposts(func(q *ent.SignpostQuery) {
			selectSignpost(ctx, q, s.of("signposts"))
			q.Order(signpost.ByGivenAt(), signpost.ByID())
		})
	}
}

func selectSignpost(ctx context.Context, q *ent.SignpostQuery, s selection) {
	q.Select(s.columns(signpost.ValidColumn, signpost.FieldID, signpost.FieldHubID, signpost.FieldFollowUpOn)...)
	if s.has("person") {
		q.WithPerson(func(q *ent.PersonQuery) { selectPerson(ctx, q, s.of("person"), true) })
	}
	if s.has("service") {
		q.WithService(func(q *ent.ServiceQuery) { selectService(q, s.of("service")) })
	}
	if s.has("need") {
		q.WithNeed(func(q *ent.NeedQuery) { selectNeed(q, s.of("need")) })
	}
}

// maxServices bounds the services of a partner.
const maxServices = 100

func selectOrganisation(q *ent.OrganisationQuery, s selection) {
	q.Select(s.columns(organisation.ValidColumn, organisation.FieldID, organisation.FieldName)...)
	selectSaid(q, s)
	if s.has("services") {
		q.WithServices(func(q *ent.ServiceQuery) {
			selectService(q.Where(service.RetiredAtIsNil()), s.of("services"))
			q.Modify(paging.PerParent(service.FieldOrganisationID, maxServices, false, service.FieldName, service.FieldID))
		})
	}
}

func selectService(q *ent.ServiceQuery, s selection) {
	q.Select(s.columns(service.ValidColumn, service.FieldID, service.FieldHubID)...)
	selectCare(q, s)
	if s.has("organisation") {
		q.WithOrganisation(func(q *ent.OrganisationQuery) { selectOrganisation(q, s.of("organisation")) })
	}
	if s.has("needs") {
		q.WithNeeds(func(q *ent.NeedQuery) {
			selectNeed(q, s.of("needs"))
			q.Order(need.ByPosition(), need.ByID())
		})
	}
	if s.has("locations") {
		q.WithServiceAtLocations(func(q *ent.ServiceAtLocationQuery) {
			q.Where(serviceatlocation.RetiredAtIsNil()).Order(serviceatlocation.ByID()).
				WithLocation(func(q *ent.LocationQuery) {
					q.Select(s.of("locations").columns(location.ValidColumn, location.FieldID)...)
				}).
				Select(serviceatlocation.FieldID, serviceatlocation.FieldServiceID, serviceatlocation.FieldLocationID)
		})
	}
	if s.has("schedules") || s.has("nextSessions") {
		q.WithSchedules(func(q *ent.ScheduleQuery) { q.Where(schedule.RetiredAtIsNil()).Order(schedule.ByID()) })
	}
}

func selectStaff(ctx context.Context, q *ent.StaffUserQuery, s selection) {
	q.Select(s.columns(staffuser.ValidColumn, staffuser.FieldID, staffuser.FieldName)...)
	if s.has("grants") {
		q.WithGrants(func(q *ent.RoleGrantQuery) { q.Where(staff.Here(ctx)).Order(rolegrant.ByRole()) })
	}
}

func selectAudit(q *ent.AuditEventQuery, s selection) {
	q.Select(s.columns(auditevent.ValidColumn, auditevent.FieldID, auditevent.FieldAt)...)
}

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
