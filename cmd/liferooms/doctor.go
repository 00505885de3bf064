package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"liferooms.io/liferooms/internal/seal"
	"liferooms.io/liferooms/internal/signin"
	"liferooms.io/liferooms/internal/store"
)

type doctorCommand struct {
	databaseFlags
	platformFlags
}

// Run checks the database (reachable, a role that cannot step over the walls, migrated), the trusts and hubs, that each
// sign-in service answers and its secret opens, and how the operator signs in. It goes on after a failure, to name all at
// once.
func (c *doctorCommand) Run(ctx context.Context, p Program) error {
	d := diagnosis{out: p.Stdout}
	s, err := c.open(ctx)
	d.say("database", "reachable, migrated, and the role is held by the walls", err)
	signIn, settings := c.signIn()
	if err == nil {
		defer s.Close()
		d.checkHubs(ctx, s)
		d.checkProviders(ctx, s, signIn.Keys)
	}
	d.say("secrets", sealing(signIn.Keys), settings)
	if settings == nil {
		well, err := signin.CheckPlatform(ctx, signIn.Platform)
		d.say("operator", well, err)
	}
	if d.failed > 0 {
		fmt.Fprintf(p.Stdout, "\n%d to mend.\n", d.failed)
		return errQuiet
	}
	fmt.Fprintln(p.Stdout, "\nAll is well.")
	return nil
}

type diagnosis struct {
	out    io.Writer
	failed int
}

func (d *diagnosis) say(what, well string, err error) {
	if err != nil {
		d.failed++
		fmt.Fprintf(d.out, "mend  %s: %s\n", what, strings.ReplaceAll(err.Error(), "\n", "; "))
		return
	}
	fmt.Fprintf(d.out, "ok    %s: %s\n", what, well)
}

func (d *diagnosis) checkHubs(ctx context.Context, s *store.Store) {
	hubs, err := s.AllHubs(ctx)
	if err == nil && len(hubs) == 0 {
		err = fmt.Errorf("there is none yet: nobody has anything to do here until one is made")
	}
	names, states := 0, map[string]int{}
	for _, h := range hubs {
		names += len(h.Hostnames)
		states[strings.ToLower(h.State)]++
	}
	well := fmt.Sprintf("%d, with %d host names of their own", len(hubs), names)
	for _, state := range slices.Sorted(maps.Keys(states)) {
		well += fmt.Sprintf("; %s: %d", state, states[state])
	}
	d.say("hubs", well, err)
}

func sealing(keys *seal.Keys) string {
	switch keys.Len() {
	case 0:
		return "none can be kept in the database; it takes --secret-key-file"
	case 1:
		return "sealed with one key"
	}
	return fmt.Sprintf("%d keys, of which the first seals", keys.Len())
}

func (d *diagnosis) checkProviders(ctx context.Context, s *store.Store, keys *seal.Keys) {
	providers, err := s.AllProviders(ctx)
	if err == nil && len(providers) == 0 {
		err = fmt.Errorf("there is none yet: nobody can sign in")
	}
	d.say("sign-in services", fmt.Sprintf("%d", len(providers)), err)
	for _, provider := range providers {
		d.say(provider.Name, "answers as "+provider.Issuer, discover(ctx, provider.Issuer))
		if provider.ClientSecretSealed == nil {
			continue
		}
		_, stale, err := keys.Open(*provider.ClientSecretSealed, seal.ProviderOwner(provider.TrustID, provider.Issuer))
		well := "opens"
		if stale {
			well = "opens with an old key; keep that until its trust has been applied again"
		}
		d.say("client secret of "+provider.Name, well, err)
	}
}

// discover reads the issuer's metadata as a sign-in would (OpenID Connect Discovery 1.0).
func discover(ctx context.Context, issuer string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", nil)
	if err != nil {
		return fmt.Errorf("the issuer %s is no address", issuer)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("does not answer: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", request.URL, response.Status)
	}
	var said struct{ Issuer string }
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&said); err != nil {
		return fmt.Errorf("%s cannot be read: %w", request.URL, err)
	}
	if said.Issuer != issuer {
		return fmt.Errorf("calls itself %q, and is set up as %q: they must be the same to the letter", said.Issuer, issuer)
	}
	return nil
}
