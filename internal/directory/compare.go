package directory

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent/merge"
	"liferooms.io/liferooms/ent/organisation"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
)

// mergeField is something of a record that a merge may take from either; columns that make sense only together are one.
type mergeField struct {
	name    string
	columns []string
}

// mergeFields are what may be chosen, in the order in which it is shown.
var mergeFields = map[MergeKind][]mergeField{
	merge.KindOrganisation: {one("name"), one("alternateName"), one("description"), one("email"), one("url"), one("phone"), one("legalStatus"), one("identifiers")},
	merge.KindService: {one("name"), one("alternateName"), {"organisation", []string{"organisation_id"}}, one("description"), one("status"), one("alert"), one("url"), one("email"),
		one("phone"), one("contacts"), one("eligibilityDescription"), {"ages", []string{"minimum_age", "maximum_age"}}, one("feesDescription"), one("free"), one("costOptions"),
		one("applicationProcess"), one("languages"), one("serviceAreas"), one("accreditations"), one("funding"), one("assuredDate")},
	merge.KindLocation: {one("name"), one("kind"), one("description"), one("address"), one("city"), one("county"), one("postcode"),
		{"position", []string{"latitude", "longitude"}}, one("accessibility")},
}

// one is a field of one column, by the API's name.
func one(name string) mergeField {
	var column strings.Builder
	for _, r := range name {
		if r >= 'A' && r <= 'Z' {
			column.WriteByte('_')
			r += 'a' - 'A'
		}
		column.WriteRune(r)
	}
	return mergeField{name, []string{column.String()}}
}

// snapshot is a row of the catalogue by its columns.
type snapshot map[string]json.RawMessage

// ComparedField is one field of two records side by side, as people read it.
type ComparedField struct {
	Name       string
	Keep, Fold string
	// Same: there is nothing to choose.
	Same bool
}

// MergePart is a number of things of one kind that hang on a record.
type MergePart struct {
	What  string
	Count int
}

// Comparison is two records side by side, one to keep and one to fold into it.
type Comparison struct {
	Kind       MergeKind
	Keep, Fold *RecordSummary
	Fields     []*ComparedField
	// Seen stands for what is shown: a merge is refused where either record has changed since.
	Seen string
	// Visibility is what the kept record has after the merge: the stricter of the two.
	Visibility Visibility
	// Hides: the kept record is shown to fewer people after the merge than before.
	Hides bool
	// Stricter: the record to fold is shown to fewer people than the one to keep, so that its values are not for everybody who
	// sees the kept one now.
	Stricter bool
	// Comes is what comes to the kept record.
	Comes []*MergePart
}

// Compare puts two records of the viewer's hub side by side.
func (d *Directory) Compare(ctx context.Context, kind MergeKind, keep, fold uuid.UUID) (*Comparison, error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return nil, err
	}
	c := &Comparison{Kind: kind}
	if c.Keep, err = d.summary(ctx, hub.ID, kind, keep); err != nil {
		return nil, err
	}
	if c.Fold, err = d.summary(ctx, hub.ID, kind, fold); err != nil {
		return nil, err
	}
	kept, err := d.record(ctx, hub.ID, kind, keep, "")
	if err != nil {
		return nil, err
	}
	folded, err := d.record(ctx, hub.ID, kind, fold, "")
	if err != nil {
		return nil, err
	}
	c.Seen = seen(kind, kept, folded)
	c.Visibility = stricter(kept.visibility(), folded.effective())
	c.Hides, c.Stricter = c.Visibility != kept.visibility(), stricter(kept.effective(), folded.effective()) != kept.effective()
	for _, f := range mergeFields[kind] {
		keep, fold := f.words(kept), f.words(folded)
		if keep != "" || fold != "" {
			c.Fields = append(c.Fields, &ComparedField{f.name, keep, fold, f.same(kept, folded)})
		}
	}
	c.Comes, err = d.comes(ctx, hub.ID, kind, fold)
	return c, err
}

func (d *Directory) summary(ctx context.Context, hub uuid.UUID, kind MergeKind, id uuid.UUID) (*RecordSummary, error) {
	found, err := store.Collect(ctx, d.store, pgx.RowTo[[]byte], "select record_summary($1, $2, $3)", hub, string(kind), id)
	if err != nil {
		return nil, fmt.Errorf("read a %s: %w", mergeables[kind].noun, err)
	}
	if found[0] == nil {
		return nil, problem.Missing(mergeables[kind].noun)
	}
	s := &RecordSummary{}
	return s, json.Unmarshal(found[0], s)
}

// record reads a row, with lock (such as " for update of x") where it is to be changed. A service brings its organisation's name
// and visibility.
func (d *Directory) record(ctx context.Context, hub uuid.UUID, kind MergeKind, id uuid.UUID, lock string) (snapshot, error) {
	beside := ""
	if kind == merge.KindService {
		beside = ` || (select jsonb_build_object('organisation_name', o.name, 'organisation_visibility', o.visibility)
			from organisations o where o.hub_id = x.hub_id and o.id = x.organisation_id)`
	}
	rows, err := store.Collect(ctx, d.store, pgx.RowTo[[]byte],
		"select (to_jsonb(x) - 'hand_search')"+beside+" from "+mergeables[kind].table+" x where x.hub_id = $1 and x.id = $2"+lock, hub, id)
	if err != nil {
		return nil, fmt.Errorf("read a %s: %w", mergeables[kind].noun, err)
	}
	if len(rows) == 0 {
		return nil, problem.Missing(mergeables[kind].noun)
	}
	r := snapshot{}
	return r, json.Unmarshal(rows[0], &r)
}

// comes counts what points to a record and would come with it, by what people call it.
func (d *Directory) comes(ctx context.Context, hub uuid.UUID, kind MergeKind, id uuid.UUID) ([]*MergePart, error) {
	pointers, err := d.pointers(ctx, kind)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	var order []string
	for _, p := range pointers {
		n, err := store.Collect(ctx, d.store, pgx.RowTo[int], fmt.Sprintf("select count(*)::int from (select from %s where hub_id = $1 and %s = $2 limit %d) x",
			pgx.Identifier{p.Table}.Sanitize(), pgx.Identifier{p.Column}.Sanitize(), maxMoved), hub, id)
		if err != nil {
			return nil, fmt.Errorf("count what points to a record: %w", err)
		}
		if n[0] > 0 {
			what := partName(p.Table, p.Column)
			if counts[what] == 0 {
				order = append(order, what)
			}
			counts[what] += n[0]
		}
	}
	parts := make([]*MergePart, len(order))
	for i, what := range order {
		parts[i] = &MergePart{what, counts[what]}
	}
	return parts, nil
}

// partNamesOfMerge are what people call the rows that point to a record.
var partNamesOfMerge = map[string]string{
	"services": "services", "service_at_locations": "places", "schedules": "times", "service_needs": "needs", "service_terms": "terms", "signposts": "signposts",
	"service_capacities": "notes of capacity", "agreements": "agreements",
}

func partName(table, column string) string {
	switch name, known := partNamesOfMerge[table]; {
	case column == "merged_into_id":
		return "earlier merges"
	case known:
		return name
	}
	return "other records"
}

func (r snapshot) text(column string) string {
	var s string
	_ = json.Unmarshal(r[column], &s) // what is no text is none
	return s
}

func (r snapshot) id(column string) uuid.UUID {
	id, _ := uuid.Parse(r.text(column))
	return id
}

func (r snapshot) visibility() Visibility { return Visibility(r.text("visibility")) }

// effective is to whom a record is shown in truth: a service not beyond its organisation.
func (r snapshot) effective() Visibility {
	return stricter(r.visibility(), Visibility(r.text("organisation_visibility")))
}

// stricter is the one of two that shows a record to fewer people.
func stricter(a, b Visibility) Visibility {
	order := []Visibility{"", organisation.VisibilityPublic, organisation.VisibilityStaff, organisation.VisibilityRestricted}
	return slices.MaxFunc([]Visibility{a, b}, func(a, b Visibility) int { return cmp.Compare(slices.Index(order, a), slices.Index(order, b)) })
}

func (f mergeField) same(a, b snapshot) bool {
	return !slices.ContainsFunc(f.columns, func(c string) bool { return string(plain(a[c])) != string(plain(b[c])) })
}

// plain is a value as it is compared: an empty text and an empty list are nothing.
func plain(v json.RawMessage) json.RawMessage {
	switch string(v) {
	case "", "null", `""`, "[]", "{}":
		return nil
	}
	return v
}

// words is a field for people to read.
func (f mergeField) words(r snapshot) string {
	switch f.name {
	case "organisation":
		return r.text("organisation_name")
	case "ages":
		low, high := readably(r["minimum_age"]), readably(r["maximum_age"])
		switch {
		case low != "" && high != "":
			return low + " to " + high
		case low != "":
			return low + " and over"
		case high != "":
			return "up to " + high
		}
		return ""
	case "costOptions":
		var options []schema.CostOption
		if json.Unmarshal(r["cost_options"], &options) != nil {
			return ""
		}
		all := make([]string, len(options))
		for i, c := range options {
			all[i] = CostInWords(c)
		}
		return strings.Join(all, "; ")
	}
	var all []string
	for _, c := range f.columns {
		if w := readably(r[c]); w != "" {
			all = append(all, w)
		}
	}
	words := strings.Join(all, ", ")
	switch f.name {
	case "status", "kind":
		words = strings.ReplaceAll(strings.ToLower(words), "_", " ")
	case "assuredDate":
		if day, err := time.Parse(time.DateOnly, words); err == nil {
			words = day.Format("2 January 2006")
		}
	}
	return words
}

// readably writes a value of JSON for people: what it holds, one after the other.
func readably(raw json.RawMessage) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return ""
	}
	var words func(v any) string
	words = func(v any) string {
		var parts []string
		add := func(s string) {
			if s != "" {
				parts = append(parts, s)
			}
		}
		switch v := v.(type) {
		case string:
			return v
		case bool:
			if v {
				return "yes"
			}
			return "no"
		case float64:
			return strconv.FormatFloat(v, 'f', -1, 64)
		case []any:
			for _, e := range v {
				add(words(e))
			}
			return strings.Join(parts, "; ")
		case map[string]any:
			for _, key := range inOrderOfSaying(v) {
				add(words(v[key]))
			}
			return strings.Join(parts, ", ")
		}
		return ""
	}
	return words(v)
}

// inOrderOfSaying are the keys of an object in the order in which people would say what they hold.
func inOrderOfSaying(m map[string]any) []string {
	first := []string{"option", "name", "title", "email", "phones", "amount", "currency", "amount_description", "identifier_type", "identifier_scheme", "identifier"}
	place := func(key string) int {
		if i := slices.Index(first, key); i >= 0 {
			return i
		}
		return len(first)
	}
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int { return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a, b)) })
}

// seen stands for what somebody sees of two records who is about to merge them.
func seen(kind MergeKind, keep, fold snapshot) string {
	h := sha256.New()
	for _, r := range []snapshot{keep, fold} {
		fmt.Fprintf(h, "%s %s %s\n", r.id("id"), r.visibility(), r.text("organisation_visibility"))
		for _, f := range mergeFields[kind] {
			for _, c := range f.columns {
				fmt.Fprintf(h, "%s %s\n", c, plain(r[c]))
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
