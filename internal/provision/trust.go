package provision

import "liferooms.io/liferooms/internal/viewer"

// Trust is all that is set up of a trust: both what shall be and what is.
type Trust struct {
	ODSCode           string
	Name              string
	SessionHours      int
	IdentityProviders []IdentityProvider
	Disclosure        Disclosure
	Retention         Retention
}

// Disclosure is how small numbers are kept from giving people away.
type Disclosure struct{ SuppressBelow, RoundTo int }

// Retention is for how many years records are kept before they are reviewed.
type Retention struct{ MentalHealthYears, OtherAdultYears, AfterDeathYears int }

// IdentityProvider is a way in for a trust's staff.
type IdentityProvider struct {
	Name         string
	Issuer       string
	ClientID     string
	Scopes       []string
	RolesClaim   string
	RoleMappings []RoleMapping
	Algorithms   []string
	APIClients   []APIClient
	Enabled      bool
	// ClientSecretDigest is of the secret that is stored; nil: none, or none that can be opened.
	ClientSecretDigest *string
}

// RoleMapping turns a value of the provider's roles claim into a role.
type RoleMapping struct {
	Value string
	Role  viewer.Role
	Hub   *string // nil: every hub of the trust
}

// APIClient is another app with an OIDC client of its own.
type APIClient struct {
	ClientID    string
	Audience    *string
	Origins     []string
	FreeQueries bool
}
