package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// LinkCheck is a web address that records of a hub's catalogue give, and whether it still leads somewhere.
type LinkCheck struct{ ent.Schema }

func (LinkCheck) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}} }

func (LinkCheck) Fields() []ent.Field {
	return []ent.Field{
		field.String("url").NotEmpty().MaxLen(1000).Immutable(),
		field.Enum("state").NamedValues("unchecked", "UNCHECKED", "fine", "FINE", "moved", "MOVED", "failing", "FAILING", "dead", "DEAD", "unsure", "UNSURE").
			Default("UNCHECKED").Comment("DEAD: it failed on two days or more; UNSURE: it cannot be told by a program"),
		field.String("message").Default("").MaxLen(300).Comment("what was found, for a person"),
		field.Int("status").Optional().Nillable().Comment("of HTTP, where there was an answer"),
		line("moved_to", 1000),
		field.Time("checked_at").Optional().Nillable(),
		field.Time("failing_since").Optional().Nillable().Comment("the first of the failures in a row"),
		field.Time("due_at").Default(time.Now).Comment("when it is to be asked for next"),
	}
}

func (LinkCheck) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("hub_id", "url").Unique(),
		index.Fields("hub_id", "due_at", "id"),
		index.Fields("hub_id", "state", "failing_since", "id"),
		index.Fields("hub_id", "state", "checked_at", "id"),
	}
}

// TermMapping says which of the hub's needs a term of a taxonomy means, as a manager decided. It holds for every source that
// has the term, and for those that will.
type TermMapping struct{ ent.Schema }

func (TermMapping) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}} }

func (TermMapping) Fields() []ent.Field {
	return []ent.Field{
		field.String("taxonomy").MaxLen(200).Default("").Immutable(),
		field.String("term").NotEmpty().MaxLen(200).Immutable().Comment("the term's code, or its name where it has none, as term_key writes it"),
		field.UUID("need_id", uuid.UUID{}).Optional().Nillable().Comment("null: no need of ours"),
		field.Time("changed_at").Default(time.Now),
	}
}

func (TermMapping) Edges() []ent.Edge {
	return []ent.Edge{edge.To("need", Need.Type).Field("need_id").Unique()}
}

func (TermMapping) Indexes() []ent.Index {
	return []ent.Index{index.Fields("hub_id", "taxonomy", "term").Unique()}
}
