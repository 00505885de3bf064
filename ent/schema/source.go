package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"
	"github.com/google/uuid"
)

// CatalogueSource is where part of a hub's catalogue comes from and is kept in step with, and how that goes.
type CatalogueSource struct{ ent.Schema }

func (CatalogueSource) Mixin() []ent.Mixin {
	return []ent.Mixin{Identified{}, HubScoped{}, ReadInParts{}}
}

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
		field.JSON("problems", []SourceProblem{}).Optional().Comment("what was refused or changed on the way in when it was last taken, the first of it"),

		field.Bool("by_staff").Default(false).Comment("added in the app; the hub's settings say nothing of it"),
		line("file_name", 200),
	}
}

func (CatalogueSource) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("hub_id", "source").Unique(),
		index.Fields("due_at"),
	}
}

// CatalogueCheck is the question what would change if a source were taken, and the answer: nothing of it is saved.
type CatalogueCheck struct{ ent.Schema }

func (CatalogueCheck) Mixin() []ent.Mixin {
	return []ent.Mixin{Identified{}, HubScoped{}, MadeByStaff{}, ReadInParts{}}
}

func (CatalogueCheck) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("source_id", uuid.UUID{}).Optional().Nillable().Immutable().Comment("the source that is there already; nil: it would be a new one"),
		field.String("source").MaxLen(100).Immutable().Comment("what its records would say that they come from"),
		field.String("name").MaxLen(63).NotEmpty().Immutable(),
		field.Enum("kind").NamedValues("url", "URL", "document", "DOCUMENT", "hub", "HUB").Immutable(),
		field.Enum("format").NamedValues("open_referral", "OPEN_REFERRAL", "outpost", "OUTPOST").Default("OPEN_REFERRAL").Immutable(),
		line("url", 2000),
		field.Bytes("document").Optional().Nillable().MaxLen(1 << 20),
		line("file_name", 200),
		line("from_hub", 40),
		field.Int("refresh_minutes").Default(24*60).Range(5, 30*24*60).Immutable(),
		field.Enum("state").NamedValues("pending", "PENDING", "done", "DONE", "failed", "FAILED").Default("PENDING"),
		field.String("message").Default("").MaxLen(1000).Comment("what a person should do"),
		field.Time("finished_at").Optional().Nillable(),
		field.JSON("result", &CheckResult{}).Optional(),
		field.UUID("saved_id", uuid.UUID{}).Optional().Nillable().Comment("the source that it became"),
	}
}

func (CatalogueCheck) Indexes() []ent.Index {
	return []ent.Index{index.Fields("hub_id", "created_at", "id")}
}

// CataloguePart is part of what was read of a feed and is not yet taken: rows in their order, packed. Those of a feed that
// broke off wait here for the rest.
type CataloguePart struct{ ent.Schema }

func (CataloguePart) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}} }

func (CataloguePart) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("source_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.UUID("check_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.Int("revision").Immutable().Comment("of the source as it was read"),
		field.Int("place").Immutable().Comment("from 1"),
		field.Int("rows").Immutable(),
		field.Bytes("content").Immutable().Comment("rows as lines of JSON, compressed by gzip"),
		field.JSON("page", &PageRead{}).Optional().Immutable().Comment("the page that ends with this part"),
		field.Time("read_at").Default(time.Now).Immutable(),
	}
}

func (CataloguePart) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("hub_id", "source_id", "place").Unique(),
		index.Fields("hub_id", "check_id", "place").Unique(),
	}
}

// ReadInParts says who reads something just now, and how far they are.
type ReadInParts struct{ mixin.Schema }

func (ReadInParts) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("held_by", uuid.UUID{}).Optional().Nillable().Comment("who has it in hand: one reading of one process"),
		field.Time("held_until").Optional().Nillable().Comment("when who has it in hand is taken for dead"),
		field.Int("pages_read").Default(0).Comment("of what is being read now"),
		field.Int("pages_total").Default(0).Comment("as the feed says; 0: not known"),
	}
}

// PageRead is a page of a feed that was read to its end.
type PageRead struct {
	Number    int       `json:"number"`
	Validator Validator `json:"validator"`
	// Digest is that of its records as they are listed.
	Digest     string `json:"digest"`
	TotalPages int    `json:"totalPages,omitempty"`
	TotalItems int    `json:"totalItems,omitempty"`
	Rows       int    `json:"rows"`
	// Details is how many of its services were fetched one by one: its validator tells nothing of them.
	Details int `json:"details,omitempty"`
	// Came and Read are the bytes of all pages up to this one, as they came and unpacked.
	Came int64 `json:"came"`
	Read int64 `json:"read"`
}

// SourceProblem is what was wrong with a record of a source.
type SourceProblem struct {
	// Row is its place among all records, from 1; Line that in its page or file.
	Row  int    `json:"row"`
	Line int    `json:"line"`
	Kind string `json:"kind"`
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	// Field is what was changed in a record that was taken; empty where the record was refused.
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
	Mend    string `json:"mend,omitempty"`
}

// CheckResult is what would become of the catalogue.
type CheckResult struct {
	Rows      int `json:"rows"`
	Added     int `json:"added"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
	Refused   int `json:"refused"`
	// Counts are the differences of each table.
	Counts      []DifferenceCount `json:"counts,omitempty"`
	Differences []Difference      `json:"differences,omitempty"`
	Problems    []SourceProblem   `json:"problems,omitempty"`
}

// DifferenceCount is how many records of one kind would be added, changed, retired and brought back.
type DifferenceCount struct {
	Kind     string `json:"kind"`
	Added    int    `json:"added"`
	Changed  int    `json:"changed"`
	Retired  int    `json:"retired"`
	Restored int    `json:"restored"`
}

// Difference is what would become of one record.
type Difference struct {
	// Kind is SERVICE, ORGANISATION, LOCATION or TERM; What is ADDED, CHANGED, RETIRED or RESTORED.
	Kind   string        `json:"kind"`
	What   string        `json:"what"`
	Name   string        `json:"name"`
	Fields []FieldChange `json:"fields,omitempty"`
}

// FieldChange is one field before and after, as a person reads it; empty where it holds nothing.
type FieldChange struct {
	Field  string `json:"field"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// Validator is what an answer over HTTP said of its own version (RFC 9110, section 8.8).
type Validator struct {
	// URL is what was asked for.
	URL          string `json:"url"`
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"lastModified,omitempty"`
}
