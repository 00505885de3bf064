package schema

import (
	"encoding/json"
	"time"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"
	"github.com/google/uuid"
)

// Mergeable records can be folded into another of their kind that means the same: see Merge.
type Mergeable struct{ mixin.Schema }

func (Mergeable) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("merged_into_id", uuid.UUID{}).Optional().Nillable().
			Comment("the record that stands for this one, of the same table and not itself folded into another; this one is retired, whatever its source says"),
	}
}

// mergeKind is what kind of record two records are.
func mergeKind() ent.Field {
	return field.Enum("kind").NamedValues("organisation", "ORGANISATION", "service", "SERVICE", "location", "LOCATION").Immutable()
}

// Merge is the folding of one record of the catalogue into another, with all that is needed to undo it. Generated columns hold
// both records to the hub by a composite key each (see the migrations).
type Merge struct{ ent.Schema }

func (Merge) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}, MadeByStaff{}} }

func (Merge) Fields() []ent.Field {
	return []ent.Field{
		mergeKind(),
		field.UUID("kept", uuid.UUID{}).Immutable(),
		field.UUID("folded", uuid.UUID{}).Immutable(),
		field.JSON("taken", []string{}).Optional().Immutable().Comment("the fields whose value came from the folded record"),
		field.JSON("kept_before", map[string]json.RawMessage{}).Comment("the kept record's row, by column"),
		field.JSON("kept_after", map[string]json.RawMessage{}).Comment("the same, as the merge left it"),
		field.JSON("folded_before", map[string]json.RawMessage{}),
		field.JSON("moved", []Pointing{}).Optional().Comment("the rows that pointed to the folded record and point to the kept one since"),
		field.JSON("stayed", []Pointing{}).Optional().Comment("the rows that could not, since the kept record has one alike"),
		field.JSON("added", []Pointing{}).Optional().Comment("the rows that were made for the kept record after those of the folded one"),
		field.Time("undone_at").Optional().Nillable(),
		field.UUID("undone_by_id", uuid.UUID{}).Optional().Nillable().Comment("the StaffUser; nil for the platform"),
		field.JSON("remained", []string{}).Optional().Comment("what undoing it left as it was, in words"),
	}
}

func (Merge) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("hub_id", "created_at", "id"),
		index.Fields("hub_id", "kept"),
	}
}

// Pointing is rows of a table that point to a record by a column.
type Pointing struct {
	Table  string      `json:"table"`
	Column string      `json:"column"`
	IDs    []uuid.UUID `json:"ids"`
}

// DuplicateDismissal says that two records that look alike are two. It holds until one of them changes in what is compared.
type DuplicateDismissal struct{ ent.Schema }

func (DuplicateDismissal) Mixin() []ent.Mixin {
	return []ent.Mixin{Identified{}, HubScoped{}, MadeByStaff{}}
}

func (DuplicateDismissal) Fields() []ent.Field {
	return []ent.Field{
		mergeKind(),
		field.UUID("one", uuid.UUID{}).Immutable().Comment("the lower of the two ids"),
		field.UUID("other", uuid.UUID{}).Immutable(),
		field.String("likeness").MaxLen(64).Comment("a digest of what was compared"),
		field.Time("dismissed_at").Default(time.Now),
	}
}

func (DuplicateDismissal) Indexes() []ent.Index {
	return []ent.Index{index.Fields("hub_id", "kind", "one", "other").Unique()}
}
