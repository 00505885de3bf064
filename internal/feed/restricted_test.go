package feed_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/location"
	"liferooms.io/liferooms/ent/organisation"
	"liferooms.io/liferooms/ent/schedule"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/ent/serviceatlocation"
	"liferooms.io/liferooms/ent/servicecapacity"
)

// listed is one service, with what it needs to be in the feed and a visibility at each level. Every text of a level holds a
// word of its own, which is in an answer if and only if that level is shown.
type listed struct {
	n                                             int
	organisation, service, location, place, times string
}

func (l listed) word(level string) string { return fmt.Sprintf("zz%sx%dzz", level, l.n) }

// words are those of each level, and whether the public may read them.
func (l listed) words() map[string]bool {
	public := func(all ...string) bool {
		for _, visibility := range all {
			if visibility != "PUBLIC" {
				return false
			}
		}
		return true
	}
	return map[string]bool{
		l.word("organisation"): public(l.organisation, l.service), // an organisation is read within its services
		l.word("service"):      public(l.organisation, l.service),
		l.word("term"):         public(l.organisation, l.service),
		l.word("location"):     public(l.organisation, l.service, l.location, l.place),
		l.word("place"):        public(l.organisation, l.service, l.location, l.place),
		l.word("times"):        public(l.organisation, l.service, l.location, l.place, l.times),
	}
}

func (l listed) make(ctx context.Context, client *ent.Client) []uuid.UUID {
	o := l.word("organisation")
	partner := client.Organisation.Create().SetSource("test").SetExternalID(o).SetName(o).SetDescription(o).SetEmail(o + "@example.org").
		SetURL("https://" + o + ".example.org/").SetPhone("0151 496 0001 " + o).SetAlternateName(o).SetLegalStatus(o).
		SetIdentifiers([]schema.OrganisationIdentifier{{Type: o, Identifier: o}}).SetVisibility(organisation.Visibility(l.organisation)).SaveX(ctx)
	s := l.word("service")
	offered := client.Service.Create().SetSource("test").SetExternalID(s).SetName(s).SetOrganisationID(partner.ID).SetDescription(s).SetAlert(s).
		SetEligibilityDescription(s).SetFeesDescription(s).SetContacts([]schema.Contact{{Name: s}}).SetServiceAreas([]schema.ServiceArea{{Name: s}}).
		SetLanguages([]string{s}).SetMinimumAge(100 + l.n%20).SetVisibility(service.Visibility(l.service)).SaveX(ctx)
	client.ServiceCapacity.Create().SetServiceID(offered.ID).SetUnit(s).SetAvailable(l.n).SetDescription(s).SetUpdatedAt(time.Now()).SetBy(servicecapacity.ByStaff).ExecX(ctx)
	c := l.word("term")
	term := client.TaxonomyTerm.Create().SetSource("test").SetExternalID(c).SetName(c).SetDescription(c).SetTaxonomy(c).SaveX(ctx)
	client.ServiceTerm.Create().SetServiceID(offered.ID).SetTaxonomyTermID(term.ID).ExecX(ctx)
	p := l.word("location")
	house := client.Location.Create().SetSource("test").SetExternalID(p).SetName(p).SetDescription(p).SetAddress(p).SetCity(p).SetCounty(p).SetPostcode("L4 4AA").
		SetLatitude(53 + float64(l.n)/1000).SetLongitude(-2.9).SetAccessibility([]string{p}).SetVisibility(location.Visibility(l.location)).SaveX(ctx)
	a := l.word("place")
	at := client.ServiceAtLocation.Create().SetSource("test").SetExternalID(a).SetServiceID(offered.ID).SetLocationID(house.ID).SetDescription(a).
		SetVisibility(serviceatlocation.Visibility(l.place)).SaveX(ctx)
	t := l.word("times")
	when := client.Schedule.Create().SetSource("test").SetExternalID(t).SetServiceID(offered.ID).SetServiceAtLocationID(at.ID).SetDescription(t).
		SetFreq(schedule.FreqWeekly).SetByDay([]string{"MO"}).SetOpensAt("10:00").SetClosesAt("11:00").SetVisibility(schedule.Visibility(l.times)).SaveX(ctx)
	return []uuid.UUID{partner.ID, offered.ID, house.ID, at.ID, when.ID, term.ID}
}

// TestNothingHiddenIsInTheFeed reads everything that there is to read over a catalogue with each visibility at each level.
func TestNothingHiddenIsInTheFeed(t *testing.T) {
	s := newSite(t, unlimited)
	platform := s.Platform(s.Walton)
	all := []string{"PUBLIC", "STAFF", "RESTRICTED"}
	var catalogue []listed
	ids := map[string]bool{} // shown or not
	err := s.Store.Tx(platform, func(ctx context.Context) error {
		for i := range 243 {
			l := listed{i, all[i%3], all[i/3%3], all[i/9%3], all[i/27%3], all[i/81%3]}
			catalogue = append(catalogue, l)
			words := l.words()
			for n, id := range l.make(ctx, s.Store.Client(ctx)) {
				ids[id.String()] = words[l.word([]string{"organisation", "service", "location", "place", "times", "term"}[n])]
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	hidden := map[string]bool{}
	shown := map[string]bool{}
	for _, l := range catalogue {
		for word, public := range l.words() {
			if public {
				shown[word] = true
			} else {
				hidden[word] = true
			}
		}
	}
	seen := map[string]bool{}
	read := func(path string) {
		t.Helper()
		got := s.do(t, "GET", "walton/"+path)
		text := got.body
		if path == "export.zip" {
			text = unzipped(t, got.body)
		}
		for word := range hidden {
			if strings.Contains(text, word) {
				t.Errorf("%s holds %s", path, word)
			}
		}
		for id, public := range ids {
			if !public && strings.Contains(text, id) {
				t.Errorf("%s holds the id of something hidden: %s", path, id)
			}
		}
		for word := range shown {
			seen[word] = seen[word] || strings.Contains(text, word)
		}
	}
	for _, list := range []string{"services", "service_at_locations"} {
		for page := 1; page <= 3; page++ {
			read(fmt.Sprintf("%s?per_page=100&page=%d", list, page))
		}
		for _, id := range s.all(t, "walton/"+list) {
			read(list + "/" + id)
		}
		for _, query := range []string{"search=zz", "day=MO", "start_time=09:00", "end_time=12:00", "minimum_age=100", "postcode=L4+4AA&proximity=200000"} {
			read(list + "?per_page=200&" + query)
		}
	}
	for _, list := range []string{"taxonomies", "taxonomy_terms"} {
		read(list + "?per_page=200")
		for _, id := range s.all(t, "walton/"+list) {
			read(list + "/" + id)
		}
	}
	read("export.json")
	read("export.zip")
	for word := range shown {
		if !seen[word] {
			t.Errorf("%s is public and in no answer", word)
		}
	}

	// Nothing hidden is found by its id, nor by asking for what it says.
	for id, public := range ids {
		for _, list := range []string{"services", "service_at_locations", "taxonomy_terms"} {
			if got := s.do(t, "GET", "walton/"+list+"/"+id); !public && got.status != 404 {
				t.Errorf("%s/%s: %d", list, id, got.status)
			}
		}
	}
	for _, l := range catalogue {
		for word, public := range l.words() {
			if found := s.page(t, "walton/services?search="+url.QueryEscape(`"`+word+`"`)).TotalItems; !public && found > 0 {
				t.Errorf("a search for %s finds %d services", word, found)
			}
		}
	}
	// 27 services are public, of which 3 have a time that is; and each visible place stands by itself.
	for path, want := range map[string]int{
		"services": 27, "services?day=MO": 1, "services?start_time=10:00&end_time=11:00": 1, "service_at_locations": 3, "service_at_locations?day=MO": 1,
	} {
		if got := s.page(t, "walton/"+path).TotalItems; got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}

func unzipped(t *testing.T, body string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader([]byte(body)), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, r); err != nil {
			t.Fatal(f.Name, err)
		}
		r.Close()
	}
	return all.String()
}

// TestAHiddenPlaceIsNotFoundByWhereItIs: distances and postcodes are those of public places.
func TestAHiddenPlaceIsNotFoundByWhereItIs(t *testing.T) {
	s := newSite(t, unlimited)
	s.stock(t, s.Walton, "refuge", `[{"id": "s1", "name": "Safe house", "status": "active", "organization": {"id": "o1", "name": "Safe"},
	  "service_at_locations": [{"id": "a1", "location": {"id": "l1", "name": "House", "latitude": 53.5, "longitude": -2.9,
	    "addresses": [{"address_1": "1 Secret Street", "city": "Liverpool", "postal_code": "L20 1AA"}]}}]}]`)
	if got := s.page(t, "walton/service_at_locations?postcode=L201AA&proximity=100").TotalItems; got != 1 {
		t.Fatalf("while it is public it is found %d times", got)
	}
	s.owner(t, "update locations set visibility = 'RESTRICTED'")
	for _, postcode := range []string{"L20 1AA", "L20 9ZZ"} {
		got := s.do(t, "GET", "walton/service_at_locations?proximity=100&postcode="+url.QueryEscape(postcode))
		if got.status != 400 || !strings.Contains(got.body, "not known where") {
			t.Errorf("%s: %d %s", postcode, got.status, got.body)
		}
	}
	if got := s.page(t, "walton/services?search=safe").TotalItems; got != 1 {
		t.Errorf("the service itself is found %d times", got)
	}
}
