//go:build !production

package devprovider

import (
	"strings"

	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/viewer"
)

// User is one of the demo staff. None of them exists.
type User struct {
	// Login is the short name that the page and `liferooms token --as` take; it is also the subject of their tokens.
	Login string
	Name  string
	Email string
	// Does says the role and the hub in the words of the page.
	Does string
	// Trust is the ODS code of the demo trust that the user works for.
	Trust string
	// Groups is what the groups claim holds.
	Groups []string
}

// The ODS codes of the two demo trusts.
const (
	Mersey    = "ZZ1"
	Elsewhere = "ZZ2"
)

// Users lists the demo staff in the order of the page.
var Users = []User{
	{"fay", "Fay Brennan", "fay@mersey.example.org", "Reception, Walton", Mersey, []string{"liferooms-walton-reception"}},
	{"amir", "Amir Rahman", "amir@mersey.example.org", "Pathways Advisor, Walton", Mersey, []string{"liferooms-walton-advisor"}},
	{"tia", "Tia Okoro", "tia@mersey.example.org", "Tutor, Walton", Mersey, []string{"liferooms-walton-tutor"}},
	{"mo", "Mo Hassan", "mo@mersey.example.org", "Hub manager, Walton", Mersey, []string{"liferooms-walton-manager"}},
	{"ada", "Ada Whitfield", "ada@mersey.example.org", "Trust admin, every hub", Mersey, []string{"liferooms-trust-admin"}},
	{"sol", "Sol Pereira", "sol@mersey.example.org", "Reception, Southport", Mersey, []string{"liferooms-southport-reception"}},
	{"zoe", "Zoe Lindqvist", "zoe@elsewhere.example.org", "Reception, Elsewhere (another trust)", Elsewhere, []string{"liferooms-elsewhere-reception"}},
}

// The OIDC clients that every issuer knows. Their tokens, the staff app's apart, are made out to Audience.
const (
	StaffAppClient = "liferooms-staff-app"
	OtherAppClient = "other-app"
	KioskClient    = "walton-kiosk"
	TerminalClient = "terminal"

	Audience = "liferooms-api"
	// KioskSecret is no secret: it is the same on every development machine.
	KioskSecret = "only-for-development"
)

// Settings is what the seed stores as the identity provider of a demo trust.
type Settings struct {
	// Trust is the ODS code.
	Trust        string
	Name         string
	Issuer       string
	ClientID     string
	Scopes       []string
	RolesClaim   string
	RoleMappings []schema.RoleMapping
	APIClients   []schema.APIClient
}

// issuers names each trust's issuer by its path below the base URL.
var issuers = []struct{ trust, name, path string }{
	{Mersey, "Merseyside demo sign-in", "/mersey"},
	{Elsewhere, "Elsewhere demo sign-in", "/elsewhere"},
}

// IdentityProviders gives the settings of both demo trusts for a provider reached at baseURL (no slash at its end),
// where the other app runs in browsers at otherAppURL; empty: none does.
func IdentityProviders(baseURL, otherAppURL string) []Settings {
	other := schema.APIClient{ClientID: OtherAppClient, Audience: Audience}
	if otherAppURL != "" {
		other.Origins = []string{otherAppURL}
	}
	var all []Settings
	for _, i := range issuers {
		all = append(all, Settings{
			Trust:        i.trust,
			Name:         i.name,
			Issuer:       baseURL + i.path,
			ClientID:     StaffAppClient,
			Scopes:       []string{"profile", "email", "groups"},
			RolesClaim:   "groups",
			RoleMappings: mappings(i.trust),
			APIClients: []schema.APIClient{
				other,
				{ClientID: KioskClient, Audience: Audience},
				{ClientID: TerminalClient, Audience: Audience, FreeQueries: true},
			},
		})
	}
	return all
}

// mappings turns every group that a hub of the trust may have into its role, so that a demo group named by the same
// pattern needs no further setting.
func mappings(trust string) []schema.RoleMapping {
	hubs := map[string][]string{Mersey: {"walton", "southport"}, Elsewhere: {"elsewhere"}}[trust]
	var all []schema.RoleMapping
	for _, role := range viewer.Roles {
		name := strings.ReplaceAll(strings.ToLower(string(role)), "_", "-")
		if role == viewer.TrustAdmin {
			all = append(all, schema.RoleMapping{Value: "liferooms-" + name, Role: string(role)})
			continue
		}
		for _, hub := range hubs {
			all = append(all, schema.RoleMapping{Value: "liferooms-" + hub + "-" + name, Role: string(role), Hub: hub})
		}
	}
	return all
}

func userOf(trust, login string) (User, bool) {
	for _, u := range Users {
		if u.Trust == trust && u.Login == login {
			return u, true
		}
	}
	return User{}, false
}

func staffOf(trust string) []User {
	var staff []User
	for _, u := range Users {
		if u.Trust == trust {
			staff = append(staff, u)
		}
	}
	return staff
}
