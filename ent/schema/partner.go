package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// ServiceCapacity is how much of a service is to be had, as somebody last said (service_capacity of HSDS 3.1).
type ServiceCapacity struct{ ent.Schema }

func (ServiceCapacity) Mixin() []ent.Mixin {
	return []ent.Mixin{Identified{}, HubScoped{}, OfTrust{}}
}

func (ServiceCapacity) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("service_id", uuid.UUID{}).Immutable(),
		field.String("unit").NotEmpty().MaxLen(60).Immutable().Comment("what is counted, such as places"),
		field.Int("available").Range(0, 100000),
		field.Int("maximum").Optional().Nillable().Range(0, 100000),
		field.String("description").MaxLen(500).Default(""),
		field.Time("updated_at").Comment("when it was last known to be so"),
		field.Enum("by").NamedValues("staff", "STAFF", "partner", "PARTNER", "source", "SOURCE").Comment("who said so"),
		field.UUID("staff_id", uuid.UUID{}).Optional().Nillable(),
	}
}

func (ServiceCapacity) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("service", Service.Type).Ref("capacities").Field("service_id").Unique().Required().Immutable(),
		edge.To("staff", StaffUser.Type).Field("staff_id").Unique(),
	}
}

func (ServiceCapacity) Indexes() []ent.Index {
	return []ent.Index{index.Fields("hub_id", "service_id", "unit").Unique()}
}

// Assurance says that somebody looked at a service's entry on a day and found it right. The latest is the service's
// assured_date, unless its source says a later one.
type Assurance struct{ ent.Schema }

func (Assurance) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}, OfTrust{}} }

func (Assurance) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("service_id", uuid.UUID{}).Immutable(),
		field.Time("assured_on").SchemaType(day()).Immutable(),
		field.Enum("by").NamedValues("staff", "STAFF", "partner", "PARTNER").Immutable(),
		field.UUID("staff_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.UUID("partner_link_id", uuid.UUID{}).Optional().Nillable().Immutable().Comment("the link by which the partner said so"),
		field.Time("created_at").Immutable().Default(time.Now),
	}
}

func (Assurance) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("service", Service.Type).Ref("assurances").Field("service_id").Unique().Required().Immutable(),
		edge.To("staff", StaffUser.Type).Field("staff_id").Unique().Immutable(),
	}
}

func (Assurance) Indexes() []ent.Index {
	return []ent.Index{index.Fields("hub_id", "service_id", "assured_on", "by").Unique()}
}

// PartnerAgreement is what a hub and a partner have agreed about referrals.
type PartnerAgreement struct{ ent.Schema }

func (PartnerAgreement) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}, OfTrust{}} }

func (PartnerAgreement) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("organisation_id", uuid.UUID{}).Immutable(),
		date("signed_on"), // when the partner signed how it protects people's data; none: it has not
		field.String("signed_by").MaxLen(200).Default("").Comment("who signed for the partner"),
		field.Int("response_days").Optional().Nillable().Range(1, 90).Comment("within how many days it answers a referral"),
		date("ends_on"), // the last day on which it holds; none: until it is changed
		field.String("note").MaxLen(2000).Default(""),
		field.Time("updated_at"),
		field.UUID("updated_by_id", uuid.UUID{}).Optional().Nillable(),
	}
}

func (PartnerAgreement) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("organisation", Organisation.Type).Ref("agreement").Field("organisation_id").Unique().Required().Immutable(),
		edge.To("updated_by", StaffUser.Type).Field("updated_by_id").Unique(),
	}
}

func (PartnerAgreement) Indexes() []ent.Index {
	return []ent.Index{index.Fields("hub_id", "organisation_id").Unique()}
}

func (PartnerAgreement) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Check("ends_on IS NULL OR signed_on IS NULL OR ends_on >= signed_on")}
}

// PartnerLink lets whoever has it see and correct the entry of one partner, without an account, until it ends.
type PartnerLink struct{ ent.Schema }

func (PartnerLink) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}, MadeByStaff{}} }

func (PartnerLink) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("organisation_id", uuid.UUID{}).Immutable(),
		field.Bytes("token_hash").MaxLen(32).Sensitive().Comment("SHA-256 of the token, which is kept nowhere"),
		field.Time("expires_at").Immutable(),
		field.Time("opened_at").Optional().Nillable().Comment("when it was last opened"),
		field.Time("revoked_at").Optional().Nillable(),
		field.UUID("revoked_by_id", uuid.UUID{}).Optional().Nillable(),
	}
}

func (PartnerLink) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("organisation", Organisation.Type).Ref("partner_links").Field("organisation_id").Unique().Required().Immutable(),
		edge.To("created_by", StaffUser.Type).Field("created_by_id").Unique().Immutable(),
	}
}

func (PartnerLink) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("hub_id", "token_hash").Unique(),
		index.Fields("token_hash"),
		index.Fields("hub_id", "organisation_id", "created_at"),
	}
}

// ProposedChange is one field of an entry as its partner would have it.
type ProposedChange struct{ ent.Schema }

func (ProposedChange) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}, OfTrust{}} }

func (ProposedChange) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("organisation_id", uuid.UUID{}).Immutable(),
		field.UUID("service_id", uuid.UUID{}).Optional().Nillable().Immutable().Comment("none: it is about the partner itself"),
		field.UUID("schedule_id", uuid.UUID{}).Optional().Nillable().Immutable().Comment("of the service, where it is about one of its times"),
		field.UUID("partner_link_id", uuid.UUID{}).Immutable(),
		field.String("field").NotEmpty().MaxLen(60).Immutable(),
		field.String("before").MaxLen(20000).Default("").Immutable().Comment("what the entry said when the partner sent this, as text"),
		field.String("proposed").MaxLen(20000).Default("").Immutable(),
		field.Enum("state").NamedValues("waiting", "WAITING", "approved", "APPROVED", "rejected", "REJECTED", "replaced", "REPLACED").Default("WAITING"),
		field.Time("created_at").Immutable().Default(time.Now),
		field.Time("decided_at").Optional().Nillable(),
		field.UUID("decided_by_id", uuid.UUID{}).Optional().Nillable(),
		field.String("reason").MaxLen(1000).Default("").Comment("why it was rejected"),
	}
}

func (ProposedChange) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("organisation", Organisation.Type).Field("organisation_id").Unique().Required().Immutable(),
		edge.To("service", Service.Type).Field("service_id").Unique().Immutable(),
		edge.To("schedule", Schedule.Type).Field("schedule_id").Unique().Immutable(),
	}
}

func (ProposedChange) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("hub_id", "state", "created_at", "id"),
		index.Fields("hub_id", "organisation_id", "created_at"),
	}
}
