package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// The catalogue follows Open Referral UK 3.0 (a profile of HSDS 3): names of things and fields are that standard's.

// Organisation is a partner in the hub's catalogue.
type Organisation struct{ ent.Schema }

func (Organisation) Mixin() []ent.Mixin {
	return []ent.Mixin{Identified{}, HubScoped{}, Imported{}, Visible{}, Mergeable{}}
}

func (Organisation) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").NotEmpty().MaxLen(200),
		line("alternate_name", 200),
		field.String("description").MaxLen(20000).Default(""),
		line("email", 320),
		line("url", 1000),
		line("phone", 60),
		line("legal_status", 100),
		field.JSON("identifiers", []OrganisationIdentifier{}).Optional(),
	}
}

func (Organisation) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("services", Service.Type),
		edge.To("agreement", PartnerAgreement.Type).Unique(),
		edge.To("partner_links", PartnerLink.Type),
	}
}

func (Organisation) Indexes() []ent.Index {
	return []ent.Index{index.Fields("hub_id", "name", "id")}
}

// Service is what a partner offers.
type Service struct{ ent.Schema }

func (Service) Mixin() []ent.Mixin {
	return []ent.Mixin{Identified{}, HubScoped{}, Imported{}, Visible{}, Mergeable{}}
}

func (Service) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("organisation_id", uuid.UUID{}),
		field.String("name").NotEmpty().MaxLen(200),
		line("alternate_name", 200),
		field.String("description").MaxLen(20000).Default(""),
		line("url", 1000),
		line("email", 320),
		line("phone", 60),
		field.Enum("status").NamedValues("active", "ACTIVE", "inactive", "INACTIVE", "defunct", "DEFUNCT", "temporarily_closed", "TEMPORARILY_CLOSED").Default("ACTIVE"),
		field.String("eligibility_description").MaxLen(20000).Default(""),
		field.Int("minimum_age").Optional().Nillable().Comment("years"),
		field.Int("maximum_age").Optional().Nillable().Comment("years"),
		field.String("fees_description").MaxLen(5000).Default(""),
		field.Bool("free").Default(false).Comment("free of charge, as the source says"),
		field.String("application_process").MaxLen(5000).Default("").Comment("how to get in"),
		field.JSON("languages", []string{}).Optional(),
		date("assured_date"),
		field.String("accreditations").MaxLen(2000).Default(""),
		field.String("alert").MaxLen(2000).Default("").Comment("what people should know first, such as that it has moved"),
		field.JSON("contacts", []Contact{}).Optional(),
		field.JSON("cost_options", []CostOption{}).Optional(),
		field.JSON("service_areas", []ServiceArea{}).Optional(),
		field.JSON("funding", []Funding{}).Optional(),
	}
}

func (Service) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("organisation", Organisation.Type).Ref("services").Field("organisation_id").Unique().Required(),
		edge.To("needs", Need.Type).Through("service_needs", ServiceNeed.Type),
		edge.To("taxonomy_terms", TaxonomyTerm.Type).Through("service_terms", ServiceTerm.Type),
		edge.To("service_at_locations", ServiceAtLocation.Type),
		edge.To("schedules", Schedule.Type),
		edge.To("capacities", ServiceCapacity.Type),
		edge.To("assurances", Assurance.Type),
	}
}

func (Service) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("hub_id", "name", "id"),
		index.Fields("hub_id", "organisation_id", "id"),
	}
}

func (Service) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Check("minimum_age IS NULL OR maximum_age IS NULL OR minimum_age <= maximum_age")}
}

// Location is a place where services happen.
type Location struct{ ent.Schema }

func (Location) Mixin() []ent.Mixin {
	return []ent.Mixin{Identified{}, HubScoped{}, Imported{}, Visible{}, Mergeable{}}
}

func (Location) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").MaxLen(200).Default(""),
		field.Enum("kind").NamedValues("physical", "PHYSICAL", "postal", "POSTAL", "virtual", "VIRTUAL").Default("PHYSICAL").Comment("location_type of the standard"),
		field.String("description").MaxLen(5000).Default(""),
		line("address", 500),
		line("city", 100),
		line("county", 100),
		line("postcode", 10),
		field.Float("latitude").Optional().Nillable(),
		field.Float("longitude").Optional().Nillable(),
		field.JSON("accessibility", []string{}).Optional(),
	}
}

// ServiceAtLocation is a service at one of its places.
type ServiceAtLocation struct{ ent.Schema }

func (ServiceAtLocation) Mixin() []ent.Mixin {
	return []ent.Mixin{Identified{}, HubScoped{}, Imported{}, Visible{}}
}

func (ServiceAtLocation) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("service_id", uuid.UUID{}).Immutable(),
		field.UUID("location_id", uuid.UUID{}),
		field.String("description").MaxLen(5000).Default(""),
	}
}

func (ServiceAtLocation) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("service", Service.Type).Ref("service_at_locations").Field("service_id").Unique().Required().Immutable(),
		edge.To("location", Location.Type).Field("location_id").Unique().Required(),
	}
}

func (ServiceAtLocation) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("hub_id", "service_id"),
		index.Fields("hub_id", "location_id"),
	}
}

// Schedule says when a service happens, by the rules of RFC 5545 (RRULE).
type Schedule struct{ ent.Schema }

func (Schedule) Mixin() []ent.Mixin {
	return []ent.Mixin{Identified{}, HubScoped{}, Imported{}, Visible{}}
}

func (Schedule) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("service_id", uuid.UUID{}).Immutable(),
		field.UUID("service_at_location_id", uuid.UUID{}).Optional().Nillable(),
		field.Enum("freq").NamedValues("weekly", "WEEKLY", "monthly", "MONTHLY", "daily", "DAILY", "yearly", "YEARLY").Optional().Nillable(),
		field.Int("interval").Default(1).Range(1, 100),
		field.JSON("by_day", []string{}).Optional().Comment("MO … SU, with a place in the month where monthly, such as 1MO"),
		field.JSON("by_month_day", []int{}).Optional(),
		date("dtstart"),
		date("until"),
		date("valid_from"),
		date("valid_to"),
		line("opens_at", 5),
		line("closes_at", 5),
		field.JSON("excluded_dates", []string{}).Optional().Comment("days, as 2006-01-02, on which the rule does not hold"),
		field.JSON("extra_dates", []string{}).Optional().Comment("days besides the rule's"),
		field.String("description").MaxLen(2000).Default(""),
	}
}

func (Schedule) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("service", Service.Type).Ref("schedules").Field("service_id").Unique().Required().Immutable(),
	}
}

func (Schedule) Indexes() []ent.Index {
	return []ent.Index{index.Fields("hub_id", "service_id")}
}

// TaxonomyTerm is a term of a feed's own taxonomy; where it maps onto one of the hub's needs, services with the term meet that need.
type TaxonomyTerm struct{ ent.Schema }

func (TaxonomyTerm) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}, Imported{}} }

func (TaxonomyTerm) Fields() []ent.Field {
	return []ent.Field{
		field.String("taxonomy").MaxLen(200).Default(""),
		line("code", 200),
		field.String("name").NotEmpty().MaxLen(200),
		field.String("description").MaxLen(5000).Default(""),
		line("parent_external_id", 200),
		field.UUID("need_id", uuid.UUID{}).Optional().Nillable(),
	}
}

func (TaxonomyTerm) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("need", Need.Type).Field("need_id").Unique(),
		edge.From("services", Service.Type).Ref("taxonomy_terms").Through("service_terms", ServiceTerm.Type),
	}
}

// ServiceNeed says that a service meets a need.
type ServiceNeed struct{ ent.Schema }

func (ServiceNeed) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}} }

func (ServiceNeed) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("service_id", uuid.UUID{}).Immutable(),
		field.UUID("need_id", uuid.UUID{}).Immutable(),
	}
}

func (ServiceNeed) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("service", Service.Type).Field("service_id").Unique().Required().Immutable(),
		edge.To("need", Need.Type).Field("need_id").Unique().Required().Immutable(),
	}
}

func (ServiceNeed) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("hub_id", "service_id", "need_id").Unique(),
		index.Fields("hub_id", "need_id", "service_id"),
	}
}

// ServiceTerm says that a service carries a taxonomy term.
type ServiceTerm struct{ ent.Schema }

func (ServiceTerm) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}} }

func (ServiceTerm) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("service_id", uuid.UUID{}).Immutable(),
		field.UUID("taxonomy_term_id", uuid.UUID{}).Immutable(),
	}
}

func (ServiceTerm) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("service", Service.Type).Field("service_id").Unique().Required().Immutable(),
		edge.To("taxonomy_term", TaxonomyTerm.Type).Field("taxonomy_term_id").Unique().Required().Immutable(),
	}
}

func (ServiceTerm) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("hub_id", "service_id", "taxonomy_term_id").Unique(),
		index.Fields("hub_id", "taxonomy_term_id"),
	}
}

// What follows is kept as the source gives it, under the standard's names: nothing is found by it.

// OrganisationIdentifier is a number that a register gave an organisation, such as its charity number.
type OrganisationIdentifier struct {
	// Scheme is a list code of org-id.guide, such as GB-CHC.
	Scheme     string `json:"identifier_scheme,omitempty"`
	Type       string `json:"identifier_type,omitempty"`
	Identifier string `json:"identifier"`
}

// Contact is whom to ask at a service.
type Contact struct {
	Name  string `json:"name,omitempty"`
	Title string `json:"title,omitempty"`
	Email string `json:"email,omitempty"`
	// Phones are numbers as they were written.
	Phones []string `json:"phones,omitempty"`
}

// CostOption is one price of a service.
type CostOption struct {
	Option string `json:"option,omitempty"`
	// Amount is in whole units of Currency (ISO 4217; pounds where that is empty).
	Amount            *float64 `json:"amount,omitempty"`
	Currency          string   `json:"currency,omitempty"`
	AmountDescription string   `json:"amount_description,omitempty"`
	// ValidFrom and ValidTo are days, as 2006-01-02.
	ValidFrom string `json:"valid_from,omitempty"`
	ValidTo   string `json:"valid_to,omitempty"`
}

// Funding is who pays for a service, in the words of its source.
type Funding struct {
	Source string `json:"source,omitempty"`
}

// ServiceArea is where the people live for whom a service is meant.
type ServiceArea struct {
	Name        string `json:"name,omitempty"`
	Description string `json:"description,omitempty"`
	URI         string `json:"uri,omitempty"`
}

// CatalogueWord is a word that stands in a hub's catalogue, without accents: what a misspelt one is corrected to. Triggers
// add words as they are written; nothing takes one away, and a search believes a word only as long as a service has it.
type CatalogueWord struct{ ent.Schema }

func (CatalogueWord) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}} }

func (CatalogueWord) Fields() []ent.Field {
	return []ent.Field{field.String("word").NotEmpty().MaxLen(30).Immutable()}
}

func (CatalogueWord) Indexes() []ent.Index {
	// By bytes: the words that begin somehow are a range of it, whatever the database's language.
	return []ent.Index{index.Fields("hub_id", "word").Annotations(entsql.OpClassColumn("word", "text_pattern_ops"))}
}
