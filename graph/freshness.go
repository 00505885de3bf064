package graph

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/cataloguesource"
	"liferooms.io/liferooms/ent/linkcheck"
	"liferooms.io/liferooms/ent/organisation"
	"liferooms.io/liferooms/ent/predicate"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/graph/compile"
	"liferooms.io/liferooms/internal/freshness"
	"liferooms.io/liferooms/internal/paging"
)

// maxGivers bounds the records of each kind that are shown to give a link.
const maxGivers = 20

// Those never assured come first, as if it had been on the first of all days.
const assuredOn = "coalesce(@row.assured_date, date '0001-01-01')"

var never = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)

// freshnessFields are the lists of the board.
func (r *Resolver) freshnessFields() map[string]compile.Field {
	links := func(state linkcheck.State, since string) compile.Field {
		return compile.Page{Rows: compile.Rows{Object: "LinkCheck", Where: "@row.state = '" + string(state) + "'",
			Order: []compile.Key{{By: "@row." + since, Kind: paging.Time, Type: "timestamptz"}, idKey(false)}}}
	}
	return map[string]compile.Field{
		"unassured": compile.With{
			Params: params("since date"),
			Bind: func(ctx context.Context, _ map[string]any) ([]any, error) {
				since, err := r.assuredSince(ctx)
				return []any{since}, err
			},
			Field: compile.Page{Rows: compile.Rows{Object: "Service",
				Where: "@row.retired_at is null and @row.status in ('ACTIVE', 'TEMPORARILY_CLOSED') and " + assuredOn + " < @since",
				Order: []compile.Key{{By: assuredOn, Kind: paging.Time, Type: "date"}, idKey(false)}}},
		},
		"withoutCapacity": compile.Page{Rows: compile.Rows{Object: "Service", Where: freshness.NoCapacitySQL,
			Order: []compile.Key{{By: assuredOn, Kind: paging.Time, Type: "date"}, idKey(false)}}},
		"withoutAgreement": compile.Page{Rows: compile.Rows{Object: "Organisation", Where: freshness.NoAgreementSQL, Order: byName}},
		"retired": compile.With{
			Params: params("since timestamptz"),
			Bind: func(context.Context, map[string]any) ([]any, error) {
				return []any{freshness.RetiredSince(time.Now())}, nil
			},
			Field: compile.Page{Rows: compile.Rows{Object: "Service", Where: "@row.retired_at >= @since and @row.merged_into_id is null",
				Order: []compile.Key{{By: "@row.retired_at", Kind: paging.Time, Type: "timestamptz"}, idKey(false)}}},
		},
		"deadLinks":  links(linkcheck.StateDead, linkcheck.FieldFailingSince),
		"movedLinks": links(linkcheck.StateMoved, linkcheck.FieldCheckedAt),
		"failedImports": compile.Page{Rows: compile.Rows{Object: "FailedImport", Where: "@row.state = 'FAILED' and @row.removed_at is null and @row.failing_since is not null",
			Order: []compile.Key{{By: "@row.failing_since", Kind: paging.Time, Type: "timestamptz"}, idKey(false)}}},
	}
}

// linkCheckFields are the records that give a link. It is found by its digest, by which they are indexed.
var linkCheckFields = map[string]compile.Field{
	"services":      givers("Service"),
	"organisations": givers("Organisation"),
}

func givers(object string) compile.Field {
	return compile.List{Rows: compile.Rows{Object: object,
		Where: "md5(@row.url) = md5(@parent.url) and @row.url = @parent.url and @row.retired_at is null", Order: by("name", "id")},
		Limit: fmt.Sprint(maxGivers)}
}

func (r *Resolver) assuredSince(ctx context.Context) (time.Time, error) {
	clock, err := r.Desk.Clock(ctx)
	if err != nil {
		return time.Time{}, err
	}
	return freshness.AssuredSince(clock.Day(time.Now())), nil
}

func (r *Resolver) unassured(ctx context.Context, first *int, after *string) (*paging.Connection[*ent.Service], error) {
	since, err := r.assuredSince(ctx)
	if err != nil {
		return nil, err
	}
	q := r.Store.Client(ctx).Service.Query().Where(service.RetiredAtIsNil(), service.StatusIn(service.StatusActive, service.StatusTemporarilyClosed),
		func(s *sql.Selector) {
			s.Where(sql.P(func(b *sql.Builder) { b.WriteString(assuredDay(s) + " < ").Arg(since) }))
		})
	return r.longestUnassured(ctx, q, first, after)
}

func assuredDay(s *sql.Selector) string {
	return "coalesce(" + s.C(service.FieldAssuredDate) + ", date '0001-01-01')"
}

// longestUnassured is a page of services, those first that nobody assured for longest.
func (r *Resolver) longestUnassured(ctx context.Context, q *ent.ServiceQuery, first *int, after *string) (*paging.Connection[*ent.Service], error) {
	args, err := paging.Forward(first, after, paging.Time, paging.ID)
	if err != nil {
		return nil, err
	}
	order := func(s *sql.Selector) {
		if args.From != nil {
			s.Where(sql.P(func(b *sql.Builder) {
				b.WriteString("(" + assuredDay(s) + ", " + s.C(service.FieldID) + ") > (").Args(args.From...).WriteString(")")
			}))
		}
		s.OrderExpr(sql.Expr(assuredDay(s)))
		s.OrderBy(s.C(service.FieldID))
	}
	return r.boardServices(ctx, q, args, order, func(s *ent.Service) paging.Key {
		if s.AssuredDate == nil {
			return paging.Key{never, s.ID}
		}
		return paging.Key{*s.AssuredDate, s.ID}
	})
}

// ruled narrows to the rows of which a rule of the board holds today.
func (r *Resolver) ruled(ctx context.Context, rule string) (func(*sql.Selector), error) {
	clock, err := r.Desk.Clock(ctx)
	if err != nil {
		return nil, err
	}
	today := clock.Day(time.Now()).Format("date '2006-01-02'")
	return func(s *sql.Selector) {
		row := strings.TrimSuffix(s.C("id"), `."id"`)
		s.Where(sql.ExprP(strings.NewReplacer("@row", row, "@today", today).Replace(rule)))
	}, nil
}

func (r *Resolver) withoutCapacity(ctx context.Context, first *int, after *string) (*paging.Connection[*ent.Service], error) {
	unknown, err := r.ruled(ctx, freshness.NoCapacitySQL)
	if err != nil {
		return nil, err
	}
	return r.longestUnassured(ctx, r.Store.Client(ctx).Service.Query().Where(unknown), first, after)
}

func (r *Resolver) withoutAgreement(ctx context.Context, first *int, after *string) (*paging.Connection[*ent.Organisation], error) {
	unagreed, err := r.ruled(ctx, freshness.NoAgreementSQL)
	if err != nil {
		return nil, err
	}
	return r.organisations(ctx, r.Store.Client(ctx).Organisation.Query().Where(unagreed), first, after)
}

// organisations is a page of partners by name.
func (r *Resolver) organisations(ctx context.Context, q *ent.OrganisationQuery, first *int, after *string) (*paging.Connection[*ent.Organisation], error) {
	args, err := paging.Forward(first, after, paging.Text, paging.ID)
	if err != nil {
		return nil, err
	}
	return pageFrom(ctx, q, args, listing[*ent.OrganisationQuery, ent.Organisation]{
		what: "organisations", load: selectOrganisation, order: args.Order(false, organisation.FieldName, organisation.FieldID),
		key: func(o *ent.Organisation) paging.Key { return paging.Key{o.Name, o.ID} },
	})
}

func (r *Resolver) retiredLately(ctx context.Context, first *int, after *string) (*paging.Connection[*ent.Service], error) {
	args, err := paging.Forward(first, after, paging.Time, paging.ID)
	if err != nil {
		return nil, err
	}
	q := r.Store.Client(ctx).Service.Query().Where(service.RetiredAtGTE(freshness.RetiredSince(time.Now())), service.MergedIntoIDIsNil())
	return r.boardServices(ctx, q, args, args.Order(false, service.FieldRetiredAt, service.FieldID),
		func(s *ent.Service) paging.Key { return paging.Key{*s.RetiredAt, s.ID} })
}

func (r *Resolver) boardServices(ctx context.Context, q *ent.ServiceQuery, args paging.Args, order func(*sql.Selector), key func(*ent.Service) paging.Key) (*paging.Connection[*ent.Service], error) {
	return pageFrom(ctx, q, args, listing[*ent.ServiceQuery, ent.Service]{
		what: "services of the board", order: order, key: key,
		load: func(q *ent.ServiceQuery, s selection) {
			selectService(q, s)
			q.Select(service.FieldAssuredDate, service.FieldRetiredAt)
		},
	})
}

func (r *Resolver) links(ctx context.Context, state linkcheck.State, since string, first *int, after *string) (*paging.Connection[*ent.LinkCheck], error) {
	args, err := paging.Forward(first, after, paging.Time, paging.ID)
	if err != nil {
		return nil, err
	}
	return pageFrom(ctx, r.Store.Client(ctx).LinkCheck.Query().Where(linkcheck.StateEQ(state)), args, listing[*ent.LinkCheckQuery, ent.LinkCheck]{
		what: "links", order: args.Order(false, since, linkcheck.FieldID),
		load: func(q *ent.LinkCheckQuery, s selection) {
			q.Select(s.columns(linkcheck.ValidColumn, linkcheck.FieldID, linkcheck.FieldURL, since)...)
		},
		key: func(l *ent.LinkCheck) paging.Key {
			if since == linkcheck.FieldFailingSince {
				return paging.Key{*l.FailingSince, l.ID}
			}
			return paging.Key{*l.CheckedAt, l.ID}
		},
	})
}

func (r *Resolver) failedImports(ctx context.Context, first *int, after *string) (*paging.Connection[*ent.CatalogueSource], error) {
	args, err := paging.Forward(first, after, paging.Time, paging.ID)
	if err != nil {
		return nil, err
	}
	q := r.Store.Client(ctx).CatalogueSource.Query().Where(cataloguesource.StateEQ(cataloguesource.StateFailed), cataloguesource.RemovedAtIsNil(), cataloguesource.FailingSinceNotNil())
	return pageFrom(ctx, q, args, listing[*ent.CatalogueSourceQuery, ent.CatalogueSource]{
		what: "failed imports", order: args.Order(false, cataloguesource.FieldFailingSince, cataloguesource.FieldID),
		load: func(q *ent.CatalogueSourceQuery, s selection) {
			q.Select(s.columns(cataloguesource.ValidColumn, cataloguesource.FieldID, cataloguesource.FieldFailingSince)...)
		},
		key: func(c *ent.CatalogueSource) paging.Key { return paging.Key{*c.FailingSince, c.ID} },
	})
}

// byURL gives each link its records, in their order.
func byURL[T any](links []*ent.LinkCheck, rows []T, url func(T) *string) [][]T {
	of := map[string][]T{}
	for _, row := range rows {
		if u := *url(row); len(of[u]) < maxGivers {
			of[u] = append(of[u], row)
		}
	}
	all := make([][]T, len(links))
	for i, l := range links {
		all[i] = of[l.URL]
	}
	return all
}

func (r *Resolver) servicesOfLinks(ctx context.Context, links []*ent.LinkCheck) ([][]*ent.Service, error) {
	q := r.Store.Client(ctx).Service.Query().Where(service.RetiredAtIsNil(), predicate.Service(atURLs(links)))
	selectService(q, wanted(ctx))
	rows, err := q.Select(service.FieldURL).Order(service.ByName(), service.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list services with a link: %w", err)
	}
	return byURL(links, rows, func(s *ent.Service) *string { return s.URL }), nil
}

func (r *Resolver) organisationsOfLinks(ctx context.Context, links []*ent.LinkCheck) ([][]*ent.Organisation, error) {
	q := r.Store.Client(ctx).Organisation.Query().Where(organisation.RetiredAtIsNil(), predicate.Organisation(atURLs(links)))
	selectOrganisation(q, wanted(ctx))
	rows, err := q.Select(organisation.FieldURL).Order(organisation.ByName(), organisation.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list partners with a link: %w", err)
	}
	return byURL(links, rows, func(o *ent.Organisation) *string { return o.URL }), nil
}

// atURLs narrows to the records that give one of the links, by the digests that are indexed.
func atURLs(links []*ent.LinkCheck) func(*sql.Selector) {
	return func(s *sql.Selector) {
		given, digests := make([]any, len(links)), make([]any, len(links))
		for i, l := range links {
			digest := md5.Sum([]byte(l.URL))
			given[i], digests[i] = l.URL, hex.EncodeToString(digest[:])
		}
		s.Where(sql.P(func(b *sql.Builder) { b.WriteString("md5(" + s.C("url") + ") in (").Args(digests...).WriteString(")") }))
		s.Where(sql.In(s.C("url"), given...))
	}
}
