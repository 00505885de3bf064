package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// CatalogueSource is where part of a hub's catalogue comes from and is kept in step with, and how that goes.
type CatalogueSource struct{ ent.Schema }

func (CatalogueSource) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}} }

func (CatalogueSource) Fields() []ent.Field {
	return []ent.Field{
		field.String("source").MaxLen(100).Immutable().Comment("what its records say that they come from; no other source of the hub has it"),
		field.String("name").MaxLen(63).NotEmpty(),
		field.Enum("kind").NamedValues("url", "URL", "document", "DOCUMENT", "hub", "HUB"),
		field.Enum("format").NamedValues("open_referral", "OPEN_REFERRAL", "outpost", "OUTPOST").Default("OPEN_REFERRAL"),
		line("url", 2000),
		field.Bytes("document").Optional().Nillable().MaxLen(1 << 20),
		field.String("document_digest").Optional().Nillable().MaxLen(64).Comment("SHA-256 of the document, hexadecimal"),
		line("from_hub", 40),
		field.Int("refresh_minutes").Default(24*60).Range(5, 30*24*60),
		field.Bool("allow_private").Default(false).Comment("may be at a private address, where the server allows that too"),
		field.Int("revision").Default(1).Comment("grows with each change of what is above; a fetch of an older one is not kept"),
		field.Time("removed_at").Optional().Nillable().Comment("the hub no longer has it; the row stays until its records are retired"),

		field.Time("due_at").Default(time.Now).Comment("when it is to be fetched next"),
		field.Enum("state").NamedValues("pending", "PENDING", "synced", "SYNCED", "failed", "FAILED").Default("PENDING"),
		field.Time("tried_at").Optional().Nillable(),
		field.Time("synced_at").Optional().Nillable().Comment("the last time that all of it was taken, or found as it was"),
		field.Time("failing_since").Optional().Nillable(),
		field.Int("failures").Default(0).Comment("in a row"),
		field.String("message").Default("").MaxLen(1000).Comment("what a person should do"),
		field.Int("rows_taken").Default(0),
		field.Int("rows_refused").Default(0),
		field.JSON("validators", []Validator{}).Optional().Comment("of the answers last taken, a page each, in order"),
	}
}

func (CatalogueSource) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("hub_id", "source").Unique(),
		index.Fields("due_at"),
	}
}

// Validator is what an answer over HTTP said of its own version (RFC 9110, section 8.8).
type Validator struct {
	// URL is what was asked for.
	URL          string `json:"url"`
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"lastModified,omitempty"`
}
