package openreferral

// Service is one thing that an organisation offers to people.
// ID and Name are never empty in a service that a Reader yields; every other field may be.
type Service struct {
	ID                string              `json:"id"`
	OrganisationID    string              `json:"organization_id,omitempty"`
	Name              string              `json:"name"`
	AlternateName     string              `json:"alternate_name,omitempty"`
	Description       string              `json:"description,omitempty"`
	URL               string              `json:"url,omitempty"`
	Links             []Link              `json:"additional_urls,omitempty"`
	Email             string              `json:"email,omitempty"`
	Status            Status              `json:"status,omitempty"`
	Interpretation    string              `json:"interpretation_services,omitempty"`
	HowToApply        string              `json:"application_process,omitempty"`
	Fees              string              `json:"fees_description,omitempty"`
	WaitTime          string              `json:"wait_time,omitempty"`
	Accreditations    string              `json:"accreditations,omitempty"`
	Eligibility       string              `json:"eligibility_description,omitempty"`
	MinimumAge        *int                `json:"minimum_age,omitempty"` // years, 0 to 130
	MaximumAge        *int                `json:"maximum_age,omitempty"` // years, 0 to 130, never below MinimumAge
	AssuredDate       Date                `json:"assured_date,omitempty"`
	AssurerEmail      string              `json:"assurer_email,omitempty"`
	Alert             string              `json:"alert,omitempty"`
	LastModified      string              `json:"last_modified,omitempty"` // RFC 3339 in UTC, or empty
	Organisation      *Organisation       `json:"organization,omitempty"`
	Locations         []ServiceAtLocation `json:"service_at_locations,omitempty"`
	Schedules         []Schedule          `json:"schedules,omitempty"`
	Contacts          []Contact           `json:"contacts,omitempty"`
	Phones            []Phone             `json:"phones,omitempty"`
	Costs             []CostOption        `json:"cost_options,omitempty"`
	Languages         []Language          `json:"languages,omitempty"`
	Areas             []ServiceArea       `json:"service_areas,omitempty"`
	Attributes        []Attribute         `json:"attributes,omitempty"`
	RequiredDocuments []RequiredDocument  `json:"required_documents,omitempty"`
	Capacities        []ServiceCapacity   `json:"capacities,omitempty"`
	Funding           []Funding           `json:"funding,omitempty"`
}

// Status says whether a service runs.
type Status string

// The statuses of Open Referral UK 3.0.
const (
	Active            Status = "active"
	Inactive          Status = "inactive"
	Defunct           Status = "defunct"
	TemporarilyClosed Status = "temporarily closed"
)

// Link is a further page about a service or an organisation.
type Link struct {
	Label string `json:"label,omitempty"`
	URL   string `json:"url"`
}

// Organisation runs services.
type Organisation struct {
	ID            string       `json:"id"`
	Name          string       `json:"name"`
	AlternateName string       `json:"alternate_name,omitempty"`
	Description   string       `json:"description,omitempty"`
	Email         string       `json:"email,omitempty"`
	Website       string       `json:"website,omitempty"`
	Links         []Link       `json:"additional_websites,omitempty"`
	Logo          string       `json:"logo,omitempty"`
	URI           string       `json:"uri,omitempty"`
	LegalStatus   string       `json:"legal_status,omitempty"`
	ParentID      string       `json:"parent_organization_id,omitempty"`
	Identifiers   []Identifier `json:"organization_identifiers,omitempty"`
	Contacts      []Contact    `json:"contacts,omitempty"`
	Phones        []Phone      `json:"phones,omitempty"`
}

// Identifier is a number that a register gave an organisation, such as its charity number.
type Identifier struct {
	ID         string `json:"id,omitempty"`
	Scheme     string `json:"identifier_scheme,omitempty"` // an org-id.guide list code, such as GB-CHC
	Type       string `json:"identifier_type,omitempty"`
	Identifier string `json:"identifier"`
}

// ServiceAtLocation is a service given at one place.
type ServiceAtLocation struct {
	ID          string     `json:"id"`
	Description string     `json:"description,omitempty"`
	Location    Location   `json:"location"`
	Schedules   []Schedule `json:"schedules,omitempty"`
	Contacts    []Contact  `json:"contacts,omitempty"`
	Phones      []Phone    `json:"phones,omitempty"`
}

// LocationType says what kind of place a location is.
type LocationType string

// The location types of Open Referral UK 3.0.
const (
	Physical LocationType = "physical"
	Postal   LocationType = "postal"
	Virtual  LocationType = "virtual"
)

// Location is a place. Latitude and Longitude (WGS 84, degrees) are both set or both nil.
type Location struct {
	ID                     string          `json:"id"`
	Type                   LocationType    `json:"location_type,omitempty"`
	Name                   string          `json:"name,omitempty"`
	AlternateName          string          `json:"alternate_name,omitempty"`
	Description            string          `json:"description,omitempty"`
	Transportation         string          `json:"transportation,omitempty"`
	URL                    string          `json:"url,omitempty"`
	Latitude               *float64        `json:"latitude,omitempty"`
	Longitude              *float64        `json:"longitude,omitempty"`
	ExternalIdentifier     string          `json:"external_identifier,omitempty"`
	ExternalIdentifierType string          `json:"external_identifier_type,omitempty"`
	Addresses              []Address       `json:"addresses,omitempty"`
	Accessibility          []Accessibility `json:"accessibility,omitempty"`
	Languages              []Language      `json:"languages,omitempty"`
	Contacts               []Contact       `json:"contacts,omitempty"`
	Phones                 []Phone         `json:"phones,omitempty"`
	Schedules              []Schedule      `json:"schedules,omitempty"`
}

// Address is where a location is, or where its post goes.
type Address struct {
	ID            string `json:"id,omitempty"`
	Attention     string `json:"attention,omitempty"`
	Line1         string `json:"address_1,omitempty"`
	Line2         string `json:"address_2,omitempty"`
	City          string `json:"city,omitempty"`
	Region        string `json:"region,omitempty"`
	StateProvince string `json:"state_province,omitempty"`
	Postcode      string `json:"postal_code,omitempty"` // UK postcodes as "L4 4AA"
	Country       string `json:"country,omitempty"`
	Type          string `json:"address_type,omitempty"`
}

// Accessibility is one thing that makes a place easier, or harder, to use.
type Accessibility struct {
	ID          string `json:"id,omitempty"`
	Description string `json:"description,omitempty"`
	Details     string `json:"details,omitempty"`
	URL         string `json:"url,omitempty"`
}

// Contact is whom to ask.
type Contact struct {
	ID         string  `json:"id,omitempty"`
	Name       string  `json:"name,omitempty"`
	Title      string  `json:"title,omitempty"`
	Department string  `json:"department,omitempty"`
	Email      string  `json:"email,omitempty"`
	Phones     []Phone `json:"phones,omitempty"`
}

// Phone is a number to ring, kept as it was written.
type Phone struct {
	ID          string `json:"id,omitempty"`
	Number      string `json:"number"`
	Extension   string `json:"extension,omitempty"`
	Type        string `json:"type,omitempty"`
	Description string `json:"description,omitempty"`
}

// CostOption is one price of a service. Amount is in whole units of Currency (pounds where that is empty).
type CostOption struct {
	ID                string   `json:"id,omitempty"`
	ValidFrom         Date     `json:"valid_from,omitempty"`
	ValidTo           Date     `json:"valid_to,omitempty"`
	Option            string   `json:"option,omitempty"`
	Currency          string   `json:"currency,omitempty"`
	Amount            *float64 `json:"amount,omitempty"`
	AmountDescription string   `json:"amount_description,omitempty"`
}

// Language is one in which a service is given.
type Language struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	Code string `json:"code,omitempty"` // BCP 47
	Note string `json:"note,omitempty"`
}

// ServiceArea is where the people live for whom a service is meant.
type ServiceArea struct {
	ID          string `json:"id,omitempty"`
	Name        string `json:"name,omitempty"`
	Description string `json:"description,omitempty"`
	Extent      string `json:"extent,omitempty"`
	ExtentType  string `json:"extent_type,omitempty"`
	URI         string `json:"uri,omitempty"`
}

// Attribute puts a taxonomy term on a service.
type Attribute struct {
	ID       string       `json:"id,omitempty"`
	LinkType string       `json:"link_type,omitempty"`
	Value    string       `json:"value,omitempty"`
	Term     TaxonomyTerm `json:"taxonomy_term"`
}

// Taxonomy is a list of terms under one name.
type Taxonomy struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	Description string         `json:"description,omitempty"`
	URI         string         `json:"uri,omitempty"`
	Version     string         `json:"version,omitempty"`
	Terms       []TaxonomyTerm `json:"taxonomy_terms,omitempty"`
}

// TaxonomyTerm is one entry of a taxonomy. Open Referral UK has no Code; HSDS does.
type TaxonomyTerm struct {
	ID          string `json:"id"`
	Code        string `json:"code,omitempty"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	ParentID    string `json:"parent_id,omitempty"`
	Taxonomy    string `json:"taxonomy,omitempty"` // the taxonomy's name
	TaxonomyID  string `json:"taxonomy_id,omitempty"`
	Language    string `json:"language,omitempty"`
	URI         string `json:"term_uri,omitempty"`
}

// RequiredDocument is something to bring along.
type RequiredDocument struct {
	ID       string `json:"id,omitempty"`
	Document string `json:"document"`
	URI      string `json:"uri,omitempty"`
}

// Funding is who pays for a service.
type Funding struct {
	ID     string `json:"id,omitempty"`
	Source string `json:"source"`
}

// ServiceCapacity is how many places, beds or the like a service has to give (HSDS 3.1).
type ServiceCapacity struct {
	ID          string `json:"id,omitempty"`
	Unit        Unit   `json:"unit"`
	Available   int    `json:"available"`
	Maximum     *int   `json:"maximum,omitempty"`
	Description string `json:"description,omitempty"`
	Updated     string `json:"updated,omitempty"` // RFC 3339
}

// Unit is what a capacity counts.
type Unit struct {
	Name string `json:"name,omitempty"`
}

// Schedule says when a service runs, in the parts of an iCalendar recurrence rule (RFC 5545, section 3.3.10).
// Times and dates are those of the clock on the wall where the service is given.
type Schedule struct {
	ID            string    `json:"id,omitempty"`
	PlaceID       string    `json:"service_at_location_id,omitempty"` // where it names one of its service's places
	ValidFrom     Date      `json:"valid_from,omitempty"`
	ValidTo       Date      `json:"valid_to,omitempty"`
	Start         Date      `json:"dtstart,omitempty"`
	Until         Date      `json:"until,omitempty"`
	Count         int       `json:"count,omitempty"`
	Frequency     Frequency `json:"freq,omitempty"` // empty: once, on Start
	Interval      int       `json:"interval,omitempty"`
	WeekStart     string    `json:"wkst,omitempty"`
	ByDay         string    `json:"byday,omitempty"`      // "TU,TH"; monthly and yearly also "2TU,-1FR"
	ByMonthDay    string    `json:"bymonthday,omitempty"` // "1,15,-1"
	ByWeekNumber  string    `json:"byweekno,omitempty"`   // ISO weeks, "41,42"
	ByYearDay     string    `json:"byyearday,omitempty"`
	OpensAt       TimeOfDay `json:"opens_at,omitempty"`
	ClosesAt      TimeOfDay `json:"closes_at,omitempty"` // before OpensAt: on the next day
	Description   string    `json:"description,omitempty"`
	Link          string    `json:"schedule_link,omitempty"`
	AttendingType string    `json:"attending_type,omitempty"`
	Notes         string    `json:"notes,omitempty"`
	// Except and Also are days on which the rule does not hold, and days besides its own: "2026-12-25,2027-01-01". The standard
	// has neither: they are RFC 5545's, between hubs.
	Except string `json:"exdate,omitempty"`
	Also   string `json:"rdate,omitempty"`
}
