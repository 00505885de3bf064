package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/cataloguesource"
	"liferooms.io/liferooms/ent/location"
	"liferooms.io/liferooms/ent/need"
	"liferooms.io/liferooms/ent/organisation"
	"liferooms.io/liferooms/ent/predicate"
	"liferooms.io/liferooms/ent/schedule"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/ent/serviceatlocation"
	"liferooms.io/liferooms/ent/taxonomyterm"
	"liferooms.io/liferooms/graph/compile"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/paging"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
)

// What editors of the catalogue read and change: declared here as in declared.go, and resolved beside it.

var recordKinds = map[RecordKind]directory.Kind{
	RecordKindOrganisation: directory.KindOrganisation, RecordKindService: directory.KindService, RecordKindLocation: directory.KindLocation,
	RecordKindServiceAtLocation: directory.KindPlace, RecordKindSchedule: directory.KindSchedule,
}

// maxLocations bounds the places that are offered to choose from.
const maxLocations = 20

// editingObjects are the objects that only editors know of, or that follow from no column.
var editingObjects = map[string]*compile.Object{
	"ServiceAtLocation": {Table: serviceatlocation.Table, Fields: editedFields(nil)},
	"RecordSource":      {Fields: map[string]compile.Field{"source": compile.SQL("@row.source"), "name": compile.SQL("@row.name")}},
	"Contact":           {Fields: ofJSON("name title email", map[string]compile.Field{"phones": compile.SQL("@row.held->'phones'")})},
	"CostOption": {Fields: ofJSON("option currency amount_description valid_from valid_to", map[string]compile.Field{
		"amount": compile.SQL("(@row.held->>'amount')::float8")})},
	"ServiceArea": {Fields: ofJSON("name description uri", nil)},
	"Funding":     {Fields: ofJSON("source", nil)},
}

// ofJSON are fields of an object that a column holds as JSON, in which what is empty is left out.
func ofJSON(names string, more map[string]compile.Field) map[string]compile.Field {
	all := map[string]compile.Field{}
	maps.Copy(all, more)
	for name := range strings.FieldsSeq(names) {
		first, rest, _ := strings.Cut(name, "_")
		if rest != "" {
			rest = strings.ToUpper(rest[:1]) + rest[1:]
		}
		all[first+rest] = compile.SQL("coalesce(@row.held->>'" + name + "', '')")
	}
	return all
}

// eachOf lists what a column of the row above holds as JSON.
func eachOf(object, column string) compile.Field {
	return compile.List{Rows: compile.Rows{Object: object,
		From: "jsonb_array_elements(coalesce(nullif(@parent." + column + ", 'null'), '[]')) with ordinality @row(held, n)", Order: by("n")}}
}

// editedFields are those of every record that staff edit, and more.
func editedFields(more map[string]compile.Field) map[string]compile.Field {
	all := map[string]compile.Field{"retired": compile.SQL("@row.retired_at is not null"), "localFields": localFields("null")}
	maps.Copy(all, more)
	return all
}

// neededBySource are the codes of the needs that a service's terms mean.
const neededBySource = `(select json_agg(distinct n.code) from service_terms st join taxonomy_terms t on t.hub_id = @hub and t.id = st.taxonomy_term_id
	join needs n on n.hub_id = @hub and n.id = t.need_id where st.hub_id = @hub and st.service_id = @row.id and @row.local_fields is not null)`

func localFields(needs string) compile.Field {
	return compile.Computed{
		From: "json_build_object('local', @row.local_fields, 'needs', " + needs + ")",
		Write: func(_ context.Context, b, from []byte, f compile.Selected) ([]byte, error) {
			var row struct {
				Local map[string]json.RawMessage
				Needs []string
			}
			if err := json.Unmarshal(from, &row); err != nil {
				return nil, fmt.Errorf("read what staff hold: %w", err)
			}
			b = append(b, '[')
			for i, one := range directory.LocalFields(row.Local, row.Needs) {
				if i > 0 {
					b = append(b, ',')
				}
				b = append(b, '{')
				first := true
				for key, name := range f.Selection.Each {
					if !first {
						b = append(b, ',')
					}
					first = false
					value, err := json.Marshal(map[string]string{"field": one.Field, "sourceValue": one.SourceValue, "__typename": "LocalField"}[name])
					if err != nil {
						return nil, fmt.Errorf("write what staff hold: %w", err)
					}
					b = append(append(append(append(b, '"'), key...), `":`...), value...)
				}
				b = append(b, '}')
			}
			return append(b, ']'), nil
		},
	}
}

func editingServiceFields() map[string]compile.Field {
	places := func(retired string) compile.Field {
		return compile.List{Rows: compile.Rows{Object: "ServiceAtLocation", Where: "@row.service_id = @parent.id and @row.retired_at is " + retired, Order: by("id")}}
	}
	return map[string]compile.Field{
		"localFields":      localFields(neededBySource),
		"contacts":         eachOf("Contact", "contacts"),
		"costOptions":      eachOf("CostOption", "cost_options"),
		"serviceAreas":     eachOf("ServiceArea", "service_areas"),
		"funding":          eachOf("Funding", "funding"),
		"places":           places("null"),
		"retiredPlaces":    places("not null"),
		"retiredSchedules": compile.List{Rows: compile.Rows{Object: "Schedule", Where: "@row.service_id = @parent.id and @row.retired_at is not null", Order: by("id")}},
	}
}

// filtered narrows records to a filter's.
const filtered = `(@source::text is null or @row.source = @source) and (@retired::boolean is null or (@row.retired_at is not null) = @retired)
	and (@hidden::boolean is null or (@row.visibility <> 'PUBLIC') = @hidden) and (@changed::boolean is null or (@row.local_fields is not null%s) = @changed)`

// partsChanged: a place or a time of the service was changed.
const partsChanged = ` or exists (select from schedules c where c.hub_id = @hub and c.service_id = @row.id and c.local_fields is not null)
	or exists (select from service_at_locations c where c.hub_id = @hub and c.service_id = @row.id and c.local_fields is not null)`

func editingHubFields() map[string]compile.Field {
	list := func(object, where string) compile.Field {
		return compile.With{
			Params: params("pattern text, source text, retired boolean, hidden boolean, changed boolean"),
			Bind: func(_ context.Context, a map[string]any) ([]any, error) {
				f, _ := a["filter"].(*EditableFilter)
				if f == nil {
					f = &EditableFilter{}
				}
				return []any{patternOf(f.Text.Value()), f.Source.Value(), f.Retired.Value(), f.Hidden.Value(), f.ChangedHere.Value()}, nil
			},
			Field: compile.Page{Rows: compile.Rows{Object: object, Where: where, Order: byName}},
		}
	}
	return map[string]compile.Field{
		"editableServices": list("Service", `(@pattern::text is null or @row.name ilike @pattern or exists (
			select from organisations o where o.hub_id = @hub and o.id = @row.organisation_id and o.name ilike @pattern)) and `+fmt.Sprintf(filtered, partsChanged)),
		"editableOrganisations": list("Organisation", `(@pattern::text is null or @row.name ilike @pattern) and `+fmt.Sprintf(filtered, "")),
		"editableLocations": compile.With{
			Params: params("pattern text"),
			Bind: func(_ context.Context, a map[string]any) ([]any, error) {
				search := a["search"].(string)
				return []any{patternOf(&search)}, nil
			},
			Field: compile.List{Rows: compile.Rows{Object: "Location",
				Where: "@row.retired_at is null and (@pattern::text is null or @row.name ilike @pattern or @row.address ilike @pattern or @row.postcode ilike @pattern)",
				Order: by("name", "id")}, Limit: strconv.Itoa(maxLocations)},
		},
		"location": compile.With{Params: params("id uuid"), Bind: argument("id"),
			Field: compile.Lookup{Object: "Location", Where: whatStandsFor("locations"), Missing: "location"}},
		"recordSources": compile.List{Rows: compile.Rows{Object: "RecordSource", From: recordSources("@hub"), Order: by("name", "source")}},
	}
}

// recordSources names where the records of a hub come from, as far as partners and services say.
func recordSources(hub string) string {
	return strings.ReplaceAll(`(select s.source, coalesce(c.name, s.source) as name from (
		select source from services where hub_id = @hub union select source from organisations where hub_id = @hub) s
		left join catalogue_sources c on c.hub_id = @hub and c.source = s.source) @row`, "@hub", hub)
}

// patternOf finds text anywhere in a name; null: anything.
func patternOf(text *string) *string {
	if text == nil {
		return nil
	}
	words := strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(*text, ""), "\x00", ""))
	if words == "" {
		return nil
	}
	pattern := "%" + likeLiteral.Replace(words) + "%"
	return &pattern
}

var likeLiteral = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

// alike is a condition of a column's text.
func alike(column string, pattern *string) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Where(sql.P(func(b *sql.Builder) { b.Ident(s.C(column)).WriteString(" ILIKE ").Arg(*pattern) }))
	}
}

// choice is a condition that must hold, must not, or does not matter.
type choice[P any] struct {
	want *bool
	is   P
}

func switched[P any](not func(P) P, all []choice[P]) []P {
	var where []P
	for _, c := range all {
		switch {
		case c.want == nil:
		case *c.want:
			where = append(where, c.is)
		default:
			where = append(where, not(c.is))
		}
	}
	return where
}

func (r *Resolver) editableServices(ctx context.Context, filter *EditableFilter, first *int, after *string) (*paging.Connection[*ent.Service], error) {
	args, err := paging.Forward(first, after, paging.Text, paging.ID)
	if err != nil {
		return nil, err
	}
	var where []predicate.Service
	if f := filter; f != nil {
		if pattern := patternOf(f.Text.Value()); pattern != nil {
			where = append(where, service.Or(alike(service.FieldName, pattern), service.HasOrganisationWith(alike(organisation.FieldName, pattern))))
		}
		if source := f.Source.Value(); source != nil {
			where = append(where, service.Source(*source))
		}
		changed := service.Or(service.LocalFieldsNotNil(), service.HasSchedulesWith(schedule.LocalFieldsNotNil()), service.HasServiceAtLocationsWith(serviceatlocation.LocalFieldsNotNil()))
		where = append(where, switched(service.Not, []choice[predicate.Service]{
			{f.Retired.Value(), service.RetiredAtNotNil()}, {f.Hidden.Value(), service.VisibilityNEQ(service.VisibilityPublic)}, {f.ChangedHere.Value(), changed},
		})...)
	}
	return pageFrom(ctx, r.Store.Client(ctx).Service.Query().Where(where...), args, listing[*ent.ServiceQuery, ent.Service]{
		what: "services to edit", key: func(s *ent.Service) paging.Key { return paging.Key{s.Name, s.ID} },
		load:  func(q *ent.ServiceQuery, s selection) { selectService(q, s); q.Select(service.FieldName) },
		order: args.Order(false, service.FieldName, service.FieldID),
	})
}

func (r *Resolver) editableOrganisations(ctx context.Context, filter *EditableFilter, first *int, after *string) (*paging.Connection[*ent.Organisation], error) {
	var where []predicate.Organisation
	if f := filter; f != nil {
		if pattern := patternOf(f.Text.Value()); pattern != nil {
			where = append(where, alike(organisation.FieldName, pattern))
		}
		if source := f.Source.Value(); source != nil {
			where = append(where, organisation.Source(*source))
		}
		where = append(where, switched(organisation.Not, []choice[predicate.Organisation]{
			{f.Retired.Value(), organisation.RetiredAtNotNil()}, {f.Hidden.Value(), organisation.VisibilityNEQ(organisation.VisibilityPublic)},
			{f.ChangedHere.Value(), organisation.LocalFieldsNotNil()},
		})...)
	}
	return r.organisations(ctx, r.Store.Client(ctx).Organisation.Query().Where(where...), first, after)
}

func (r *Resolver) editableLocations(ctx context.Context, search string) ([]*ent.Location, error) {
	q := r.Store.Client(ctx).Location.Query().Where(location.RetiredAtIsNil())
	if pattern := patternOf(&search); pattern != nil {
		q.Where(location.Or(alike(location.FieldName, pattern), alike(location.FieldAddress, pattern), alike(location.FieldPostcode, pattern)))
	}
	all, err := q.Order(location.ByName(), location.ByID()).Limit(maxLocations).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list locations to choose from: %w", err)
	}
	return all, nil
}

func (r *Resolver) recordSources(ctx context.Context) ([]*RecordSource, error) {
	all := []*RecordSource{}
	client := r.Store.Client(ctx)
	names := map[string]string{}
	known, err := client.CatalogueSource.Query().Select(cataloguesource.FieldSource, cataloguesource.FieldName).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("name the catalogue's sources: %w", err)
	}
	for _, c := range known {
		names[c.Source] = c.Name
	}
	h, err := hubID(ctx)
	if err != nil {
		return nil, err
	}
	found, err := store.Collect(ctx, r.Store, pgx.RowTo[string], "select r.source from "+strings.ReplaceAll(recordSources("$1"), "@row", "r")+" order by r.name, r.source", h)
	if err != nil {
		return nil, fmt.Errorf("list the catalogue's sources: %w", err)
	}
	for _, source := range found {
		name, named := names[source]
		if !named {
			name = source
		}
		all = append(all, &RecordSource{Source: source, Name: name})
	}
	return all, nil
}

func (r *Resolver) places(ctx context.Context, s *ent.Service, which predicate.ServiceAtLocation) ([]*ent.ServiceAtLocation, error) {
	all, err := r.Store.Client(ctx).ServiceAtLocation.Query().Where(serviceatlocation.ServiceID(s.ID), which).WithLocation().Order(serviceatlocation.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list a service's places: %w", err)
	}
	return all, nil
}

func (r *Resolver) neededBySource(ctx context.Context, s *ent.Service) ([]string, error) {
	if s.LocalFields == nil {
		return nil, nil
	}
	codes, err := r.Store.Client(ctx).Need.Query().Order(need.ByCode()).Where(func(n *sql.Selector) {
		t, st := sql.Table(taxonomyterm.Table), sql.Table("service_terms")
		n.Where(sql.In(n.C(need.FieldID), sql.Select(t.C(taxonomyterm.FieldNeedID)).From(t).Join(st).On(t.C(taxonomyterm.FieldID), st.C("taxonomy_term_id")).
			Where(sql.And(sql.EQ(st.C("service_id"), s.ID), sql.NotNull(t.C(taxonomyterm.FieldNeedID))))))
	}).Select(need.FieldCode).Strings(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the needs of a service's terms: %w", err)
	}
	return codes, nil
}

var (
	organisations = kind[ent.Organisation]{"organisation", "Organisation", func(o *ent.Organisation) uuid.UUID { return o.ID },
		func(ctx context.Context, r *Resolver, id uuid.UUID, s selection) (*ent.Organisation, error) {
			q := r.Store.Client(ctx).Organisation.Query().Where(organisation.ID(id))
			selectOrganisation(q, s)
			return q.Only(ctx)
		}}
	services = kind[ent.Service]{"service", "Service", func(s *ent.Service) uuid.UUID { return s.ID },
		func(ctx context.Context, r *Resolver, id uuid.UUID, s selection) (*ent.Service, error) {
			q := r.Store.Client(ctx).Service.Query().Where(service.ID(id))
			selectService(q, s)
			return q.Only(ctx)
		}}
	locations = kind[ent.Location]{"location", "Location", func(l *ent.Location) uuid.UUID { return l.ID },
		func(ctx context.Context, r *Resolver, id uuid.UUID, _ selection) (*ent.Location, error) {
			return r.Store.Client(ctx).Location.Get(ctx, id)
		}}
	places = kind[ent.ServiceAtLocation]{"place", "ServiceAtLocation", func(a *ent.ServiceAtLocation) uuid.UUID { return a.ID },
		func(ctx context.Context, r *Resolver, id uuid.UUID, _ selection) (*ent.ServiceAtLocation, error) {
			return r.Store.Client(ctx).ServiceAtLocation.Query().Where(serviceatlocation.ID(id)).WithLocation().Only(ctx)
		}}
	schedules = kind[ent.Schedule]{"schedule", "Schedule", func(s *ent.Schedule) uuid.UUID { return s.ID },
		func(ctx context.Context, r *Resolver, id uuid.UUID, _ selection) (*ent.Schedule, error) {
			return r.Store.Client(ctx).Schedule.Get(ctx, id)
		}}
)

// save makes a record or changes one, and reads what the payload asks of it.
func save[T any](ctx context.Context, r *Resolver, k kind[T], of directory.Kind, request string, id graphql.Omittable[*uuid.UUID], version graphql.Omittable[*int],
	c directory.Changes) (row *T, userErrors []*problem.Problem, err error) {
	asked := wanted(ctx).of(k.field)
	if err = checkMutationID(request); err == nil {
		row, err = changed(ctx, r, k, func(ctx context.Context) (*T, error) {
			var saved uuid.UUID
			var err error
			if known := id.Value(); known != nil {
				saved = *known
				_, err = r.Directory.Edit(ctx, of, saved, versionOf(version), c)
			} else {
				saved, err = r.Directory.Add(ctx, of, request, c)
			}
			if err != nil {
				return nil, err
			}
			return k.again(ctx, r, saved, asked)
		})
	}
	userErrors, err = problem.Correctable(err)
	return row, userErrors, err
}

func versionOf(given graphql.Omittable[*int]) int {
	if v := given.Value(); v != nil {
		return *v
	}
	return 0
}

// put carries an input field that is given.
func put[T any](c directory.Changes, column string, given graphql.Omittable[T]) {
	if v, set := given.ValueOK(); set {
		c[column] = v
	}
}

func putDay(c directory.Changes, column string, given graphql.Omittable[*time.Time]) {
	if v, set := given.ValueOK(); set {
		c[column] = nil
		if v != nil {
			c[column] = v.Format(time.DateOnly)
		}
	}
}

func organisationChanges(in SaveOrganisationInput) directory.Changes {
	c := directory.Changes{}
	put(c, "name", in.Name)
	put(c, "alternate_name", in.AlternateName)
	put(c, "description", in.Description)
	put(c, "email", in.Email)
	put(c, "url", in.URL)
	put(c, "phone", in.Phone)
	put(c, "legal_status", in.LegalStatus)
	put(c, "visibility", in.Visibility)
	return c
}

func serviceChanges(in SaveServiceInput) directory.Changes {
	c := directory.Changes{}
	put(c, "organisation_id", in.OrganisationID)
	put(c, "name", in.Name)
	put(c, "alternate_name", in.AlternateName)
	put(c, "description", in.Description)
	put(c, "url", in.URL)
	put(c, "email", in.Email)
	put(c, "phone", in.Phone)
	put(c, "status", in.Status)
	put(c, "alert", in.Alert)
	put(c, "eligibility_description", in.EligibilityDescription)
	put(c, "minimum_age", in.MinimumAge)
	put(c, "maximum_age", in.MaximumAge)
	put(c, "fees_description", in.FeesDescription)
	put(c, "free", in.Free)
	put(c, "application_process", in.ApplicationProcess)
	put(c, "accreditations", in.Accreditations)
	put(c, "languages", in.Languages)
	put(c, "contacts", in.Contacts)
	put(c, "cost_options", in.CostOptions)
	put(c, "service_areas", in.ServiceAreas)
	put(c, "needs", in.Needs)
	put(c, "visibility", in.Visibility)
	return c
}

func locationChanges(in SaveLocationInput) directory.Changes {
	c := directory.Changes{}
	put(c, "name", in.Name)
	put(c, "kind", in.Kind)
	put(c, "description", in.Description)
	put(c, "address", in.Address)
	put(c, "city", in.City)
	put(c, "county", in.County)
	put(c, "postcode", in.Postcode)
	put(c, "latitude", in.Latitude)
	put(c, "longitude", in.Longitude)
	put(c, "accessibility", in.Accessibility)
	put(c, "visibility", in.Visibility)
	return c
}

func placeChanges(in SavePlaceInput) directory.Changes {
	c := directory.Changes{}
	put(c, "service_id", in.ServiceID)
	put(c, "location_id", in.LocationID)
	put(c, "description", in.Description)
	put(c, "visibility", in.Visibility)
	return c
}

func scheduleChanges(in SaveScheduleInput) directory.Changes {
	c := directory.Changes{}
	put(c, "service_id", in.ServiceID)
	put(c, "service_at_location_id", in.ServiceAtLocationID)
	put(c, "freq", in.Freq)
	put(c, "interval", in.Interval)
	put(c, "by_day", in.ByDay)
	put(c, "by_month_day", in.ByMonthDay)
	putDay(c, "dtstart", in.Dtstart)
	putDay(c, "until", in.Until)
	putDay(c, "valid_from", in.ValidFrom)
	putDay(c, "valid_to", in.ValidTo)
	put(c, "opens_at", in.OpensAt)
	put(c, "closes_at", in.ClosesAt)
	put(c, "description", in.Description)
	put(c, "excluded_dates", in.ExcludedDates)
	put(c, "extra_dates", in.ExtraDates)
	put(c, "visibility", in.Visibility)
	return c
}
