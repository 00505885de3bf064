package directory

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/internal/paging"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
)

// Meaning says how it is known what need a term means.
type Meaning string

// The meanings, in the order in which terms are listed.
const (
	Unknown Meaning = "UNKNOWN"
	Assumed Meaning = "ASSUMED" // by its words
	Chosen  Meaning = "CHOSEN"
	NotOurs Meaning = "NOT_OURS"
)

// Term is a term of the taxonomies in a hub's catalogue, once for all sources that have it.
type Term struct {
	ID           uuid.UUID // of one of its rows
	Taxonomy     string
	Code         *string
	Name         string
	Meaning      Meaning
	NeedID       *uuid.UUID
	ServiceCount int
	rank         int64
	scarcity     int64
}

// TermColumns are the columns of TermsSQL, in the order of Term.
const TermColumns = "id, taxonomy, code, name, meaning, need_id, service_count, rank, scarcity"

// TermsSQL are the terms of the hub @hub: rank and scarcity put those first that mean nothing yet, and that most services
// carry. It goes through all the terms and their services; they are too few to keep counts of.
const TermsSQL = `(
	select t.id, t.taxonomy, t.code, t.name, t.need_id, t.service_count,
	  case when m.id is not null then case when m.need_id is null then 'NOT_OURS' else 'CHOSEN' end when t.need_id is null then 'UNKNOWN' else 'ASSUMED' end as meaning,
	  case when m.id is not null then case when m.need_id is null then 3 else 2 end when t.need_id is null then 0 else 1 end::bigint as rank,
	  - t.service_count::bigint as scarcity
	from (
	  select min(t.id::text)::uuid as id, t.taxonomy, term_key(t.code, t.name) as term, min(t.code) as code, min(t.name) as name,
	    min(t.need_id::text)::uuid as need_id, count(distinct s.id)::int as service_count
	  from taxonomy_terms t
	  left join service_terms st on st.hub_id = t.hub_id and st.taxonomy_term_id = t.id
	  left join services s on s.hub_id = st.hub_id and s.id = st.service_id and s.retired_at is null
	  where t.hub_id = @hub and t.retired_at is null
	  group by t.taxonomy, term_key(t.code, t.name)
	) t left join term_mappings m on m.hub_id = @hub and m.taxonomy = t.taxonomy and m.term = t.term)`

// TermFilter says which terms are wanted. What is empty asks for nothing.
type TermFilter struct {
	// Text is a part of the name, code or taxonomy.
	Text    string
	Meaning Meaning
}

// maxTermText bounds what is looked for, in characters.
const maxTermText = 100

// TermFilterSQL holds a row of TermsSQL to a TermFilter, whose Arguments are @words and @meaning.
const TermFilterSQL = `(@words = '' or position(lower(@words) in lower(@row.name || ' ' || coalesce(@row.code, '') || ' ' || @row.taxonomy)) > 0)
	and (@meaning = '' or @row.meaning = @meaning)`

// Arguments are the values of TermFilterSQL, in its order.
func (f TermFilter) Arguments() ([]any, error) {
	text := strings.TrimSpace(f.Text)
	if len([]rune(text)) > maxTermText {
		return nil, problem.Field("text", "Look for at most %d characters.", maxTermText)
	}
	return []any{text, string(f.Meaning)}, nil
}

func (t *Term) key() paging.Key { return paging.Key{t.rank, t.scarcity, t.Name, t.ID} }

// Terms gives a page of the terms of the viewer's hub; with counted, how many there are.
func (d *Directory) Terms(ctx context.Context, filter TermFilter, first *int, after *string, counted bool) (*paging.Connection[*Term], error) {
	args, err := paging.Forward(first, after, paging.Whole, paging.Whole, paging.Text, paging.ID)
	if err != nil {
		return nil, err
	}
	values, err := filter.Arguments()
	if err != nil {
		return nil, err
	}
	hub, err := hubOf(ctx)
	if err != nil {
		return nil, err
	}
	from := "from " + TermsSQL + " @row where " + TermFilterSQL
	sql := "select " + TermColumns + " " + from
	given := append([]any{hub.ID}, values...)
	page := given
	if args.From != nil {
		sql += " and (@row.rank, @row.scarcity, @row.name, @row.id) > ($4::bigint, $5::bigint, $6::text, $7::uuid)"
		page = append(page[:len(page):len(page)], args.From...)
	}
	sql += fmt.Sprintf(" order by @row.rank, @row.scarcity, @row.name, @row.id limit %d", args.Limit())
	terms, err := store.Collect(ctx, d.store, scanTerm, named(sql), page...)
	if err != nil {
		return nil, fmt.Errorf("list the catalogue's terms: %w", err)
	}
	made := paging.New(args, terms, (*Term).key)
	if counted {
		all, err := store.Collect(ctx, d.store, pgx.RowTo[int], named("select count(*) "+from), given...)
		if err != nil {
			return nil, fmt.Errorf("count the catalogue's terms: %w", err)
		}
		made.TotalCount = all[0]
	}
	return made, nil
}

// named gives SQL with names as the database takes it.
var names = strings.NewReplacer("@row", "r", "@hub", "$1::uuid", "@words", "$2::text", "@meaning", "$3::text")

func named(sql string) string { return names.Replace(sql) }

func scanTerm(row pgx.CollectableRow) (*Term, error) {
	t := &Term{}
	return t, row.Scan(&t.ID, &t.Taxonomy, &t.Code, &t.Name, &t.Meaning, &t.NeedID, &t.ServiceCount, &t.rank, &t.scarcity)
}
