package catalogue

import (
	"hash/maphash"
	"iter"

	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/openreferral"
)

const (
	// maxRefusals and maxChanges bound what is kept of a source's problems.
	maxRefusals = 300
	maxChanges  = 200
	// maxKnown bounds the memory for ids that come twice; later ones go unnoted.
	maxKnown = 200_000
	// maxParents bounds the memory for parents, in which circles are looked for.
	maxParents = 20_000
)

// problems are what was wrong with the records of a source: those that were refused, and what was changed in others on
// their way in.
type problems struct {
	refusals, changes []schema.SourceProblem
}

// watch notes what was changed in the rows that go by, and ids that come twice in all of them: a document notes its own, but
// a feed has many.
func (p *problems) watch(rows iter.Seq2[openreferral.Row, error]) iter.Seq2[openreferral.Row, error] {
	return func(yield func(openreferral.Row, error) bool) {
		known, seed := map[uint64]struct{}{}, maphash.MakeSeed()
		parents := map[member]string{}
		for row, err := range rows {
			if err == nil {
				noteParents(parents, row)
			}
			if err == nil && row.Refused == nil && row.ID != "" && row.Kind != openreferral.KindServiceAtLocation {
				key := maphash.String(seed, string(row.Kind)+"\x00"+row.ID)
				_, twice := known[key]
				switch {
				case twice && !openreferral.NotedTwice(row):
					row.Notes = append(row.Notes, openreferral.Note{Field: "id", Message: "the same id stands on an earlier record of this source; the later one counts"})
				case len(known) < maxKnown:
					known[key] = struct{}{}
				}
			}
			for _, n := range row.Notes {
				if len(p.changes) < maxChanges {
					p.changes = append(p.changes, schema.SourceProblem{Row: row.Index, Line: row.Line, Kind: string(row.Kind), ID: row.ID, Name: row.Name, Field: n.Field, Message: n.Message})
				}
			}
			if !yield(row, err) {
				return
			}
		}
		p.noteCircles(parents)
	}
}

// member is a term or an organisation, which may have a parent.
type member struct {
	kind openreferral.Kind
	id   string
}

func noteParents(parents map[member]string, row openreferral.Row) {
	note := func(kind openreferral.Kind, id, parent string) {
		if parent != "" && len(parents) < maxParents {
			parents[member{kind, id}] = parent
		}
	}
	switch {
	case row.Term != nil:
		note(openreferral.KindTaxonomyTerm, row.Term.ID, row.Term.ParentID)
	case row.Taxonomy != nil:
		for _, term := range row.Taxonomy.Terms {
			note(openreferral.KindTaxonomyTerm, term.ID, term.ParentID)
		}
	case row.Organisation != nil:
		note(openreferral.KindOrganisation, row.Organisation.ID, row.Organisation.ParentID)
	case row.Service != nil:
		if o := row.Service.Organisation; o != nil {
			note(openreferral.KindOrganisation, o.ID, o.ParentID)
		}
		for _, a := range row.Service.Attributes {
			note(openreferral.KindTaxonomyTerm, a.Term.ID, a.Term.ParentID)
		}
	}
}

// noteCircles notes members whose parents lead back to themselves. They are taken all the same: nothing here walks up by
// parents.
func (p *problems) noteCircles(parents map[member]string) {
	looked := map[member]int{}
	round := 0
	for start := range parents {
		round++
		at := start
		for {
			parent, has := parents[at]
			if !has || looked[at] != 0 && looked[at] != round {
				break
			}
			if looked[at] == round { // a circle
				if len(p.changes) < maxChanges {
					p.changes = append(p.changes, schema.SourceProblem{Kind: string(at.kind), ID: at.id, Field: "parent_id", Message: "its parents lead back to itself, so it has no place among the others"})
				}
				break
			}
			looked[at] = round
			at = member{at.kind, parent}
		}
	}
}

// refused notes a row that was refused.
func (p *problems) refused(r directory.RowResult) {
	if r.Refused == nil || len(p.refusals) == maxRefusals {
		return
	}
	p.refusals = append(p.refusals, schema.SourceProblem{Row: r.Index, Line: r.Line, Kind: string(r.Kind), ID: r.ID, Name: r.Name, Message: r.Refused.Reason, Mend: r.Refused.Mend})
}

// first says what was wrong with the first record that was refused.
func (p *problems) first() string {
	if len(p.refusals) == 0 {
		return "it holds a value that cannot be saved."
	}
	return p.refusals[0].Message + ". " + p.refusals[0].Mend
}

// all are those that were refused, and then what was changed.
func (p *problems) all() []schema.SourceProblem {
	return append(append([]schema.SourceProblem{}, p.refusals...), p.changes...)
}
