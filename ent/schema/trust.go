package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Trust is the NHS body: the data controller.
type Trust struct{ ent.Schema }

func (Trust) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}} }

func (Trust) Fields() []ent.Field {
	return []ent.Field{
		field.String("ods_code").MaxLen(12).Unique().Comment("Organisation Data Service code, such as RW4"),
		field.String("name").NotEmpty().MaxLen(200),
		field.Int("session_hours").Default(10).Range(1, 24).Comment("a sign-in ends after this many hours"),
		field.Int("suppress_below").Default(8).Min(5).Comment("published counts of people from 1 to one below this are shown as *"),
		field.Int("round_to").Default(5).Range(1, 100).Comment("other published counts are rounded to a multiple of this"),
		field.Int("mental_health_years").Default(20).Range(1, 100).Comment("records are kept for so long after the last contact"),
		field.Int("other_adult_years").Default(8).Range(1, 100),
		field.Int("after_death_years").Default(10).Range(1, 100),
		field.Time("created_at").Immutable().Default(time.Now),
	}
}

// Hub is one site: the tenant.
type Hub struct{ ent.Schema }

func (Hub) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, TrustScoped{}} }

func (Hub) Fields() []ent.Field {
	return []ent.Field{
		field.String("slug").MaxLen(40).Immutable(),
		field.String("name").NotEmpty().MaxLen(200),
		field.Enum("state").NamedValues("requested", "REQUESTED", "provisioning", "PROVISIONING", "live", "LIVE",
			"suspended", "SUSPENDED", "archived", "ARCHIVED", "failed", "FAILED").Default("LIVE"),
		field.String("time_zone").Default("Europe/London").MaxLen(60),
		field.String("member_prefix").Default("M").MaxLen(4).Comment("begins each member number of the hub"),
		line("address", 300),
		line("postcode", 10),
		field.String("uprn").MaxLen(12).Optional().Nillable().Comment("Unique Property Reference Number"),
		field.Float("latitude").Optional().Nillable(),
		field.Float("longitude").Optional().Nillable(),
		field.JSON("opening_hours", []OpeningHours{}).Optional().Comment("in the hub's time zone; no entry for a day: closed"),
		field.JSON("opening_exceptions", []OpeningException{}).Optional().Comment("by date, in place of the week's hours"),
		line("brand_name", 100),
		line("brand_colour", 7),
		line("brand_logo_url", 500),
		field.JSON("modules", []Module{}).Default(Modules).Comment("the parts of the app that the hub uses"),
		field.Time("created_at").Immutable().Default(time.Now),
	}
}

func (Hub) Indexes() []ent.Index {
	return []ent.Index{index.Fields("trust_id", "slug").Unique()}
}

// OpeningHours is one day of a hub's week.
type OpeningHours struct {
	Day Weekday `json:"day"`
	// Opens and Closes are HH:MM in the hub's time zone.
	Opens  string `json:"opens"`
	Closes string `json:"closes"`
}

// OpeningException is a day on which the hub's week does not hold.
type OpeningException struct {
	// Date is YYYY-MM-DD.
	Date string `json:"date"`
	// Opens and Closes are HH:MM in the hub's time zone; both empty: closed that day.
	Opens  string `json:"opens,omitempty"`
	Closes string `json:"closes,omitempty"`
	Note   string `json:"note,omitempty"`
}

// Weekday is a day of the week, as it is kept and sent.
type Weekday string

// Weekdays lists the days of the week in order.
var Weekdays = []Weekday{Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday}

// The days of the week.
const (
	Monday    Weekday = "MONDAY"
	Tuesday   Weekday = "TUESDAY"
	Wednesday Weekday = "WEDNESDAY"
	Thursday  Weekday = "THURSDAY"
	Friday    Weekday = "FRIDAY"
	Saturday  Weekday = "SATURDAY"
	Sunday    Weekday = "SUNDAY"
)

// Module is a part of the app that a hub uses.
type Module string

// Modules lists every module in the order in which they are shown.
var Modules = []Module{ModuleDesk, ModuleAdvice, ModuleCatalogue, ModuleReports}

// The modules.
const (
	ModuleDesk      Module = "DESK"
	ModuleAdvice    Module = "ADVICE"
	ModuleCatalogue Module = "CATALOGUE"
	ModuleReports   Module = "REPORTS"
)

// IdentityProvider is an OIDC provider through which staff of a trust, or clients of its API, sign in.
type IdentityProvider struct{ ent.Schema }

func (IdentityProvider) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, TrustScoped{}} }

func (IdentityProvider) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").NotEmpty().MaxLen(200).Comment("what people see on the sign-in page"),
		field.String("issuer").NotEmpty().MaxLen(500).Immutable(),
		field.String("client_id").NotEmpty().MaxLen(200).Comment("of the staff app"),
		line("client_secret_ref", 200),
		field.String("client_secret_sealed").MaxLen(4000).Optional().Nillable().Comment("see internal/seal; in place of client_secret_ref"),
		field.JSON("scopes", []string{}).Optional().Comment("beside openid"),
		field.String("roles_claim").Default("groups").MaxLen(100),
		field.JSON("role_mappings", []RoleMapping{}).Optional(),
		field.JSON("algorithms", []string{}).Optional().Comment("signing algorithms accepted; empty: RS256, PS256, ES256"),
		field.JSON("api_clients", []APIClient{}).Optional().Comment("other apps that may send bearer tokens"),
		field.Bool("enabled").Default(true),
	}
}

func (IdentityProvider) Indexes() []ent.Index {
	return []ent.Index{index.Fields("trust_id", "issuer").Unique()}
}

// SigningAlgorithms are those that a token may be signed with at all, all of them asymmetric. With the others (HS256 and its
// like, none) whoever can read the issuer's public keys could sign.
var SigningAlgorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// RoleMapping turns a value of the provider's roles claim into a role.
type RoleMapping struct {
	Value string `json:"value"`
	Role  string `json:"role"`
	// Hub is the slug of the hub where the role is held; empty: every hub of the trust.
	Hub string `json:"hub,omitempty"`
}

// APIClient is another SPA or service with an OIDC client of its own.
type APIClient struct {
	// ClientID is what a token's azp or client_id must be.
	ClientID string `json:"clientId"`
	// Audience is what a token's aud must hold; empty: the client id.
	Audience string `json:"audience,omitempty"`
	// Origins may call the API from a browser (CORS).
	Origins []string `json:"origins,omitempty"`
	// FreeQueries lets the client send documents that are not registered.
	FreeQueries bool `json:"freeQueries,omitempty"`
}

var roles = []string{"Reception", "RECEPTION", "Advisor", "ADVISOR", "Tutor", "TUTOR", "VolunteerLead", "VOLUNTEER_LEAD",
	"Manager", "MANAGER", "Safeguarding", "SAFEGUARDING", "Analyst", "ANALYST", "TrustAdmin", "TRUST_ADMIN", "Governance", "GOVERNANCE"}
