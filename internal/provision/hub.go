package provision

import (
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent/hub"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/viewer"
)

// Hub is all that is set up of a hub, in the order in which it is shown: both what shall be and what is.
type Hub struct {
	Name              string
	Address           *string
	Postcode          *string
	UPRN              *string
	Latitude          *float64
	Longitude         *float64
	TimeZone          string
	OpeningHours      []schema.OpeningHours
	OpeningExceptions []OpeningException
	Hostnames         []string
	Brand             Brand
	Needs             []Need
	Modules           []schema.Module
	Rooms             []Room
	RoleGrants        []GroupRole
}

// HubState is a hub as it is set up now.
type HubState struct {
	Hub
	ID                uuid.UUID
	Trust             string // its ODS code
	Slug              string
	State             hub.State
	OrganisationCount int
	ServiceCount      int
}

// OpeningException is a day on which the hub's week does not hold; without Opens and Closes it is closed.
type OpeningException struct {
	Date          time.Time
	Opens, Closes *string // HH:MM in the hub's time zone
	Note          *string
}

// Brand is how a hub shows itself; nil: the neutral way.
type Brand struct{ Name, Colour, LogoURL *string }

// Need is one of the hub's taxonomy.
type Need struct{ Code, Name string }

// Room is a bookable space for so many people.
type Room struct {
	Name     string
	Capacity int
}

// GroupRole gives a role in the hub to whoever has the group in their provider's roles claim.
type GroupRole struct {
	Group string
	Role  viewer.Role
}
