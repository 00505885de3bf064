package provision

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"liferooms.io/liferooms/ent/schema"
)

// checkTrust says all that is to mend.
func (p *Provisioner) checkTrust(t *Trust) error {
	f := &findings{}
	if !odsCode.MatchString(t.ODSCode) {
		f.mend("odsCode", "An ODS code is 2 to 12 capital letters and digits, such as RW4.")
	}
	f.line("name", t.Name, 200)
	if t.SessionHours < 1 || t.SessionHours > 24 {
		f.mend("sessionHours", "A sign-in lasts from 1 to 24 hours.")
	}
	if t.Disclosure.SuppressBelow < 5 || t.Disclosure.SuppressBelow > 1000 {
		f.mend("disclosure.suppressBelow", "Counts below at least 5 (and at most 1000) must be suppressed: a smaller number gives people away.")
	}
	if t.Disclosure.RoundTo < 1 || t.Disclosure.RoundTo > 100 {
		f.mend("disclosure.roundTo", "Counts are rounded to a multiple of a number from 1 to 100.")
	}
	f.years("mentalHealthYears", t.Retention.MentalHealthYears)
	f.years("otherAdultYears", t.Retention.OtherAdultYears)
	f.years("afterDeathYears", t.Retention.AfterDeathYears)
	f.most("identityProviders", len(t.IdentityProviders), maxProviders, "identity providers")
	issuers := make([]string, len(t.IdentityProviders))
	for i := range t.IdentityProviders {
		one := &t.IdentityProviders[i]
		issuers[i] = one.Issuer
		p.checkProvider(f, fmt.Sprintf("identityProviders.%d.", i), one)
	}
	for _, issuer := range duplicates(issuers) {
		f.mend("identityProviders", "The issuer %s is there twice.", issuer)
	}
	return f.err()
}

func (f *findings) years(field string, years int) {
	if years < 1 || years > 100 {
		f.mend("retention."+field, "Records are kept from 1 to 100 years.")
	}
}

func (p *Provisioner) checkProvider(f *findings, at string, one *IdentityProvider) {
	f.line(at+"name", one.Name, 200)
	f.line(at+"issuer", one.Issuer, 500)
	if u, err := url.Parse(one.Issuer); err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || u.Scheme != "https" && !p.plain(u) {
		f.mend(at+"issuer", "An issuer's address must begin with https:// and have no query, to the letter as the provider calls itself.")
	}
	f.line(at+"clientId", one.ClientID, 200)
	if secret := one.ClientSecret.Value; secret != nil && len(*secret) > 2000 {
		f.mend(at+"clientSecret", "A client secret has at most 2000 bytes.")
	}
	f.line(at+"rolesClaim", one.RolesClaim, 100)
	f.most(at+"scopes", len(one.Scopes), 20, "scopes")
	for _, scope := range one.Scopes {
		if scope == "" || strings.ContainsFunc(scope, func(c rune) bool { return c <= ' ' || c > '~' || c == '"' || c == '\\' }) {
			f.mend(at+"scopes", "%q is no scope.", scope)
		}
	}
	for _, a := range one.Algorithms {
		if !slices.Contains(schema.SigningAlgorithms, a) {
			f.mend(at+"algorithms", "%q is not accepted. Choose among %s.", a, strings.Join(schema.SigningAlgorithms, ", "))
		}
	}
	f.most(at+"roleMappings", len(one.RoleMappings), maxMappings, "role mappings")
	for i := range one.RoleMappings {
		m, field := &one.RoleMappings[i], fmt.Sprintf("%sroleMappings.%d.", at, i)
		f.line(field+"value", m.Value, 200)
		if !m.Role.Valid() {
			f.mend(field+"role", "%q is no role.", m.Role)
		}
		if m.Hub != nil && !slug.MatchString(*m.Hub) {
			f.mend(field+"hub", "Give the slug of a hub, or leave it out for every hub of the trust.")
		}
	}
	f.most(at+"apiClients", len(one.APIClients), maxClients, "API clients")
	for i := range one.APIClients {
		c, field := &one.APIClients[i], fmt.Sprintf("%sapiClients.%d.", at, i)
		f.line(field+"clientId", c.ClientID, 200)
		f.optional(field+"audience", &c.Audience, 500)
		for _, origin := range c.Origins {
			if u, err := url.Parse(origin); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.Scheme+"://"+u.Host != origin {
				f.mend(field+"origins", "%q is no origin: want a scheme and a host, such as https://app.example.org.", origin)
			}
		}
	}
}

// plain reports whether a provider may be reached by http: at this machine, or where the server itself is.
func (p *Provisioner) plain(u *url.URL) bool {
	host := u.Hostname()
	return u.Scheme == "http" && (p.config.PlainHTTP || host == "localhost" || host == "127.0.0.1" || host == "::1")
}
