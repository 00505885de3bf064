package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Need is one entry of a hub's taxonomy of needs.
type Need struct{ ent.Schema }

func (Need) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}} }

func (Need) Fields() []ent.Field {
	return []ent.Field{
		field.String("code").NotEmpty().MaxLen(60).Immutable(),
		field.String("name").NotEmpty().MaxLen(100),
		field.Int("position").Default(0),
		field.Bool("offered").Default(true).Comment("false: kept for old records, no longer offered"),
	}
}

func (Need) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("conversations", Conversation.Type).Ref("needs").Through("conversation_needs", ConversationNeed.Type),
		edge.From("services", Service.Type).Ref("needs").Through("service_needs", ServiceNeed.Type),
	}
}

func (Need) Indexes() []ent.Index {
	return []ent.Index{index.Fields("hub_id", "code").Unique()}
}

// Visit is somebody coming in. Without a person it is anonymous and holds no identifier at all.
type Visit struct{ ent.Schema }

func (Visit) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}, MadeByStaff{}} }

func (Visit) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("person_id", uuid.UUID{}).Immutable().Optional().Nillable(),
		field.UUID("need_id", uuid.UUID{}).Optional().Nillable().Comment("what they came about, as reception heard it"),
		field.Enum("state").NamedValues("present", "IN", "waiting", "WAITING", "with_advisor", "WITH_ADVISOR", "left", "LEFT").
			Comment("waiting → with advisor → left; in → left"),
		field.Time("arrived_at").Default(time.Now).Immutable(),
		field.Time("arrived_on").SchemaType(map[string]string{dialect.Postgres: "date"}).Immutable().Comment("the day, in the hub's time zone"),
		field.Time("called_at").Optional().Nillable().Comment("when an advisor took them"),
		field.Time("left_at").Optional().Nillable(),
		field.UUID("advisor_id", uuid.UUID{}).Optional().Nillable(),
	}
}

func (Visit) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("person", Person.Type).Ref("visits").Field("person_id").Unique().Immutable(),
		edge.To("need", Need.Type).Field("need_id").Unique(),
		edge.To("advisor", StaffUser.Type).Field("advisor_id").Unique(),
		edge.To("conversation", Conversation.Type).Unique(),
	}
}

func (Visit) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("hub_id", "arrived_on", "arrived_at", "id"),
		index.Fields("hub_id", "person_id", "arrived_at", "id"),
		// One open visit for each person: a second check-in finds the first.
		index.Fields("hub_id", "person_id").Unique().StorageKey("visit_one_open_per_person").
			Annotations(entsql.IndexWhere("left_at IS NULL AND person_id IS NOT NULL")),
		index.Fields("hub_id", "arrived_at", "id").StorageKey("visit_open").
			Annotations(entsql.IndexWhere("left_at IS NULL")),
	}
}

func (Visit) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entsql.Checks(map[string]string{
			"visit_left_has_time": "(state = 'LEFT') = (left_at IS NOT NULL)",
			"visit_with_advisor":  "state <> 'WITH_ADVISOR' OR (advisor_id IS NOT NULL AND called_at IS NOT NULL)",
		}),
	}
}

// VisitCount is how many visits a hub had on a day about a need: what reports add up. Triggers keep it with the visits
// (see the migrations); nothing else writes it.
type VisitCount struct{ ent.Schema }

func (VisitCount) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}} }

func (VisitCount) Fields() []ent.Field {
	return []ent.Field{
		field.Time("arrived_on").SchemaType(map[string]string{dialect.Postgres: "date"}).Immutable(),
		field.UUID("need_id", uuid.UUID{}).Immutable().Optional().Nillable().Comment("nil: none was recorded"),
		field.Int("visits"),
	}
}

// Conversation is a visitor's time with an advisor: what matters to them, needs found, what was agreed.
type Conversation struct{ ent.Schema }

func (Conversation) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}, MadeByStaff{}} }

func (Conversation) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("visit_id", uuid.UUID{}).Immutable(),
		field.UUID("person_id", uuid.UUID{}).Immutable().Optional().Nillable(),
		field.UUID("advisor_id", uuid.UUID{}).Immutable(),
		field.Time("started_at").Default(time.Now).Immutable(),
		field.Time("ended_at").Optional().Nillable(),
		field.String("what_matters").MaxLen(10000).Default("").Comment("in the person's own words"),
		field.String("note").MaxLen(10000).Default(""),
		field.String("agreed").MaxLen(10000).Default("").Comment("what was agreed, and who does what"),
		field.Time("updated_at").Default(time.Now).UpdateDefault(time.Now),
	}
}

func (Conversation) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("visit", Visit.Type).Ref("conversation").Field("visit_id").Unique().Required().Immutable(),
		edge.From("person", Person.Type).Ref("conversations").Field("person_id").Unique().Immutable(),
		edge.To("advisor", StaffUser.Type).Field("advisor_id").Unique().Required().Immutable(),
		edge.To("needs", Need.Type).Through("conversation_needs", ConversationNeed.Type),
		edge.To("signposts", Signpost.Type),
	}
}

func (Conversation) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("hub_id", "visit_id").Unique(),
		index.Fields("hub_id", "person_id", "started_at", "id"),
		index.Fields("hub_id", "advisor_id", "started_at", "id"),
	}
}

func (Conversation) Annotations() []schema.Annotation {
	return []schema.Annotation{
		// DOMAIN, invariant 8: an anonymous visit holds no identifier, so its conversation takes no free text.
		entsql.Check("person_id IS NOT NULL OR (what_matters = '' AND note = '' AND agreed = '')"),
	}
}

// ConversationNeed is a need found in a conversation.
type ConversationNeed struct{ ent.Schema }

func (ConversationNeed) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}} }

func (ConversationNeed) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("conversation_id", uuid.UUID{}).Immutable(),
		field.UUID("need_id", uuid.UUID{}).Immutable(),
	}
}

func (ConversationNeed) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("conversation", Conversation.Type).Field("conversation_id").Unique().Required().Immutable(),
		edge.To("need", Need.Type).Field("need_id").Unique().Required().Immutable(),
	}
}

func (ConversationNeed) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("hub_id", "conversation_id", "need_id").Unique(),
		index.Fields("hub_id", "need_id"),
	}
}

// Signpost: the person was told of a service. Nothing is sent; it is not a referral (PRSB keeps them apart).
type Signpost struct{ ent.Schema }

func (Signpost) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}, MadeByStaff{}} }

func (Signpost) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("conversation_id", uuid.UUID{}).Immutable(),
		field.UUID("person_id", uuid.UUID{}).Immutable().Optional().Nillable(),
		field.UUID("service_id", uuid.UUID{}).Immutable(),
		field.UUID("need_id", uuid.UUID{}).Immutable().Optional().Nillable(),
		field.Time("given_at").Default(time.Now).Immutable(),
		date("follow_up_on"),
		field.Enum("outcome").NamedValues("got_there", "GOT_THERE", "did_not_go", "DID_NOT_GO", "still_planning", "STILL_PLANNING", "could_not_reach", "COULD_NOT_REACH").
			Optional().Nillable().Comment("the answer, when the advisor asked whether they got there"),
		field.Time("followed_up_at").Optional().Nillable(),
		field.UUID("followed_up_by_id", uuid.UUID{}).Optional().Nillable(),
	}
}

func (Signpost) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("conversation", Conversation.Type).Ref("signposts").Field("conversation_id").Unique().Required().Immutable(),
		edge.From("person", Person.Type).Ref("signposts").Field("person_id").Unique().Immutable(),
		edge.To("service", Service.Type).Field("service_id").Unique().Required().Immutable(),
		edge.To("need", Need.Type).Field("need_id").Unique().Immutable(),
	}
}

func (Signpost) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("hub_id", "conversation_id", "service_id").Unique(),
		index.Fields("hub_id", "person_id", "given_at", "id"),
		index.Fields("hub_id", "follow_up_on", "id").StorageKey("signpost_due").Annotations(entsql.IndexWhere("followed_up_at IS NULL")),
	}
}
