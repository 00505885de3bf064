package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"liferooms.io/liferooms/ent/accessneed"
	"liferooms.io/liferooms/ent/assurance"
	"liferooms.io/liferooms/ent/auditevent"
	"liferooms.io/liferooms/ent/cataloguesource"
	"liferooms.io/liferooms/ent/conversation"
	"liferooms.io/liferooms/ent/hub"
	"liferooms.io/liferooms/ent/linkcheck"
	"liferooms.io/liferooms/ent/location"
	"liferooms.io/liferooms/ent/merge"
	"liferooms.io/liferooms/ent/migrate"
	"liferooms.io/liferooms/ent/need"
	"liferooms.io/liferooms/ent/organisation"
	"liferooms.io/liferooms/ent/partneragreement"
	"liferooms.io/liferooms/ent/partnerlink"
	"liferooms.io/liferooms/ent/person"
	"liferooms.io/liferooms/ent/proposedchange"
	"liferooms.io/liferooms/ent/rolegrant"
	"liferooms.io/liferooms/ent/schedule"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/ent/servicecapacity"
	"liferooms.io/liferooms/ent/signpost"
	"liferooms.io/liferooms/ent/staffuser"
	"liferooms.io/liferooms/ent/trust"
	"liferooms.io/liferooms/ent/visit"
	"liferooms.io/liferooms/graph/compile"
	"liferooms.io/liferooms/internal/access"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/frontdesk"
	"liferooms.io/liferooms/internal/paging"
	domain "liferooms.io/liferooms/internal/person"
	"liferooms.io/liferooms/internal/staff"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// declared is how the API's objects are read by compiled statements. What is not here follows from Ent's graph: see
// package compile. Each entry answers what the resolver of the same field answers, and test/secondopinion holds the
// two against each other.
func (r *Resolver) declared(e *executableSchema) (*compile.Schema, error) {
	return compile.New(compile.Schema{
		Tables: migrate.Tables, Within: store.Within, Arguments: decodeArguments(e),
		Values: map[string]compile.Value{
			"hub":   {Type: "uuid", Of: hubID},
			"trust": {Type: "uuid", Of: func(ctx context.Context) (any, error) { return viewer.FromContext(ctx).TrustID, nil }},
			"me":    {Type: "uuid", Of: func(ctx context.Context) (any, error) { return viewer.FromContext(ctx).StaffID, nil }},
			"today": {Type: "date", Of: r.today},
			// The row that a mutation answers with.
			"changed": {Type: "uuid", Of: func(ctx context.Context) (any, error) { return ctx.Value(changedKey{}), nil }},
			// Of the viewer as they signed in, for what is about themselves.
			"my_name":        {Type: "text", Of: func(ctx context.Context) (any, error) { return viewer.FromContext(ctx).Name, nil }},
			"my_address":     {Type: "text", Of: myAddress},
			"my_closed":      {Type: "jsonb", Of: myClosedHubs},
			"my_hubs":        {Type: "uuid[]", Of: myHubs},
			"my_roles":       {Type: "jsonb[]", Of: ofMyHubs(func(_ *viewer.Viewer, h viewer.Hub) any { return h.Roles })},
			"my_permissions": {Type: "jsonb[]", Of: ofMyHubs(func(v *viewer.Viewer, h viewer.Hub) any { return access.In(v, h) })},
		},
		Objects: with(map[string]*compile.Object{
			"Query": {Fields: map[string]compile.Field{
				"hub":    compile.Lookup{Object: "Hub", Free: true},
				"viewer": compile.Group{Object: "Viewer", Alone: true},
			}},
			"Subscription": {Fields: map[string]compile.Field{
				"queue": compile.Group{Object: "Queue"}, // on record when it was opened
			}},
			"Viewer": {Fields: map[string]compile.Field{
				"id": compile.SQL("@me"), "name": compile.SQL("@my_name"),
				"email": compile.SQL("select u.email from staff_users u where u.trust_id = @trust and u.id = @me"),
				"trust": compile.Lookup{Object: "ViewerTrust"},
				"hubs":  compile.List{Rows: compile.Rows{Object: "ViewerHub", Order: by("name", "id")}},
				"closedHubs": compile.List{Rows: compile.Rows{Object: "ClosedHub",
					From: "jsonb_array_elements(@my_closed) with ordinality @row(hub, n)", Order: by("n")}},
				"openedAt": compile.SQL("@my_address"),
			}},
			"ClosedHub": {Fields: map[string]compile.Field{
				"slug": compile.SQL("@row.hub->>'slug'"), "name": compile.SQL("@row.hub->>'name'"), "message": compile.SQL("@row.hub->>'message'"),
			}},
			"ViewerTrust": {Table: trust.Table},
			"ViewerHub": {Table: hub.Table, Within: "@row.trust_id = @trust and @row.id = any(@my_hubs)", Fields: map[string]compile.Field{
				"roles":       compile.SQL("(@my_roles)[array_position(@my_hubs, @row.id)]"),
				"permissions": compile.SQL("(@my_permissions)[array_position(@my_hubs, @row.id)]"),
			}},
			"Hub": {Table: hub.Table, Fields: r.hubFields()},
			"OpeningHours": {Fields: map[string]compile.Field{
				"day": compile.SQL("@row.hours->>'day'"), "opens": compile.SQL("@row.hours->>'opens'"), "closes": compile.SQL("@row.hours->>'closes'"),
			}},
			"Need": {Table: need.Table},
			"Point": {Fields: map[string]compile.Field{
				"latitude": compile.SQL("@row.latitude"), "longitude": compile.SQL("@row.longitude"), "postcode": compile.SQL("@row.postcode"),
			}},
			"Today": {Fields: map[string]compile.Field{
				"date": compile.SQL("@today"), "opens": compile.SQL("@opens"), "closes": compile.SQL("@closes"),
				"visitCount": compile.SQL("@row.visits"), "anonymousCount": compile.SQL("@row.anonymous"), "waitingCount": compile.SQL("@row.waiting"),
			}},
			"Queue": {Fields: queueFields},
			"WeekCount": {Fields: map[string]compile.Field{
				"week": compile.SQL("@row.week"), "visits": compile.SQL("@row.visits"),
				"need": compile.One{Object: "Need", On: "@row.id = @parent.need_id"},
			}},
			"Person":     {Table: person.Table, Fields: personFields},
			"AccessNeed": {Table: accessneed.Table},
			"Visit": {Table: visit.Table, Fields: map[string]compile.Field{
				"anonymous":    compile.SQL("@row.person_id is null"),
				"advisor":      compile.One{Object: "StaffName", Key: visit.FieldAdvisorID},
				"conversation": compile.One{Object: "Conversation", On: "@row.visit_id = @parent.id"},
			}},
			"StaffName": {Table: staffuser.Table},
			"Conversation": {Table: conversation.Table, Fields: map[string]compile.Field{
				"advisor":   compile.One{Object: "StaffName", Key: conversation.FieldAdvisorID},
				"needs":     needsThrough(conversation.NeedsTable, conversation.NeedsPrimaryKey),
				"signposts": compile.List{Rows: compile.Rows{Object: "Signpost", Where: "@row.conversation_id = @parent.id", Order: by("given_at", "id")}},
			}},
			"CatalogueSource": compiledSource, "CatalogueCheck": compiledCheck, "SourceProblem": compiledProblem,
			"DifferenceCount": compiledCount, "CatalogueDifference": compiledDifference, "FieldDifference": compiledFieldDifference,
			"Signpost": {Table: signpost.Table},
			"Organisation": {Table: organisation.Table, Fields: editedFields(map[string]compile.Field{
				"agreement": agreementOf, "partnerLinks": linksOf,
				"services": compile.List{Rows: compile.Rows{Object: "Service", Where: "@row.organisation_id = @parent.id and @row.retired_at is null",
					Order: by("name", "id")}, Limit: strconv.Itoa(maxServices)},
			})},
			"Service":          {Table: service.Table, Fields: r.serviceFields()},
			"ServiceById":      serviceByID,
			"Location":         {Table: location.Table, Fields: editedFields(nil)},
			"Schedule":         {Table: schedule.Table, Fields: editedFields(map[string]compile.Field{"summary": scheduleSummary})},
			"ServiceCapacity":  {Table: servicecapacity.Table, Fields: capacityFields},
			"Assurance":        {Table: assurance.Table, Fields: assuranceFields},
			"CatalogueEditor":  {Table: staffuser.Table},
			"PartnerAgreement": {Table: partneragreement.Table, Fields: agreementFields},
			"PartnerLink":      {Table: partnerlink.Table, Fields: linkFields},
			"ProposedChange":   {Table: proposedchange.Table, Fields: proposedFields},
			"Suggestion": {Fields: map[string]compile.Field{
				"kind": compile.SQL("@row.kind"), "label": compile.SQL("@row.label"), "id": compile.SQL("@row.id"), "code": compile.SQL("@row.code"),
				"organisationName": compile.SQL("@row.organisation_name"),
			}},
			"Duplicate": {Fields: map[string]compile.Field{
				"kind": compile.SQL("@kind"), "reasons": compile.SQL("to_jsonb(@row.reasons)"), "dismissedAt": compile.SQL("@row.dismissed_at"),
				"records": compile.List{Rows: compile.Rows{Object: "CatalogueRecord",
					From: "jsonb_array_elements(@parent.records) with ordinality @row(held, n)", Order: by("n")}},
			}},
			"CatalogueRecord": {Fields: map[string]compile.Field{
				"id": compile.SQL("(@row.held->>'id')::uuid"), "name": compile.SQL("@row.held->>'name'"), "detail": compile.SQL("@row.held->>'detail'"),
				"sourceName": compile.SQL("@row.held->>'sourceName'"), "visibility": compile.SQL("@row.held->>'visibility'"),
			}},
			"Freshness":     {Fields: r.freshnessFields()},
			"LinkCheck":     {Table: linkcheck.Table, Fields: linkCheckFields},
			"FailedImport":  {Table: cataloguesource.Table},
			"CatalogueTerm": {Fields: termFields},
			"StaffMember": {Table: staffuser.Table, Fields: map[string]compile.Field{
				"grants": compile.List{Rows: compile.Rows{Object: "RoleGrant", Where: "@row.staff_user_id = @parent.id", Order: by("role")}},
			}},
			"RoleGrant": {Table: rolegrant.Table},
			"AuditEvent": {Table: auditevent.Table, Fields: map[string]compile.Field{
				"actor": compile.One{Object: "AuditActor", On: "@row.id = @parent.actor_id"},
			}},
			"AuditActor": {Table: staffuser.Table},
		}, editingObjects),
	})
}

// with adds entries to a map.
func with[T any](all map[string]T, more map[string]T) map[string]T {
	maps.Copy(all, more)
	return all
}

func hubID(ctx context.Context) (any, error) {
	h, one := viewer.FromContext(ctx).OneHub()
	if !one {
		return nil, fmt.Errorf("a compiled statement: the viewer works in no one hub")
	}
	return h.ID, nil
}

func myHubs(ctx context.Context) (any, error) {
	hubs := viewer.FromContext(ctx).Hubs
	ids := make([]pgtype.UUID, len(hubs)) // pgx takes uuid.UUID for text
	for i, h := range hubs {
		ids[i] = pgtype.UUID{Bytes: h.ID, Valid: true}
	}
	return ids, nil
}

// myAddress is the slug of the hub at whose own address the viewer is; null: at the one that all hubs share.
func myAddress(ctx context.Context) (any, error) {
	if at := viewer.FromContext(ctx).At; at != "" {
		return at, nil
	}
	return nil, nil
}

// myClosedHubs are the hubs of the viewer that are paused or have closed, with what there is to know, as JSON.
func myClosedHubs(ctx context.Context) (any, error) {
	closed := closedHubs(viewer.FromContext(ctx))
	all := make([]map[string]string, len(closed))
	for i, c := range closed {
		all[i] = map[string]string{"slug": c.Slug, "name": c.Name, "message": c.Message}
	}
	text, err := json.Marshal(all)
	if err != nil {
		return nil, fmt.Errorf("write the viewer's closed hubs: %w", err)
	}
	return json.RawMessage(text), nil
}

// ofMyHubs gives something of each of the viewer's hubs as JSON, in the order of myHubs.
func ofMyHubs(what func(v *viewer.Viewer, h viewer.Hub) any) func(ctx context.Context) (any, error) {
	return func(ctx context.Context) (any, error) {
		v := viewer.FromContext(ctx)
		all := make([]json.RawMessage, len(v.Hubs))
		for i, h := range v.Hubs {
			text, err := json.Marshal(what(v, h))
			if err != nil {
				return nil, fmt.Errorf("write what the viewer holds in a hub: %w", err)
			}
			all[i] = text
		}
		return all, nil
	}
}

// today is the day at the viewer's hub.
func (r *Resolver) today(ctx context.Context) (any, error) {
	clock, err := r.Desk.Clock(ctx)
	if err != nil {
		return nil, err
	}
	return clock.Day(time.Now()), nil
}

// by orders by columns of the row, upwards, for lists without cursors.
func by(columns ...string) []compile.Key {
	keys := make([]compile.Key, len(columns))
	for i, c := range columns {
		keys[i] = compile.Key{By: "@row." + c}
	}
	return keys
}

// The orders of pages.
var (
	newestVisit        = []compile.Key{{By: "@row.arrived_at", Kind: paging.Time, Type: "timestamptz", Desc: true}, idKey(true)}
	newestConversation = []compile.Key{{By: "@row.started_at", Kind: paging.Time, Type: "timestamptz", Desc: true}, idKey(true)}
	newestEvent        = []compile.Key{{By: "@row.at", Kind: paging.Time, Type: "timestamptz", Desc: true}, idKey(true)}
	longestDue         = []compile.Key{{By: "@row.follow_up_on", Kind: paging.Time, Type: "date"}, idKey(false)}
	byName             = []compile.Key{{By: "@row.name", Kind: paging.Text, Type: "text"}, idKey(false)}
)

func idKey(desc bool) compile.Key {
	return compile.Key{By: "@row.id", Kind: paging.ID, Type: "uuid", Desc: desc}
}

// needsThrough lists the needs that a table of pairs gives a row, in the order in which the hub offers them.
func needsThrough(pairs string, key []string) compile.Field {
	return compile.List{Rows: compile.Rows{
		Object: "Need",
		From:   pairs + " pair join needs @row on @row.id = pair." + key[1],
		Where:  "pair.hub_id = @hub and pair." + key[0] + " = @parent.id",
		Order:  by("position", "id"),
	}}
}

// The fields of a person that are no columns.
var personFields = map[string]compile.Field{
	// The preferred name where there is one, and the family name: ent.Person.DisplayName.
	"displayName": compile.SQL("coalesce(nullif(@row.preferred_name, ''), @row.given_name) || coalesce(' ' || nullif(@row.family_name, ''), '')"),
	// Whole years on the day at the hub: person.Age.
	"age": compile.SQL(`extract(year from @today)::int - extract(year from @row.date_of_birth)::int
		- ((extract(month from @today), extract(day from @today)) < (extract(month from @row.date_of_birth), extract(day from @row.date_of_birth)))::int`),
	"accessNeeds":   compile.List{Rows: compile.Rows{Object: "AccessNeed", Where: "@row.person_id = @parent.id", Order: by("code")}},
	"openVisit":     compile.One{Object: "Visit", On: "@row.person_id = @parent.id and @row.left_at is null"},
	"visits":        compile.Page{Rows: compile.Rows{Object: "Visit", Where: "@row.person_id = @parent.id", Order: newestVisit}},
	"conversations": compile.Page{Rows: compile.Rows{Object: "Conversation", Where: "@row.person_id = @parent.id", Order: newestConversation}},
}

// The desk's queue: those who are here, first come first.
var queueFields = map[string]compile.Field{
	"waiting":     openVisits(visit.StateWaiting),
	"withAdvisor": openVisits(visit.StateWithAdvisor),
}

func openVisits(state visit.State) compile.Field {
	return compile.List{Rows: compile.Rows{
		Object: "Visit", Where: "@row.left_at is null and @row.state = '" + string(state) + "'", Order: by("arrived_at", "id"),
	}, Limit: strconv.Itoa(maxQueue)}
}

func (r *Resolver) hubFields() map[string]compile.Field {
	deskRead := func(ctx context.Context) {
		h, _ := viewer.FromContext(ctx).OneHub()
		r.Log.Read(ctx, audit.Event{Action: "desk.read", SubjectType: "hub", SubjectID: h.ID})
	}
	listed := func(ctx context.Context, ids []uuid.UUID) {
		slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
		for _, id := range slices.Compact(ids) {
			r.Log.Read(ctx, audit.Event{Action: "person.listed", SubjectType: "person", SubjectID: id, PersonID: &id})
		}
	}
	conversationRead := func(ctx context.Context, shown, fields []string) {
		e := audit.Event{Action: "conversation.read", SubjectType: "conversation", SubjectID: uuid.MustParse(shown[0]), Fields: fields}
		if shown[1] != "" {
			whose := uuid.MustParse(shown[1])
			e.PersonID = &whose
		}
		r.Log.Read(ctx, e)
	}
	byID := func(lookup compile.Lookup) compile.Field {
		if lookup.Where == "" {
			lookup.Where = "@row.id = @id"
		}
		return compile.With{Params: params("id uuid"), Bind: argument("id"), Field: lookup}
	}
	hasPerson := func(rows compile.Selection) bool { return rows.Has("person") }
	return with(map[string]compile.Field{
		"id":    compile.SQL("@hub"),
		"needs": compile.List{Rows: compile.Rows{Object: "Need", Order: by("position", "id")}},

		"openingHours": compile.List{Rows: compile.Rows{Object: "OpeningHours",
			From: "jsonb_array_elements(coalesce(nullif(@parent.opening_hours, 'null'), '[]')) with ordinality @row(hours, n)", Order: by("n")}},

		"today": r.todayField(),
		"queue": compile.Group{Object: "Queue", Once: deskRead, If: func(q compile.Selection) bool {
			return q.Of("waiting").Has("person") || q.Of("withAdvisor").Has("person")
		}},
		"visits": compile.With{
			Params: params("on date"),
			Bind:   r.dayOr("on"),
			Field: compile.Page{Rows: compile.Rows{Object: "Visit", Where: "@row.arrived_on = @on", Order: newestVisit},
				Record: compile.Record{Once: deskRead, If: hasPerson}},
		},
		"visitsByWeek": compile.With{
			Params: params("monday date, end date"),
			Bind: func(_ context.Context, a map[string]any) ([]any, error) {
				monday, end, err := frontdesk.Weeks(a["from"].(time.Time), a["to"].(time.Time))
				return []any{monday, end}, err
			},
			// Days are counted from a Monday, in whole numbers: date_trunc would make each a time in a zone first.
			Field: compile.List{Rows: compile.Rows{Object: "WeekCount", From: `(
				select date '2001-01-01' + 7 * ((c.arrived_on - date '2001-01-01') / 7) as week, c.need_id, sum(c.visits)::int as visits
				from visit_counts c where c.hub_id = @hub and c.arrived_on >= @monday and c.arrived_on < @end and c.visits > 0 group by 1, 2) @row`,
				Order: by("week", "need_id")}},
		},

		"person": byID(compile.Lookup{Object: "Person", Missing: "person", Shown: "array[@row.id::text]",
			Record: func(ctx context.Context, shown, fields []string) {
				id := uuid.MustParse(shown[0])
				r.Log.Read(ctx, audit.Event{Action: "person.read", SubjectType: "person", SubjectID: id, PersonID: &id, Fields: fields})
			}}),
		"people": compile.With{
			Params: params("words text[], born date, numbers text[], keep float8, some boolean"),
			Bind: func(_ context.Context, a map[string]any) ([]any, error) {
				return domain.SearchArguments(a["search"].(string))
			},
			Field: compile.Page{Itself: true,
				Rows: compile.Rows{Object: "Person",
					From:  "person_matches(@hub, @words, @born, @numbers, @keep, @after1, @after2, @limit) found" + eachFound,
					Where: "@some",
					Order: []compile.Key{{By: "found.rank", Kind: paging.Number, Type: "float8"}, {By: "found.id", Kind: paging.ID, Type: "uuid"}}},
				Record: compile.Record{Shown: "@row.id", Each: listed}},
		},
		"possibleDuplicates": compile.With{
			Params: params("words text[], born date, numbers text[], some boolean"),
			Bind: func(_ context.Context, a map[string]any) ([]any, error) {
				return domain.DuplicateArguments(duplicatesOf(a["of"].(PossibleDuplicatesInput))), nil
			},
			Field: compile.List{
				Rows: compile.Rows{Object: "Person",
					From:  "person_matches(@hub, @words, @born, @numbers, 0, null, null, " + strconv.Itoa(domain.DuplicateCandidates) + ") found" + eachFound,
					Where: "@some and " + domain.DuplicateSQL,
					Order: []compile.Key{{By: "found.rank"}, {By: "found.id"}}},
				Limit:  strconv.Itoa(domain.MaxDuplicates),
				Record: compile.Record{Shown: "@row.id", Each: listed}},
		},

		"conversation": byID(compile.Lookup{Object: "Conversation", Missing: "conversation",
			Shown: "array[@row.id::text, @row.person_id::text]", Record: conversationRead}),
		"myConversation": compile.Lookup{Object: "Conversation", Where: "@row.advisor_id = @me and @row.ended_at is null", Order: newestConversation,
			Shown: "array[@row.id::text, @row.person_id::text]", Record: conversationRead},
		"catalogueSources": compiledSources, "catalogueSource": oneSource,
		"catalogueCheck": byID(compile.Lookup{Object: "CatalogueCheck", Missing: "check"}),

		"followUps": compile.With{
			Params: params("due date"),
			Bind:   r.dayOr("dueBy"),
			Field: compile.Page{
				Rows:   compile.Rows{Object: "Signpost", Where: "@row.followed_up_at is null and @row.follow_up_on <= @due", Order: longestDue},
				Record: compile.Record{Shown: "@row.person_id", Each: listed, If: hasPerson}},
		},

		"services":           r.servicesField(),
		"suggestServices":    suggestionsField(),
		"catalogueLanguages": languagesField,
		"locate":             locateField,
		"servicesById":       servicesByIDField,
		"service":            byID(compile.Lookup{Object: "Service", Missing: "service", Where: whatStandsFor("services")}),
		"organisations":      compile.Page{Rows: compile.Rows{Object: "Organisation", Where: "@row.retired_at is null", Order: byName}},
		"organisation":       byID(compile.Lookup{Object: "Organisation", Missing: "organisation", Where: whatStandsFor("organisations")}),

		"proposedChanges": proposedChanges,
		"duplicates": compile.With{
			Params: params("kind text, dismissed boolean"),
			Bind: func(_ context.Context, a map[string]any) ([]any, error) {
				return []any{string(a["kind"].(merge.Kind)), a["dismissed"]}, nil
			},
			Field: compile.Page{Itself: true, Rows: compile.Rows{Object: "Duplicate",
				From: "likely_duplicates(@hub, @kind, @dismissed, @after1, @after2, @after3, @limit) @row", Where: "true",
				Order: []compile.Key{{By: "@row.rank", Kind: paging.Number, Type: "float8"}, {By: "@row.one", Kind: paging.ID, Type: "uuid"},
					{By: "@row.other", Kind: paging.ID, Type: "uuid"}}}},
		},

		"freshness":      compile.Group{Object: "Freshness"},
		"catalogueTerms": catalogueTermsField,

		"staff": compile.Page{Rows: compile.Rows{Object: "StaffMember", Where: `@row.id in (
			select g.staff_user_id from role_grants g where g.trust_id = @trust and (g.hub_id = @hub or g.hub_id is null))`, Order: byName}},
		"findStaff": compile.With{
			Params: params("pattern text"),
			Bind: func(_ context.Context, a map[string]any) ([]any, error) {
				return []any{staff.NamePattern(a["search"].(string))}, nil
			},
			Field: compile.List{Rows: compile.Rows{Object: "StaffMember", Where: "@row.name ilike @pattern and @row.disabled_at is null", Order: by("name", "id")},
				Limit: strconv.Itoa(staff.MaxFound)},
		},
		"auditEvents": compile.With{
			Params: params("whose uuid"),
			Bind:   argument("personId"),
			Field: compile.Page{Rows: compile.Rows{Object: "AuditEvent", Where: "@row.hub_id = @hub",
				Given: map[string]string{"personId": "@row.person_id = @whose"}, Order: newestEvent}},
		},
	}, editingHubFields())
}

// whatStandsFor finds the record that has the id, or the one that stands for it where that was merged.
func whatStandsFor(table string) string {
	return "@row.id = coalesce((select m.merged_into_id from " + table + " m where m.hub_id = @hub and m.id = @id), @id)"
}

// eachFound looks up each person that person_matches found. Postgres takes the function for one that finds a thousand, and
// would read every person of the hub to join them.
const eachFound = " cross join lateral (select p.* from persons p where p.hub_id = @hub and p.id = found.id offset 0) @row"

// params reads "words text[], born date".
func params(declared string) []compile.Param {
	var all []compile.Param
	for one := range strings.SplitSeq(declared, ", ") {
		name, typ, _ := strings.Cut(one, " ")
		all = append(all, compile.Param{Name: name, Type: typ})
	}
	return all
}

// argument binds an argument as it is.
func argument(name string) compile.Bind {
	return func(_ context.Context, a map[string]any) ([]any, error) { return []any{a[name]}, nil }
}

// dayOr binds an argument that is a day, or today where it is not given.
func (r *Resolver) dayOr(name string) compile.Bind {
	return func(ctx context.Context, a map[string]any) ([]any, error) {
		if day, _ := a[name].(*time.Time); day != nil {
			return []any{*day}, nil
		}
		today, err := r.today(ctx)
		return []any{today}, err
	}
}

// todayField is the day so far: its opening hours are the clock's, its visits are counted.
func (r *Resolver) todayField() compile.Field {
	return compile.With{
		Params: params("opens text, closes text"),
		Bind: func(ctx context.Context, _ map[string]any) ([]any, error) {
			clock, err := r.Desk.Clock(ctx)
			if err != nil {
				return nil, err
			}
			opens, closes, ok := clock.Open(clock.Day(time.Now()))
			if !ok {
				return []any{nil, nil}, nil
			}
			return []any{opens, closes}, nil
		},
		Field: compile.Lookup{Object: "Today", From: `(
			select count(*) as visits, count(*) filter (where v.person_id is null) as anonymous, count(*) filter (where v.state = 'WAITING') as waiting
			from visits v where v.hub_id = @hub and v.arrived_on = @today) @row`},
	}
}

func (r *Resolver) servicesField() compile.Field {
	return compile.With{
		Params: params("words text, head text, last_word text, needs text[], day text, from text, to text, latitude float8, longitude float8, metres float8, " +
			"free boolean, age int, spoken text[], access text[], capacity boolean"),
		Bind: func(_ context.Context, a map[string]any) ([]any, error) {
			filter, _ := a["filter"].(*ServiceFilter)
			arguments, err := queryOf(filter).Arguments()
			if err != nil {
				return nil, err
			}
			return arguments[:len(arguments)-1], nil // @today is there already
		},
		Field: compile.Page{Itself: true,
			Rows: compile.Rows{Object: "Service",
				From: `find_services(@hub, @words, @head, @last_word, @needs, @day, @from, @to, @latitude, @longitude, @metres, @free, @age, @spoken, @access, @capacity, @today,
					@after1, @after2, @after3, @after4, @limit) found join services @row on @row.id = found.service_id`,
				Order: []compile.Key{{By: "found.standing", Kind: paging.Number, Type: "float8"}, {By: "found.distance", Kind: paging.Number, Type: "float8"},
					{By: "found.sort_name", Kind: paging.Text, Type: "text"}, {By: "found.service_id", Kind: paging.ID, Type: "uuid"}}},
			Also:  map[string]string{"corrected": "found.corrected"},
			First: map[string]compile.SQL{"correctedText": "@row.corrected"},
			Edge: map[string]compile.Field{
				// Rounded as Go does, half away from zero.
				"distanceMetres": compile.SQL("case when @metres is not null then (trunc(@row.k2) + (@row.k2 - trunc(@row.k2) >= 0.5)::int)::int end"),
				"reasons": compile.Computed{
					From: `service_facts(@hub, @row.id, @words, @head, @last_word, @row.corrected, @needs, @day, @from, @to,
						case when @metres is not null then @row.k2 end, @age, @spoken, @access, @today)`,
					Write: writeReasons,
				},
			},
		},
	}
}

// writeReasons says in words why a service was found.
func writeReasons(_ context.Context, b, from []byte, _ compile.Selected) ([]byte, error) {
	facts, err := directory.ReadFacts(from)
	if err != nil {
		return nil, err
	}
	words, err := json.Marshal(facts.Reasons())
	return append(b, words...), err
}

// suggestionsField completes what is being typed.
func suggestionsField() compile.Field {
	return compile.With{
		Params: params("typed text, first int"),
		Bind: func(_ context.Context, a map[string]any) ([]any, error) {
			first, _ := a["first"].(*int)
			return directory.SuggestArguments(a["text"].(string), first)
		},
		Field: compile.List{Rows: compile.Rows{Object: "Suggestion", From: "suggest_services(@hub, @typed, @first) @row", Order: by("n")}},
	}
}

// languagesField lists the languages of the catalogue by their English names.
var languagesField = compile.Computed{
	From: strings.ReplaceAll(directory.LanguagesSQL, "$1", "@hub"),
	Write: func(_ context.Context, b, from []byte, _ compile.Selected) ([]byte, error) {
		var written []string
		if err := json.Unmarshal(from, &written); err != nil {
			return nil, fmt.Errorf("read the catalogue's languages: %w", err)
		}
		names, err := json.Marshal(directory.LanguagesIn(written))
		return append(b, names...), err
	},
}

func (r *Resolver) serviceFields() map[string]compile.Field {
	return with(map[string]compile.Field{
		"retired": compile.SQL("@row.retired_at is not null"),
		"needs":   needsThrough(service.NeedsTable, service.NeedsPrimaryKey),
		// Each place once, in the order in which the service came to it.
		"locations": compile.List{Rows: compile.Rows{Object: "Location",
			From: `(select a.location_id, min(a.id::text) as first from service_at_locations a
				where a.hub_id = @hub and a.service_id = @parent.id and a.retired_at is null group by 1) held join locations @row on @row.id = held.location_id`,
			Order: []compile.Key{{By: "held.first"}}}},
		"schedules":    compile.List{Rows: compile.Rows{Object: "Schedule", Where: "@row.service_id = @parent.id and @row.retired_at is null", Order: by("id")}},
		"nextSessions": nextSessions(r.Desk),
		"capacities":   serviceCapacities,
		"assurance":    lastAssurance,
	}, editingServiceFields())
}
