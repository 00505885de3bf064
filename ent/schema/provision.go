package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Hostname is a name at which a hub is reached. A name leads to one hub, whosever it is: the table is the platform's, and a
// hand-made index keeps each name once. Whoever asks for one that is taken learns no more than that.
type Hostname struct{ ent.Schema }

func (Hostname) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}} }

func (Hostname) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").MaxLen(253).Immutable(),
		field.UUID("trust_id", uuid.UUID{}).Immutable(),
		field.UUID("hub_id", uuid.UUID{}).Immutable(),
	}
}

func (Hostname) Indexes() []ent.Index { return []ent.Index{index.Fields("hub_id")} }

// Room is a space that can be booked.
type Room struct{ ent.Schema }

func (Room) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}} }

func (Room) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").NotEmpty().MaxLen(100).Immutable(),
		field.Int("capacity").Range(1, 10_000),
	}
}

func (Room) Indexes() []ent.Index { return []ent.Index{index.Fields("hub_id", "name").Unique()} }

// GroupGrant gives a role in a hub to whoever has the group in their provider's roles claim.
type GroupGrant struct{ ent.Schema }

func (GroupGrant) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}} }

func (GroupGrant) Fields() []ent.Field {
	return []ent.Field{
		field.String("group").NotEmpty().MaxLen(200).Immutable(),
		field.Enum("role").NamedValues(roles...).Immutable(),
	}
}

func (GroupGrant) Indexes() []ent.Index {
	return []ent.Index{index.Fields("hub_id", "group", "role").Unique()}
}
