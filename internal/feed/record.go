package feed

// The records are those of Open Referral UK 3.0, with fields of HSDS 3.1 where it has none for what a hub holds. Field by
// field: an empty one is left out, but for those that the standard requires.

type service struct {
	ID             string       `json:"id"`
	Name           string       `json:"name"`
	AlternateName  string       `json:"alternate_name,omitempty"`
	Description    string       `json:"description,omitempty"`
	URL            string       `json:"url,omitempty"`
	Email          string       `json:"email,omitempty"`
	Status         string       `json:"status"`
	Application    string       `json:"application_process,omitempty"`
	Fees           string       `json:"fees,omitempty"`
	Accreditations string       `json:"accreditations,omitempty"`
	Eligibility    string       `json:"eligibility_description,omitempty"`
	MinimumAge     *int         `json:"minimum_age,omitempty"`
	MaximumAge     *int         `json:"maximum_age,omitempty"`
	AssuredDate    string       `json:"assured_date,omitempty"`
	Alert          string       `json:"alert,omitempty"`
	LastModified   string       `json:"last_modified,omitempty"`
	Organisation   organisation `json:"organization"`

	// These are left out of lists.
	Phones       []phone       `json:"phones,omitempty"`
	Contacts     []contact     `json:"contacts,omitempty"`
	Schedules    []schedule    `json:"schedules,omitempty"`
	Places       []place       `json:"service_at_locations,omitempty"`
	Languages    []language    `json:"languages,omitempty"`
	CostOptions  []costOption  `json:"cost_options,omitempty"`
	ServiceAreas []serviceArea `json:"service_areas,omitempty"`
	Funding      []funding     `json:"funding,omitempty"`
	Attributes   []attribute   `json:"attributes,omitempty"`
	Capacities   []capacity    `json:"capacities,omitempty"`
}

type funding struct {
	ID     string `json:"id"`
	Source string `json:"source"`
}

// capacity is how much there is of a service.
type capacity struct {
	ID          string `json:"id"`
	Unit        unit   `json:"unit"`
	Available   int    `json:"available"`
	Maximum     *int   `json:"maximum,omitempty"`
	Description string `json:"description,omitempty"`
	Updated     string `json:"updated"`
}

// unit is what a capacity counts.
type unit struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type organisation struct {
	ID            string       `json:"id"`
	Name          string       `json:"name"`
	AlternateName string       `json:"alternate_name,omitempty"`
	Description   string       `json:"description"`
	Email         string       `json:"email,omitempty"`
	Website       string       `json:"website,omitempty"`
	LegalStatus   string       `json:"legal_status,omitempty"`
	Identifiers   []identifier `json:"organization_identifiers,omitempty"`
	Phones        []phone      `json:"phones,omitempty"`
}

type identifier struct {
	ID         string `json:"id"`
	Scheme     string `json:"identifier_scheme,omitempty"`
	Type       string `json:"identifier_type"`
	Identifier string `json:"identifier"`
}

type phone struct {
	ID     string `json:"id"`
	Number string `json:"number"`
}

type contact struct {
	ID     string  `json:"id"`
	Name   string  `json:"name,omitempty"`
	Title  string  `json:"title,omitempty"`
	Email  string  `json:"email,omitempty"`
	Phones []phone `json:"phones,omitempty"`
}

type schedule struct {
	ID          string `json:"id"`
	PlaceID     string `json:"service_at_location_id,omitempty"`
	ValidFrom   string `json:"valid_from,omitempty"`
	ValidTo     string `json:"valid_to,omitempty"`
	Start       string `json:"dtstart,omitempty"`
	Until       string `json:"until,omitempty"`
	Frequency   string `json:"freq,omitempty"`
	Interval    int    `json:"interval,omitempty"`
	ByDay       string `json:"byday,omitempty"`
	ByMonthDay  string `json:"bymonthday,omitempty"`
	Description string `json:"description,omitempty"`
	OpensAt     string `json:"opens_at,omitempty"`
	ClosesAt    string `json:"closes_at,omitempty"`
	// These are RFC 5545's, for our own importer: the description tells them to readers of the standard, which has neither.
	Except string `json:"exdate,omitempty"`
	Also   string `json:"rdate,omitempty"`
}

// place is a service at a location. Within a service it has neither name nor status nor the service.
type place struct {
	ID          string   `json:"id"`
	Name        string   `json:"name,omitempty"`
	Status      string   `json:"status,omitempty"`
	Description string   `json:"description,omitempty"`
	Location    location `json:"location"`
	Service     *service `json:"service,omitempty"`
}

type location struct {
	ID            string          `json:"id"`
	Type          string          `json:"location_type"`
	Name          string          `json:"name,omitempty"`
	Description   string          `json:"description,omitempty"`
	Latitude      *float64        `json:"latitude,omitempty"`
	Longitude     *float64        `json:"longitude,omitempty"`
	Addresses     []address       `json:"addresses,omitempty"`
	Accessibility []accessibility `json:"accessibility,omitempty"`
}

// address has no field that may be left out.
type address struct {
	ID       string `json:"id"`
	Line1    string `json:"address_1"`
	City     string `json:"city"`
	County   string `json:"state_province"`
	Postcode string `json:"postal_code"`
	Country  string `json:"country"`
	Type     string `json:"address_type"`
}

type accessibility struct {
	ID          string `json:"id"`
	Description string `json:"description"`
}

type language struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type costOption struct {
	ID                string   `json:"id"`
	ValidFrom         string   `json:"valid_from,omitempty"`
	ValidTo           string   `json:"valid_to,omitempty"`
	Option            string   `json:"option,omitempty"`
	Currency          string   `json:"currency,omitempty"`
	Amount            *float64 `json:"amount,omitempty"`
	AmountDescription string   `json:"amount_description,omitempty"`
}

type serviceArea struct {
	ID          string `json:"id"`
	Name        string `json:"name,omitempty"`
	Description string `json:"description,omitempty"`
	URI         string `json:"uri,omitempty"`
}

type attribute struct {
	ID   string `json:"id"`
	Term term   `json:"taxonomy_term"`
}

type term struct {
	ID          string `json:"id"`
	Code        string `json:"code,omitempty"`
	Name        string `json:"name"`
	Description string `json:"description"`
	ParentID    string `json:"parent_id,omitempty"`
	Taxonomy    string `json:"taxonomy,omitempty"`
	TaxonomyID  string `json:"taxonomy_id,omitempty"`
}

type taxonomy struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Terms       []term `json:"taxonomy_terms,omitempty"`
}

// page is one of a list.
type page[T any] struct {
	TotalItems int  `json:"total_items"`
	TotalPages int  `json:"total_pages"`
	PageNumber int  `json:"page_number"`
	Size       int  `json:"size"`
	FirstPage  bool `json:"first_page"`
	LastPage   bool `json:"last_page"`
	Empty      bool `json:"empty"`
	Contents   []T  `json:"contents"`
}

func newPage[T any](contents []T, at pageAt, total int) page[T] {
	if contents == nil {
		contents = []T{}
	}
	pages := (total + at.size - 1) / at.size
	return page[T]{
		TotalItems: total, TotalPages: pages, PageNumber: at.number, Size: len(contents),
		FirstPage: at.number == 1, LastPage: at.number >= pages, Empty: len(contents) == 0, Contents: contents,
	}
}
