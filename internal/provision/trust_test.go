package provision_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/provision"
	"liferooms.io/liferooms/internal/viewer"
)

const (
	realm  = "https://sign-in.example.org/realms/trust"
	secret = "a client's own secret"
)

func trust() provision.Trust {
	return provision.Trust{
		ODSCode: "RW4", Name: "Mersey Care", SessionHours: 10, Disclosure: provision.Disclosure{SuppressBelow: 8, RoundTo: 5},
		Retention: provision.Retention{MentalHealthYears: 20, OtherAdultYears: 8, AfterDeathYears: 10},
		IdentityProviders: []provision.IdentityProvider{{
			Name: "Trust sign-in", Issuer: realm, ClientID: "liferooms", ClientSecret: provision.Secret{Given: true, Value: text(secret)},
			Scopes: []string{"profile", "email"}, RolesClaim: "groups", Algorithms: []string{"ES256"}, Enabled: true,
			RoleMappings: []provision.RoleMapping{{Value: "desk", Role: viewer.Reception, Hub: text("walton")}, {Value: "boss", Role: viewer.TrustAdmin}},
			APIClients:   []provision.APIClient{{ClientID: "kiosk", Audience: text("liferooms-api"), Origins: []string{"https://kiosk.example.org"}}},
		}},
	}
}

func (s *setup) applyTrust(t *testing.T, p *provision.Provisioner, want provision.Trust) []string {
	t.Helper()
	changed, err := p.ApplyTrust(s.ctx, want)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func (s *setup) readTrust(t *testing.T, p *provision.Provisioner) *provision.Trust {
	t.Helper()
	read, err := p.Trust(s.ctx, "RW4")
	if err != nil || read == nil {
		t.Fatalf("read the trust: %v, %v", read, err)
	}
	return read
}

func (s *setup) sealed(t *testing.T) (text string) {
	t.Helper()
	s.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if err := conn.QueryRow(ctx, "select coalesce(client_secret_sealed, '') from identity_providers where issuer = $1", realm).Scan(&text); err != nil {
			t.Fatal(err)
		}
	})
	return text
}

func TestATrustAppliedTwice(t *testing.T) {
	s := newSetup(t)
	if none, err := s.Provisioner.Trust(s.ctx, "RW4"); none != nil || err != nil {
		t.Fatalf("before it is made: %v, %v", none, err)
	}
	if changed := s.applyTrust(t, s.Provisioner, trust()); !slices.Equal(changed, []string{"odsCode", "name", "identityProviders"}) {
		t.Errorf("made: %v", changed)
	}
	want := trust()
	want.IdentityProviders[0].ClientSecret = provision.Secret{}
	want.IdentityProviders[0].ClientSecretDigest = text(provision.Digest("RW4", realm, "liferooms", secret))
	if diff := cmp.Diff(&want, s.readTrust(t, s.Provisioner)); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	before := s.rows(t)
	for _, again := range []provision.Trust{trust(), want} { // with the secret, and with what is stored kept
		if changed := s.applyTrust(t, s.Provisioner, again); len(changed) != 0 {
			t.Errorf("again: %v", changed)
		}
	}
	if diff := cmp.Diff(before, s.rows(t)); diff != "" {
		t.Errorf("something was written (-before +after):\n%s", diff)
	}
	for name, change := range map[string]func(*provision.Trust){
		"name":         func(t *provision.Trust) { t.Name = "Mersey" },
		"sessionHours": func(t *provision.Trust) { t.SessionHours = 12 },
		"disclosure":   func(t *provision.Trust) { t.Disclosure.SuppressBelow = 5 },
		"retention":    func(t *provision.Trust) { t.Retention.AfterDeathYears = 11 },
		"identityProviders": func(t *provision.Trust) {
			t.IdentityProviders[0].APIClients = nil
		},
	} {
		changed := trust()
		change(&changed)
		if got := s.applyTrust(t, s.Provisioner, changed); !slices.Equal(got, []string{name}) {
			t.Errorf("%s: changed %v", name, got)
		}
		if got := s.applyTrust(t, s.Provisioner, trust()); !slices.Equal(got, []string{name}) {
			t.Errorf("%s put back: changed %v", name, got)
		}
	}
	if n := s.Count(t, "select count(*) from audit_events where action = 'trust.applied' and hub_id is null and actor_id is null"); n != 11 {
		t.Errorf("%d audit events", n)
	}
}

func TestSecrets(t *testing.T) {
	s := newSetup(t)
	s.applyTrust(t, s.Provisioner, trust())
	first := s.sealed(t)
	if first == "" || strings.Contains(first, secret) {
		t.Fatalf("sealed as %q", first)
	}
	if n := s.Count(t, "select count(*) from audit_events where to_jsonb(audit_events)::text like '%own secret%'"); n != 0 {
		t.Error("the audit holds the secret")
	}

	keep := trust()
	keep.IdentityProviders[0].ClientSecret = provision.Secret{}
	both := s.provisioner(t, keyTwo, keyOne)
	if digest := s.readTrust(t, both).IdentityProviders[0].ClientSecretDigest; digest == nil {
		t.Error("a server with a new key first cannot read what the old one sealed")
	}
	if changed := s.applyTrust(t, both, keep); !slices.Equal(changed, []string{"identityProviders"}) {
		t.Errorf("sealed anew with the new key: changed %v", changed)
	}
	if changed := s.applyTrust(t, both, keep); len(changed) != 0 {
		t.Errorf("and again: changed %v", changed)
	}
	after := s.provisioner(t, keyTwo)
	if digest := s.readTrust(t, after).IdentityProviders[0].ClientSecretDigest; digest == nil {
		t.Error("with the new key alone the secret is lost")
	}

	// With the wrong key nothing can be read, and the secret sent again mends it.
	if digest := s.readTrust(t, s.Provisioner).IdentityProviders[0].ClientSecretDigest; digest != nil {
		t.Error("the old key alone opens what the new one sealed")
	}
	if changed := s.applyTrust(t, s.Provisioner, keep); len(changed) != 0 {
		t.Errorf("keeping what cannot be read changed %v", changed)
	}
	if changed := s.applyTrust(t, s.Provisioner, trust()); len(changed) != 1 {
		t.Errorf("sent again: changed %v", changed)
	}

	none := s.provisioner(t, "")
	_, err := none.ApplyTrust(s.ctx, trust())
	wantField(t, err, "identityProviders.0.clientSecret", problem.BadUserInput, "--secret-key-file")
	if strings.Contains(err.Error(), secret) {
		t.Error("the error holds the secret")
	}
	if changed := s.applyTrust(t, none, keep); len(changed) != 0 {
		t.Errorf("without a key, keeping: changed %v", changed)
	}
	public := trust()
	public.IdentityProviders[0].ClientSecret = provision.Secret{Given: true}
	if changed := s.applyTrust(t, none, public); !slices.Equal(changed, []string{"identityProviders"}) || s.sealed(t) != "" {
		t.Errorf("made public: changed %v", changed)
	}
	if changed := s.applyTrust(t, none, public); len(changed) != 0 {
		t.Errorf("made public again: changed %v", changed)
	}
}

func TestProvidersAndTheirSessions(t *testing.T) {
	s := newSetup(t)
	s.applyTrust(t, s.Provisioner, trust())
	if len(s.told.providers) != 0 {
		t.Fatal("sessions ended when the trust was made")
	}
	more := trust()
	more.IdentityProviders[0].RoleMappings = append(more.IdentityProviders[0].RoleMappings, provision.RoleMapping{Value: "tutors", Role: viewer.Tutor})
	s.applyTrust(t, s.Provisioner, more)
	if len(s.told.providers) != 0 {
		t.Error("sessions ended when a role was added")
	}
	s.applyTrust(t, s.Provisioner, trust())
	if len(s.told.providers) != 1 {
		t.Error("sessions went on when a role was taken away")
	}
	without := trust()
	without.IdentityProviders = nil
	if changed := s.applyTrust(t, s.Provisioner, without); !slices.Equal(changed, []string{"identityProviders"}) {
		t.Errorf("left out: changed %v", changed)
	}
	if len(s.told.providers) != 2 {
		t.Error("sessions went on when their provider was left out")
	}
	read := s.readTrust(t, s.Provisioner)
	if len(read.IdentityProviders) != 1 || read.IdentityProviders[0].Enabled {
		t.Errorf("left out, it must stay and be disabled: %+v", read.IdentityProviders)
	}
	if changed := s.applyTrust(t, s.Provisioner, without); len(changed) != 0 {
		t.Errorf("left out again: changed %v", changed)
	}
	s.applyTrust(t, s.Provisioner, trust())
	back := s.readTrust(t, s.Provisioner).IdentityProviders[0]
	if diff := cmp.Diff(trust().IdentityProviders[0], back, cmpopts.IgnoreFields(provision.IdentityProvider{}, "ClientSecret", "ClientSecretDigest")); diff != "" {
		t.Errorf("back (-want +got):\n%s", diff)
	}
}

func TestRefusedTrusts(t *testing.T) {
	s := newSetup(t)
	for name, c := range map[string]struct {
		change      func(*provision.Trust)
		field, says string
	}{
		"small letters":        {func(t *provision.Trust) { t.ODSCode = "rw4" }, "odsCode", "capital"},
		"no name":              {func(t *provision.Trust) { t.Name = "" }, "name", "empty"},
		"a week's session":     {func(t *provision.Trust) { t.SessionHours = 168 }, "sessionHours", "1 to 24"},
		"counts that tell":     {func(t *provision.Trust) { t.Disclosure.SuppressBelow = 4 }, "disclosure.suppressBelow", "at least 5"},
		"rounded to nothing":   {func(t *provision.Trust) { t.Disclosure.RoundTo = 0 }, "disclosure.roundTo", "1 to 100"},
		"kept for no time":     {func(t *provision.Trust) { t.Retention.OtherAdultYears = 0 }, "retention.otherAdultYears", "1 to 100"},
		"a plain issuer":       {func(t *provision.Trust) { t.IdentityProviders[0].Issuer = "http://sign-in.example.org" }, "identityProviders.0.issuer", "https://"},
		"an issuer's query":    {func(t *provision.Trust) { t.IdentityProviders[0].Issuer += "?x" }, "identityProviders.0.issuer", "no query"},
		"a symmetric key":      {func(t *provision.Trust) { t.IdentityProviders[0].Algorithms = []string{"HS256"} }, "identityProviders.0.algorithms", "not accepted"},
		"no role":              {func(t *provision.Trust) { t.IdentityProviders[0].RoleMappings[0].Role = "BOSS" }, "identityProviders.0.roleMappings.0.role", "no role"},
		"a path as an origin":  {func(t *provision.Trust) { t.IdentityProviders[0].APIClients[0].Origins[0] += "/" }, "identityProviders.0.apiClients.0.origins", "no origin"},
		"an issuer twice":      {func(t *provision.Trust) { t.IdentityProviders = append(t.IdentityProviders, t.IdentityProviders[0]) }, "identityProviders", "twice"},
		"a scope of two words": {func(t *provision.Trust) { t.IdentityProviders[0].Scopes = []string{"a b"} }, "identityProviders.0.scopes", "no scope"},
	} {
		t.Run(name, func(t *testing.T) {
			want := trust()
			c.change(&want)
			_, err := s.ApplyTrust(s.ctx, want)
			wantField(t, err, c.field, problem.BadUserInput, c.says)
		})
	}
	if n := s.Count(t, "select count(*) from trusts"); n != 2 {
		t.Errorf("%d trusts: a refused one was made", n)
	}
}

// TestTheDatabaseHoldsTheDisclosureRule, whatever the code does.
func TestTheDatabaseHoldsTheDisclosureRule(t *testing.T) {
	s := newSetup(t)
	s.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		for column, value := range map[string]int{"suppress_below": 4, "round_to": 0, "mental_health_years": 0} {
			if _, err := conn.Exec(ctx, "update trusts set "+column+" = $1", value); err == nil || !strings.Contains(err.Error(), "hand_trusts_") {
				t.Errorf("%s = %d: %v", column, value, err)
			}
		}
	})
}

func TestATrustByManyAtOnce(t *testing.T) {
	s := newSetup(t)
	const many = 12
	made := make([]bool, many)
	atOnce(t, many, func(i int) error {
		changed, err := s.ApplyTrust(s.ctx, trust())
		made[i] = len(changed) > 0
		return err
	})
	if n := count(made); n != 1 {
		t.Errorf("%d of them changed something", n)
	}
	if n := s.Count(t, "select count(*) from identity_providers where issuer = $1", realm); n != 1 {
		t.Errorf("%d providers", n)
	}
}
