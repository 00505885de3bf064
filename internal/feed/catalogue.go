package feed

import (
	"cmp"
	"context"
	"crypto/md5"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	entschedule "liferooms.io/liferooms/ent/schedule"
	entservice "liferooms.io/liferooms/ent/service"
	entserviceatlocation "liferooms.io/liferooms/ent/serviceatlocation"
	entservicecapacity "liferooms.io/liferooms/ent/servicecapacity"
	enttaxonomyterm "liferooms.io/liferooms/ent/taxonomyterm"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
)

// catalogue reads what is public at one hub. Each of its answers takes as many statements however long it is.
type catalogue struct {
	store     *store.Store
	directory *directory.Directory
	hub       store.LiveHub
}

func (c catalogue) shaper(ctx context.Context, terms []*ent.TaxonomyTerm) (shaper, error) {
	f := shaper{c.hub.HubID, map[termKey]uuid.UUID{}}
	var wanted []string
	for _, t := range terms {
		if t.ParentExternalID != nil && !slices.Contains(wanted, *t.ParentExternalID) {
			wanted = append(wanted, *t.ParentExternalID)
		}
	}
	if len(wanted) == 0 {
		return f, nil
	}
	parents, err := c.store.Client(ctx).TaxonomyTerm.Query().Where(enttaxonomyterm.ExternalIDIn(wanted...)).All(ctx)
	if err != nil {
		return f, fmt.Errorf("read the parents of terms: %w", err)
	}
	for _, t := range parents {
		f.parents[termKey{t.Source, t.ExternalID}] = t.ID
	}
	return f, nil
}

func (c catalogue) services(ctx context.Context, q directory.PublicQuery, at pageAt) (any, error) {
	found, err := c.directory.PublicServices(ctx, q, at.skip(), at.size)
	if err != nil {
		return nil, err
	}
	rows, err := c.store.Client(ctx).Service.Query().Where(entservice.IDIn(found.IDs...)).WithOrganisation().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read services: %w", err)
	}
	rows = slices.DeleteFunc(rows, hiddenMeanwhile)
	f := shaper{hub: c.hub.HubID}
	return newPage(inOrder(rows, found.IDs, func(s *ent.Service) uuid.UUID { return s.ID }, f.summary), at, found.Total), nil
}

// hiddenMeanwhile reports whether a service was hidden between two statements: it came without its organisation, or not at all.
func hiddenMeanwhile(s *ent.Service) bool { return s == nil || s.Edges.Organisation == nil }

// inOrder shapes the rows in the order of the ids. What was hidden in the meantime is left out.
func inOrder[Row, Record any](rows []Row, ids []uuid.UUID, id func(Row) uuid.UUID, shape func(Row) Record) []Record {
	byID := make(map[uuid.UUID]Row, len(rows))
	for _, row := range rows {
		byID[id(row)] = row
	}
	var records []Record
	for _, id := range ids {
		if row, shown := byID[id]; shown {
			records = append(records, shape(row))
		}
	}
	return records
}

// whole loads all that belongs to services, in an order that stays.
func whole(q *ent.ServiceQuery) {
	q.WithOrganisation().
		WithSchedules(func(q *ent.ScheduleQuery) { q.Order(entschedule.ByID()) }).
		WithServiceAtLocations(func(q *ent.ServiceAtLocationQuery) { q.WithLocation().Order(entserviceatlocation.ByID()) }).
		WithCapacities(func(q *ent.ServiceCapacityQuery) { q.Order(entservicecapacity.ByUnit()) }).
		WithTaxonomyTerms(func(q *ent.TaxonomyTermQuery) { q.Order(enttaxonomyterm.ByName(), enttaxonomyterm.ByID()) })
}

// full shapes services that were loaded whole.
func (c catalogue) full(ctx context.Context, rows []*ent.Service) (records []any, err error) {
	var terms []*ent.TaxonomyTerm
	for _, s := range rows {
		terms = append(terms, s.Edges.TaxonomyTerms...)
	}
	f, err := c.shaper(ctx, terms)
	if err != nil {
		return nil, err
	}
	for _, s := range rows {
		records = append(records, f.full(s))
	}
	return records, nil
}

func (c catalogue) service(ctx context.Context, id uuid.UUID) (any, error) {
	q := c.store.Client(ctx).Service.Query().Where(entservice.ID(id))
	whole(q)
	row, err := q.Only(ctx)
	if err != nil {
		return nil, missing("service", err)
	}
	if hiddenMeanwhile(row) {
		return nil, problem.Missing("service")
	}
	records, err := c.full(ctx, []*ent.Service{row})
	if err != nil {
		return nil, err
	}
	return records[0], nil
}

func missing(what string, err error) error {
	if ent.IsNotFound(err) {
		return problem.Missing(what)
	}
	return fmt.Errorf("read a %s: %w", what, err)
}

func (c catalogue) places(ctx context.Context, q directory.PublicQuery, at pageAt) (any, error) {
	found, err := c.directory.PublicPlaces(ctx, q, at.skip(), at.size)
	if err != nil {
		return nil, err
	}
	rows, err := c.store.Client(ctx).ServiceAtLocation.Query().Where(entserviceatlocation.IDIn(found.IDs...)).
		WithLocation().WithService(func(q *ent.ServiceQuery) { q.WithOrganisation() }).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read services at locations: %w", err)
	}
	rows = slices.DeleteFunc(rows, func(at *ent.ServiceAtLocation) bool {
		return hiddenMeanwhile(at.Edges.Service) || at.Edges.Location == nil
	})
	f := shaper{hub: c.hub.HubID}
	return newPage(inOrder(rows, found.IDs, func(at *ent.ServiceAtLocation) uuid.UUID { return at.ID }, f.listed), at, found.Total), nil
}

func (c catalogue) place(ctx context.Context, id uuid.UUID) (any, error) {
	row, err := c.store.Client(ctx).ServiceAtLocation.Query().Where(entserviceatlocation.ID(id)).WithLocation().WithService(whole).Only(ctx)
	if err != nil {
		return nil, missing("service at a location", err)
	}
	if hiddenMeanwhile(row.Edges.Service) || row.Edges.Location == nil {
		return nil, problem.Missing("service at a location")
	}
	f, err := c.shaper(ctx, row.Edges.Service.Edges.TaxonomyTerms)
	if err != nil {
		return nil, err
	}
	return f.placed(row), nil
}

func (c catalogue) terms(ctx context.Context, at pageAt) (any, error) {
	client := c.store.Client(ctx)
	total, err := client.TaxonomyTerm.Query().Count(ctx)
	if err != nil {
		return nil, fmt.Errorf("count terms: %w", err)
	}
	rows, err := client.TaxonomyTerm.Query().Order(enttaxonomyterm.ByTaxonomy(), enttaxonomyterm.ByName(), enttaxonomyterm.ByID()).
		Offset(at.skip()).Limit(at.size).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read terms: %w", err)
	}
	records, err := c.shapeTerms(ctx, rows)
	if err != nil {
		return nil, err
	}
	return newPage(records, at, total), nil
}

func (c catalogue) shapeTerms(ctx context.Context, rows []*ent.TaxonomyTerm) ([]term, error) {
	f, err := c.shaper(ctx, rows)
	if err != nil {
		return nil, err
	}
	records := make([]term, len(rows))
	for i, t := range rows {
		records[i] = f.term(t)
	}
	return records, nil
}

func (c catalogue) term(ctx context.Context, id uuid.UUID) (any, error) {
	row, err := c.store.Client(ctx).TaxonomyTerm.Get(ctx, id)
	if err != nil {
		return nil, missing("taxonomy term", err)
	}
	records, err := c.shapeTerms(ctx, []*ent.TaxonomyTerm{row})
	if err != nil {
		return nil, err
	}
	return records[0], nil
}

// taxonomyID is what taxonomy_id of the database makes of a taxonomy's name, which is all that there is of it.
func taxonomyID(hub uuid.UUID, name string) string {
	id := uuid.UUID(md5.Sum([]byte(hub.String() + "/" + name))) // as a name for an id, not to keep a secret
	id[6] = id[6]&0x0f | 0x30
	id[8] = id[8]&0x0f | 0x80
	return id.String()
}

func (c catalogue) allTaxonomies(ctx context.Context) ([]taxonomy, error) {
	names, err := c.store.Client(ctx).TaxonomyTerm.Query().Where(enttaxonomyterm.TaxonomyNEQ("")).
		GroupBy(enttaxonomyterm.FieldTaxonomy).Strings(ctx)
	if err != nil {
		return nil, fmt.Errorf("read taxonomies: %w", err)
	}
	slices.SortFunc(names, cmp.Compare)
	all := make([]taxonomy, len(names))
	for i, name := range names {
		all[i] = taxonomy{ID: taxonomyID(c.hub.HubID, name), Name: name, Description: name}
	}
	return all, nil
}

func (c catalogue) taxonomies(ctx context.Context, at pageAt) (any, error) {
	all, err := c.allTaxonomies(ctx)
	if err != nil {
		return nil, err
	}
	return newPage(slicePage(all, at), at, len(all)), nil
}

func (c catalogue) taxonomy(ctx context.Context, id uuid.UUID) (any, error) {
	all, err := c.allTaxonomies(ctx)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, func(t taxonomy) bool { return t.ID == id.String() })
	if at < 0 {
		return nil, problem.Missing("taxonomy")
	}
	rows, err := c.store.Client(ctx).TaxonomyTerm.Query().Where(enttaxonomyterm.Taxonomy(all[at].Name)).
		Order(enttaxonomyterm.ByName(), enttaxonomyterm.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read terms: %w", err)
	}
	if all[at].Terms, err = c.shapeTerms(ctx, rows); err != nil {
		return nil, err
	}
	return all[at], nil
}

// near finds where a postcode is.
func (c catalogue) near(ctx context.Context, postcode string, metres int) (*directory.Near, error) {
	point, err := c.directory.Locate(ctx, postcode, hubPoint(c.hub))
	if err != nil {
		return nil, err
	}
	if point == nil {
		return nil, problem.Field("postcode", "It is not known where this postcode is: the feed knows those of its own places only. "+
			"Leave postcode and proximity out, or measure from a place of the catalogue.")
	}
	return &directory.Near{Latitude: point.Latitude, Longitude: point.Longitude, Metres: metres}, nil
}

// hubPoint is where the hub itself is, as far as it says.
func hubPoint(h store.LiveHub) directory.Point {
	if h.Postcode == nil || h.Latitude == nil || h.Longitude == nil {
		return directory.Point{}
	}
	return directory.Point{Latitude: *h.Latitude, Longitude: *h.Longitude, Postcode: *h.Postcode}
}
