package directory

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/location"
	"liferooms.io/liferooms/ent/organisation"
	"liferooms.io/liferooms/ent/schedule"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/ent/serviceatlocation"
	"liferooms.io/liferooms/ent/servicecapacity"
	"liferooms.io/liferooms/ent/taxonomyterm"
	"liferooms.io/liferooms/internal/openreferral"
)

// FromHub begins the source of records that a hub has from another one; the other's slug follows.
const FromHub = "hub:"

// sharePage is how many services are read at once.
const sharePage = 100

// needsTaxonomy is what another hub's needs are called where they come as terms.
const needsTaxonomy = "Needs"

// Shared yields what the viewer's hub has to share with others, as far as the viewer sees it: the services on offer, in full, by their ids here, as the
// rows of a document. What it has from other hubs is theirs to share, so that nothing goes round in circles. The needs
// that its services meet come as terms with the needs' codes. It reads page by page, outside any transaction.
func (d *Directory) Shared(ctx context.Context) iter.Seq2[openreferral.Row, error] {
	return func(yield func(openreferral.Row, error) bool) {
		hub, err := hubOf(ctx)
		if err != nil {
			yield(openreferral.Row{}, err)
			return
		}
		after, told := uuid.Nil, 0
		for {
			page, err := d.sharedPage(ctx, hub.ID, after)
			if err != nil {
				yield(openreferral.Row{}, fmt.Errorf("read what the hub shares: %w", err))
				return
			}
			services := make([]openreferral.Service, len(page))
			for i, s := range page {
				services[i] = shared(s)
			}
			for row, err := range openreferral.RowsOf(services) {
				row.Index += told
				row.Partial = false
				if !yield(row, err) || err != nil {
					return
				}
			}
			if len(page) < sharePage {
				return
			}
			after, told = page[len(page)-1].ID, told+len(page)
		}
	}
}

func (d *Directory) sharedPage(ctx context.Context, hub, after uuid.UUID) ([]*ent.Service, error) {
	return d.store.Client(ctx).Service.Query().
		Where(service.HubID(hub), service.IDGT(after), service.RetiredAtIsNil(), service.Not(service.SourceHasPrefix(FromHub)),
			service.StatusIn(service.StatusActive, service.StatusTemporarilyClosed)).
		Order(service.ByID()).Limit(sharePage).
		WithOrganisation(func(q *ent.OrganisationQuery) { q.Where(organisation.HubID(hub)) }).
		WithNeeds().
		WithCapacities(func(q *ent.ServiceCapacityQuery) {
			q.Where(servicecapacity.HubID(hub)).Order(servicecapacity.ByUnit())
		}).
		WithTaxonomyTerms(func(q *ent.TaxonomyTermQuery) {
			q.Where(taxonomyterm.HubID(hub), taxonomyterm.RetiredAtIsNil()).Order(taxonomyterm.ByID())
		}).
		WithSchedules(func(q *ent.ScheduleQuery) {
			q.Where(schedule.HubID(hub), schedule.RetiredAtIsNil()).Order(schedule.ByID())
		}).
		WithServiceAtLocations(func(q *ent.ServiceAtLocationQuery) {
			q.Where(serviceatlocation.HubID(hub), serviceatlocation.RetiredAtIsNil()).Order(serviceatlocation.ByID()).
				WithLocation(func(q *ent.LocationQuery) { q.Where(location.HubID(hub)) })
		}).All(ctx)
}

func shared(s *ent.Service) openreferral.Service {
	to := openreferral.Service{
		ID: s.ID.String(), Name: s.Name, AlternateName: value(s.AlternateName), Description: s.Description, URL: value(s.URL), Email: value(s.Email),
		Status: openreferral.Status(strings.ReplaceAll(strings.ToLower(string(s.Status)), "_", " ")), HowToApply: s.ApplicationProcess,
		Fees: s.FeesDescription, Eligibility: s.EligibilityDescription, MinimumAge: s.MinimumAge, MaximumAge: s.MaximumAge,
		AssuredDate: sharedDate(s.AssuredDate), Phones: phones(s.Phone), Accreditations: s.Accreditations, Alert: s.Alert,
	}
	if s.LastModified != nil {
		to.LastModified = s.LastModified.UTC().Format(time.RFC3339)
	}
	if s.Free && to.Fees == "" && len(s.CostOptions) == 0 {
		to.Fees = "Free"
	}
	for _, c := range s.CostOptions {
		to.Costs = append(to.Costs, openreferral.CostOption{
			Option: c.Option, Amount: c.Amount, Currency: c.Currency, AmountDescription: c.AmountDescription,
			ValidFrom: openreferral.Date(c.ValidFrom), ValidTo: openreferral.Date(c.ValidTo),
		})
	}
	for _, c := range s.Contacts {
		who := openreferral.Contact{Name: c.Name, Title: c.Title, Email: c.Email}
		for _, number := range c.Phones {
			who.Phones = append(who.Phones, openreferral.Phone{Number: number})
		}
		to.Contacts = append(to.Contacts, who)
	}
	for _, a := range s.ServiceAreas {
		to.Areas = append(to.Areas, openreferral.ServiceArea{Name: a.Name, Description: a.Description, URI: a.URI})
	}
	for _, f := range s.Funding {
		to.Funding = append(to.Funding, openreferral.Funding{Source: f.Source})
	}
	for _, c := range s.Edges.Capacities {
		to.Capacities = append(to.Capacities, openreferral.ServiceCapacity{
			Unit: openreferral.Unit{Name: c.Unit}, Available: c.Available, Maximum: c.Maximum, Description: c.Description,
			Updated: c.UpdatedAt.UTC().Format(time.RFC3339Nano),
		})
	}
	for _, name := range s.Languages {
		to.Languages = append(to.Languages, openreferral.Language{Name: name})
	}
	if o := s.Edges.Organisation; o != nil {
		to.OrganisationID = o.ID.String()
		to.Organisation = &openreferral.Organisation{
			ID: o.ID.String(), Name: o.Name, AlternateName: value(o.AlternateName), Description: o.Description,
			Email: value(o.Email), Website: value(o.URL), LegalStatus: value(o.LegalStatus), Phones: phones(o.Phone),
		}
		for _, i := range o.Identifiers {
			to.Organisation.Identifiers = append(to.Organisation.Identifiers, openreferral.Identifier{Scheme: i.Scheme, Type: i.Type, Identifier: i.Identifier})
		}
	}
	for _, n := range s.Edges.Needs {
		to.Attributes = append(to.Attributes, openreferral.Attribute{Term: openreferral.TaxonomyTerm{
			ID: n.ID.String(), Code: n.Code, Name: n.Name, Taxonomy: needsTaxonomy,
		}})
	}
	for _, t := range s.Edges.TaxonomyTerms {
		to.Attributes = append(to.Attributes, openreferral.Attribute{Term: openreferral.TaxonomyTerm{
			ID: t.ID.String(), Code: value(t.Code), Name: t.Name, Description: t.Description, Taxonomy: t.Taxonomy,
		}})
	}
	at := map[uuid.UUID][]openreferral.Schedule{}
	for _, c := range s.Edges.Schedules {
		place := uuid.Nil
		if c.ServiceAtLocationID != nil {
			place = *c.ServiceAtLocationID
		}
		at[place] = append(at[place], sharedSchedule(c))
	}
	to.Schedules = at[uuid.Nil]
	for _, a := range s.Edges.ServiceAtLocations {
		if l := a.Edges.Location; l != nil && l.RetiredAt == nil {
			to.Locations = append(to.Locations, openreferral.ServiceAtLocation{
				ID: a.ID.String(), Description: a.Description, Schedules: at[a.ID], Location: sharedLocation(l),
			})
		}
	}
	return to
}

func sharedLocation(l *ent.Location) openreferral.Location {
	to := openreferral.Location{
		ID: l.ID.String(), Type: openreferral.LocationType(strings.ToLower(string(l.Kind))), Name: l.Name, Description: l.Description, Latitude: l.Latitude, Longitude: l.Longitude,
	}
	a := openreferral.Address{Line1: value(l.Address), City: value(l.City), StateProvince: value(l.County), Postcode: value(l.Postcode), Type: string(openreferral.Physical)}
	if a.Line1+a.City+a.StateProvince+a.Postcode != "" {
		to.Addresses = []openreferral.Address{a}
	}
	for _, feature := range l.Accessibility {
		to.Accessibility = append(to.Accessibility, openreferral.Accessibility{Description: feature})
	}
	return to
}

func sharedSchedule(c *ent.Schedule) openreferral.Schedule {
	to := openreferral.Schedule{
		ID: c.ID.String(), Start: sharedDate(c.Dtstart), Until: sharedDate(c.Until), ValidFrom: sharedDate(c.ValidFrom), ValidTo: sharedDate(c.ValidTo),
		OpensAt: openreferral.TimeOfDay(value(c.OpensAt)), ClosesAt: openreferral.TimeOfDay(value(c.ClosesAt)), Description: c.Description,
		Except: strings.Join(c.ExcludedDates, ","), Also: strings.Join(c.ExtraDates, ","),
	}
	if c.Freq != nil {
		to.Frequency, to.Interval = openreferral.Frequency(*c.Freq), c.Interval
		to.ByDay = strings.Join(c.ByDay, ",")
		to.ByMonthDay = strings.Trim(strings.ReplaceAll(fmt.Sprint(c.ByMonthDay), " ", ","), "[]")
	}
	return to
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func sharedDate(t *time.Time) openreferral.Date {
	if t == nil {
		return ""
	}
	return openreferral.Date(t.Format(time.DateOnly))
}

func phones(number *string) []openreferral.Phone {
	if number == nil {
		return nil
	}
	return []openreferral.Phone{{Number: *number}}
}
