package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// StaffUser is somebody who signs in. They are known by issuer and subject, never by e-mail address.
type StaffUser struct{ ent.Schema }

func (StaffUser) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, TrustScoped{}} }

func (StaffUser) Fields() []ent.Field {
	return []ent.Field{
		field.String("issuer").MaxLen(500).Immutable(),
		field.String("subject").MaxLen(255).Immutable(),
		field.String("name").MaxLen(200),
		line("email", 320),
		field.Time("created_at").Immutable().Default(time.Now),
		field.Time("last_signed_in_at").Optional().Nillable(),
		field.Time("disabled_at").Optional().Nillable(),
	}
}

func (StaffUser) Edges() []ent.Edge {
	return []ent.Edge{edge.To("grants", RoleGrant.Type)}
}

func (StaffUser) Indexes() []ent.Index {
	return []ent.Index{index.Fields("trust_id", "issuer", "subject").Unique()}
}

// RoleGrant is a role given in the app, beside those that the provider's claims give.
type RoleGrant struct{ ent.Schema }

func (RoleGrant) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, TrustScoped{}} }

func (RoleGrant) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("staff_user_id", uuid.UUID{}).Immutable(),
		field.UUID("hub_id", uuid.UUID{}).Immutable().Optional().Nillable().Comment("nil: every hub of the trust"),
		field.Enum("role").NamedValues(roles...).Immutable(),
		field.UUID("granted_by_id", uuid.UUID{}).Immutable().Optional().Nillable(),
		field.Time("created_at").Immutable().Default(time.Now),
		field.String("client_mutation_id").Immutable().Optional().Nillable().MaxLen(100),
	}
}

func (RoleGrant) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("staff", StaffUser.Type).Ref("grants").Field("staff_user_id").Unique().Required().Immutable(),
	}
}

func (RoleGrant) Indexes() []ent.Index {
	return []ent.Index{index.Fields("trust_id", "staff_user_id", "hub_id", "role").Unique()}
}

// Session is a sign-in of the staff app; the browser holds only a random token whose hash is here.
type Session struct{ ent.Schema }

func (Session) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, TrustScoped{}} }

func (Session) Fields() []ent.Field {
	return []ent.Field{
		field.Bytes("token_hash").Immutable().MaxLen(32).Sensitive(),
		field.UUID("staff_user_id", uuid.UUID{}).Immutable(),
		field.UUID("identity_provider_id", uuid.UUID{}).Immutable(),
		field.JSON("claim_roles", []ClaimRole{}).Optional().Comment("roles that the provider's claims gave at sign-in"),
		field.JSON("groups", []string{}).Optional().Comment("those of the person's groups at sign-in to which a hub gives a role"),
		field.Time("created_at").Immutable().Default(time.Now),
		field.Time("expires_at").Immutable(),
	}
}

func (Session) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("trust_id", "token_hash").Unique(),
		index.Fields("trust_id", "staff_user_id"),
		index.Fields("trust_id", "expires_at"),
	}
}

// ClaimRole is a role that came with the sign-in.
type ClaimRole struct {
	Role string `json:"role"`
	// Hub is a slug; empty: every hub of the trust.
	Hub string `json:"hub,omitempty"`
}

// SignInAttempt is a sign-in under way: what was sent to the provider and must come back.
type SignInAttempt struct{ ent.Schema }

func (SignInAttempt) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}} }

func (SignInAttempt) Fields() []ent.Field {
	return []ent.Field{
		field.Bytes("state_hash").Immutable().MaxLen(32).Unique().Sensitive(),
		field.UUID("identity_provider_id", uuid.UUID{}).Immutable(),
		field.String("nonce").Immutable().MaxLen(100).Sensitive(),
		field.String("code_verifier").Immutable().MaxLen(200).Sensitive(),
		field.String("return_to").Immutable().MaxLen(1000),
		field.Time("expires_at").Immutable(),
	}
}

func (SignInAttempt) Indexes() []ent.Index {
	return []ent.Index{index.Fields("expires_at")}
}
