package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
)

// What a term means is decided for the term, in term_mappings, and kept with each row of it, in taxonomy_terms.need_id, by
// which imports give services their needs. A decision and an import exclude one another (needsLock): an import reads the
// decisions as it goes, and would else leave behind what it read before one.

// Decision says what a term means.
type Decision string

// The decisions.
const (
	MeansNeed    Decision = "NEED"
	MeansNotOurs Decision = "NOT_OURS"
	Undecided    Decision = "UNDECIDED" // what its words say
)

// TermDecision is a decision about one term.
type TermDecision struct {
	Term     uuid.UUID
	Decision Decision
	Need     string // the code, where the decision is MeansNeed
}

// maxDecisions bounds what is decided at once.
const maxDecisions = 200

// needsLock is held by decisions alone, and by imports together.
const needsLock = "hashtextextended('needs of the catalogue ' || $1::text, 0)"

// patience is how long a decision waits for imports.
const patience = 5 * time.Second

// MapTerms decides what terms mean, and has the services that carry them meet other needs at once. Services whose needs
// somebody chose keep them. It answers how many services met other needs before, and the terms as they are then; with
// preview it saves nothing.
func (d *Directory) MapTerms(ctx context.Context, decisions []TermDecision, preview bool) (changed int, terms []*Term, err error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return 0, nil, err
	}
	if err := checkDecisions(decisions); err != nil {
		return 0, nil, err
	}
	err = d.store.Tx(ctx, func(ctx context.Context) error {
		change := func(ctx context.Context) error {
			var err error
			if changed, err = d.mapTerms(ctx, hub.ID, decisions); err != nil {
				return err
			}
			if preview {
				return errPreview
			}
			return nil
		}
		if err := d.store.Savepoint(ctx, change); err != nil {
			return err
		}
		var err error
		terms, err = d.termsOf(ctx, hub.ID, decisions)
		return err
	})
	var pg *pgconn.PgError
	switch {
	case errors.Is(err, errPreview):
		return changed, nil, nil
	case errors.As(err, &pg) && pg.Code == "55P03":
		return 0, nil, problem.New(problem.Conflict, "The catalogue is being imported just now. Nothing was saved; try again in a few minutes.")
	case err != nil:
		return 0, nil, err
	}
	return changed, terms, nil
}

var errPreview = errors.New("only to see what would change")

func checkDecisions(decisions []TermDecision) error {
	if len(decisions) == 0 || len(decisions) > maxDecisions {
		return problem.Field("terms", "Decide on 1 to %d terms at once.", maxDecisions)
	}
	seen := map[uuid.UUID]bool{}
	for i, t := range decisions {
		if seen[t.Term] {
			return problem.Field(fmt.Sprintf("terms.%d.termId", i), "Decide on each term once.")
		}
		seen[t.Term] = true
		if (t.Decision == MeansNeed) != (t.Need != "") {
			return problem.Field(fmt.Sprintf("terms.%d.need", i), "Choose a need, or say that there is none; not both.")
		}
	}
	return nil
}

// need of the hub.
type need struct {
	ID   uuid.UUID
	Code string
}

// termRow is a row of a term that is decided on.
type termRow struct {
	Decision int // its index
	ID       uuid.UUID
	Code     *string
	Name     string
	Taxonomy string
	Term     string
}

func (d *Directory) mapTerms(ctx context.Context, hub uuid.UUID, decisions []TermDecision) (int, error) {
	var lock pgx.Batch
	lock.Queue(fmt.Sprintf("set local lock_timeout = %d", patience.Milliseconds()))
	lock.Queue("select pg_advisory_xact_lock("+needsLock+")", hub)
	lock.Queue("set local lock_timeout = default")
	if err := d.store.Send(ctx, &lock); err != nil {
		return 0, fmt.Errorf("wait for imports: %w", err)
	}
	rows, err := d.rowsOf(ctx, hub, decisions)
	if err != nil {
		return 0, err
	}
	needs, err := store.Collect(ctx, d.store, pgx.RowToStructByPos[need], "select id, code from needs where hub_id = $1", hub)
	if err != nil {
		return 0, fmt.Errorf("list needs: %w", err)
	}
	wanted := make([]*uuid.UUID, len(decisions))
	for i, t := range decisions {
		if t.Decision != MeansNeed {
			continue
		}
		at := slices.IndexFunc(needs, func(n need) bool { return n.Code == t.Need })
		if at < 0 {
			return 0, problem.Field(fmt.Sprintf("terms.%d.need", i), "The hub has no such need. Choose one of its list.")
		}
		wanted[i] = &needs[at].ID
	}
	if err := d.decide(ctx, hub, decisions, rows, wanted); err != nil {
		return 0, err
	}
	meant := make([]map[string]any, len(rows))
	for i, r := range rows {
		means := wanted[r.Decision]
		if decisions[r.Decision].Decision == Undecided {
			means = assumed(r, needs)
		}
		meant[i] = map[string]any{"id": r.ID, "need": means}
	}
	changed, err := d.rederive(ctx, hub, meant)
	if err != nil {
		return 0, err
	}
	event := audit.Event{Action: "catalogue.terms_mapped", SubjectType: "hub", SubjectID: hub, Fields: []string{"term_mappings", "service_needs"}}
	return changed, d.log.Change(ctx, event)
}

// rowsOf finds every row of the terms that are decided on, whichever source it is from.
func (d *Directory) rowsOf(ctx context.Context, hub uuid.UUID, decisions []TermDecision) ([]termRow, error) {
	ids := make([]uuid.UUID, len(decisions))
	for i, t := range decisions {
		ids[i] = t.Term
	}
	rows, err := store.Collect(ctx, d.store, pgx.RowToStructByPos[termRow], `
		select (d.place - 1)::int, t.id, t.code, t.name, t.taxonomy, term_key(t.code, t.name)
		from unnest($2::uuid[]) with ordinality as d(id, place)
		join taxonomy_terms one on one.hub_id = $1 and one.id = d.id
		join taxonomy_terms t on t.hub_id = $1 and t.taxonomy = one.taxonomy and term_key(t.code, t.name) = term_key(one.code, one.name)
		order by t.id`, hub, ids)
	if err != nil {
		return nil, fmt.Errorf("find terms: %w", err)
	}
	decided, byRow := map[int]bool{}, map[uuid.UUID]int{}
	for _, r := range rows {
		if other, twice := byRow[r.ID]; twice && other != r.Decision {
			return nil, problem.Field(fmt.Sprintf("terms.%d.termId", r.Decision), "Decide on each term once.")
		}
		decided[r.Decision], byRow[r.ID] = true, r.Decision
	}
	if len(decided) < len(decisions) {
		return nil, problem.Missing("term")
	}
	return rows, nil
}

// decide keeps the decisions.
func (d *Directory) decide(ctx context.Context, hub uuid.UUID, decisions []TermDecision, rows []termRow, wanted []*uuid.UUID) error {
	var kept []map[string]any
	done := map[int]bool{}
	for _, r := range rows {
		if done[r.Decision] {
			continue
		}
		done[r.Decision] = true
		kept = append(kept, map[string]any{"id": uuid.Must(uuid.NewV7()), "taxonomy": r.Taxonomy, "term": r.Term,
			"need_id": wanted[r.Decision], "undecided": decisions[r.Decision].Decision == Undecided})
	}
	encoded, err := json.Marshal(kept)
	if err != nil {
		return fmt.Errorf("encode decisions: %w", err)
	}
	var b pgx.Batch
	const given = "from jsonb_to_recordset($2) as g(id uuid, taxonomy text, term text, need_id uuid, undecided boolean) "
	b.Queue("delete from term_mappings m using (select * "+given+"where undecided) g where m.hub_id = $1 and m.taxonomy = g.taxonomy and m.term = g.term", hub, string(encoded))
	b.Queue("insert into term_mappings as m (id, hub_id, taxonomy, term, need_id, changed_at) select id, $1, taxonomy, term, need_id, now() "+given+`where not undecided
		on conflict (hub_id, taxonomy, term) do update set need_id = excluded.need_id, changed_at = now() where m.need_id is distinct from excluded.need_id`, hub, string(encoded))
	if err := d.store.Send(ctx, &b); err != nil {
		return fmt.Errorf("keep decisions: %w", err)
	}
	return nil
}

// assumed is the need that a term's words mean; nil: none.
func assumed(r termRow, needs []need) *uuid.UUID {
	t := openreferral.TaxonomyTerm{Name: r.Name}
	if r.Code != nil {
		t.Code = *r.Code
	}
	for _, code := range needCodes(t) {
		if at := slices.IndexFunc(needs, func(n need) bool { return asCode(n.Code) == code }); at >= 0 {
			return &needs[at].ID
		}
	}
	return nil
}

// rederive has rows of terms mean other needs, and the services that carry them meet these and no longer those that nothing
// else says. It answers how many services that changes.
func (d *Directory) rederive(ctx context.Context, hub uuid.UUID, meant []map[string]any) (int, error) {
	encoded, err := json.Marshal(meant)
	if err != nil {
		return 0, fmt.Errorf("encode terms: %w", err)
	}
	type was struct {
		Term uuid.UUID
		Need *uuid.UUID
	}
	before, err := store.Collect(ctx, d.store, pgx.RowToStructByPos[was], `
		with meant as (
		  select t.id, t.need_id as was, g.need from jsonb_to_recordset($2) as g(id uuid, need uuid)
		  join taxonomy_terms t on t.hub_id = $1 and t.id = g.id and t.need_id is distinct from g.need
		), written as (
		  update taxonomy_terms t set need_id = m.need from meant m where t.hub_id = $1 and t.id = m.id
		)
		select id, was from meant`, hub, string(encoded))
	if err != nil {
		return 0, fmt.Errorf("have terms mean other needs: %w", err)
	}
	if len(before) == 0 {
		return 0, nil
	}
	ids, gone := make([]uuid.UUID, len(before)), []map[string]any{}
	for i, b := range before {
		ids[i] = b.Term
		if b.Need != nil {
			gone = append(gone, map[string]any{"term": b.Term, "need": *b.Need})
		}
	}
	encoded, err = json.Marshal(gone)
	if err != nil {
		return 0, fmt.Errorf("encode terms: %w", err)
	}
	changed := map[uuid.UUID]bool{}
	lost, err := store.Collect(ctx, d.store, pgx.RowTo[uuid.UUID], `
		with l as (
		  select st.service_id, g.need from jsonb_to_recordset($2) as g(term uuid, need uuid)
		  join service_terms st on st.hub_id = $1 and st.taxonomy_term_id = g.term
		  join services s on s.hub_id = $1 and s.id = st.service_id
		  where `+needsOfSource+` for share of s
		)
		delete from service_needs x using l
		where x.hub_id = $1 and x.service_id = l.service_id and x.need_id = l.need and not exists (
		  select from service_terms st join taxonomy_terms t on t.hub_id = st.hub_id and t.id = st.taxonomy_term_id
		  where st.hub_id = $1 and st.service_id = l.service_id and t.need_id = l.need)
		returning x.service_id`, hub, string(encoded))
	if err != nil {
		return 0, fmt.Errorf("remove needs: %w", err)
	}
	missing, err := store.Collect(ctx, d.store, pgx.RowToStructByPos[link], `
		select distinct '', s.id, t.need_id from taxonomy_terms t
		join service_terms st on st.hub_id = $1 and st.taxonomy_term_id = t.id
		join services s on s.hub_id = $1 and s.id = st.service_id
		where `+needsOfSource+` and t.hub_id = $1 and t.id = any ($2) and t.need_id is not null
		  and not exists (select from service_needs x where x.hub_id = $1 and x.service_id = s.id and x.need_id = t.need_id)`, hub, ids)
	if err != nil {
		return 0, fmt.Errorf("find needs: %w", err)
	}
	for _, id := range lost {
		changed[id] = true
	}
	made := make([]map[string]any, len(missing))
	for i, l := range missing {
		changed[l.Service] = true
		made[i] = map[string]any{"id": uuid.Must(uuid.NewV7()), "service": l.Service, "other": l.Other}
	}
	if encoded, err = json.Marshal(made); err != nil {
		return 0, fmt.Errorf("encode needs: %w", err)
	}
	if _, err := d.store.Exec(ctx, addNeeds, hub, string(encoded)); err != nil {
		return 0, fmt.Errorf("add needs: %w", err)
	}
	return len(changed), nil
}

// termsOf gives the terms that were decided on, in that order.
func (d *Directory) termsOf(ctx context.Context, hub uuid.UUID, decisions []TermDecision) ([]*Term, error) {
	ids := make([]uuid.UUID, len(decisions))
	for i, t := range decisions {
		ids[i] = t.Term
	}
	// A term answers to the id of any of its rows.
	terms, err := store.Collect(ctx, d.store, scanTerm, named(`
		select `+TermColumns+` from (
		  select @row.*, d.place from unnest($2::uuid[]) with ordinality as d(id, place)
		  join taxonomy_terms one on one.hub_id = @hub and one.id = d.id
		  join `+TermsSQL+` @row on @row.taxonomy = one.taxonomy
		    and @row.id = (select min(t.id::text)::uuid from taxonomy_terms t where t.hub_id = @hub and t.taxonomy = one.taxonomy
		      and term_key(t.code, t.name) = term_key(one.code, one.name) and t.retired_at is null)) found order by place`), hub, ids)
	if err != nil {
		return nil, fmt.Errorf("read terms: %w", err)
	}
	return terms, nil
}
