package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// AuditEvent records who read or changed what. It is append-only: a trigger refuses changes, whoever asks.
type AuditEvent struct{ ent.Schema }

func (AuditEvent) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, TrustScoped{}} }

func (AuditEvent) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("hub_id", uuid.UUID{}).Immutable().Optional().Nillable().Comment("nil for what concerns the whole trust, such as a sign-in"),
		field.Time("at").Immutable().Default(time.Now),
		field.UUID("actor_id", uuid.UUID{}).Immutable().Optional().Nillable().Comment("the StaffUser; nil for the platform"),
		field.String("action").Immutable().MaxLen(60).Comment("such as person.read"),
		field.String("subject_type").Immutable().MaxLen(40),
		field.UUID("subject_id", uuid.UUID{}).Immutable().Optional().Nillable(),
		field.UUID("person_id", uuid.UUID{}).Immutable().Optional().Nillable().Comment("whose record it concerns"),
		field.String("request_id").Immutable().MaxLen(60).Default(""),
		field.JSON("fields", []string{}).Immutable().Optional().Comment("names of the fields that changed, never their values; or the role that was given"),
	}
}

func (AuditEvent) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("trust_id", "hub_id", "at", "id"),
		index.Fields("trust_id", "hub_id", "person_id", "at", "id"),
	}
}
