package schema

import (
	"encoding/json"
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"
	"github.com/google/uuid"
)

// Identified gives a table its key: a UUIDv7, so that new rows land side by side in the index.
type Identified struct{ mixin.Schema }

func (Identified) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).Immutable().Default(newID),
	}
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// TrustScoped puts a table on the trust list: a row belongs to one trust.
type TrustScoped struct{ mixin.Schema }

func (TrustScoped) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("trust_id", uuid.UUID{}).Immutable().Comment("set by the store from the viewer"),
	}
}

// HubScoped puts a table on the hub list: a row belongs to one hub.
type HubScoped struct{ mixin.Schema }

func (HubScoped) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("hub_id", uuid.UUID{}).Immutable().Comment("set by the store from the viewer"),
	}
}

// OfTrust repeats the trust on a row of a hub, so that a member of staff whom it names is held to the same trust by a
// composite foreign key.
type OfTrust struct{ mixin.Schema }

func (OfTrust) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("trust_id", uuid.UUID{}).Immutable().Comment("set by the store from the viewer"),
	}
}

// MadeByStaff says who made a row of a hub and when, and lets the same request, sent twice, find what it made:
// a client mutation id is unique per hub and maker.
//
// The trust is repeated here so that the maker is held to the same trust by a composite foreign key.
type MadeByStaff struct{ mixin.Schema }

func (MadeByStaff) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("trust_id", uuid.UUID{}).Immutable().Comment("set by the store from the viewer"),
		field.Time("created_at").Immutable().Default(time.Now),
		field.UUID("created_by_id", uuid.UUID{}).Immutable().Optional().Nillable().Comment("the StaffUser; nil for the platform"),
		field.String("client_mutation_id").Immutable().Optional().Nillable().MaxLen(100),
	}
}

func (MadeByStaff) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("hub_id", "created_by_id", "client_mutation_id").Unique(),
	}
}

// Imported says where a record of the catalogue comes from. A record is known by its source and its id there.
type Imported struct{ mixin.Schema }

func (Imported) Fields() []ent.Field {
	return []ent.Field{
		field.String("source").MaxLen(500).Immutable().Comment("the feed's URL or name; 'local' for what staff added"),
		field.String("external_id").MaxLen(200).Immutable(),
		field.Time("imported_at").Default(time.Now),
		field.Time("last_modified").Optional().Nillable().Comment("as the source says"),
		field.Time("retired_at").Optional().Nillable().Comment("no longer offered; kept for what points to it"),
		field.JSON("local_fields", map[string]json.RawMessage{}).Optional().Comment("columns that staff hold against the source, each with what the source says"),
		field.Int("version").Default(1).Comment("counts its changes: who saves says which one they saw"),
	}
}

// Visible says to whom a record of the catalogue is shown. The public never sees what is beneath something that it does not
// see: the services of an organisation, the times of a service, what happens at a location.
type Visible struct{ mixin.Schema }

func (Visible) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("visibility").NamedValues("public", "PUBLIC", "staff", "STAFF", "restricted", "RESTRICTED").Default("PUBLIC").
			Comment("STAFF: the hub's own staff; RESTRICTED: the same, and it must never be passed on, such as a refuge's address"),
	}
}

func (Imported) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("hub_id", "source", "external_id").Unique(),
	}
}

func date(name string) ent.Field {
	return field.Time(name).SchemaType(day()).Optional().Nillable()
}

// day is the type of a column that holds a day without a time.
func day() map[string]string { return map[string]string{dialect.Postgres: "date"} }

// line is optional text of one line.
func line(name string, max int) ent.Field {
	return field.String(name).MaxLen(max).Optional().Nillable()
}
