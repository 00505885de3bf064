package signin

import (
	"context"
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"liferooms.io/liferooms/ent/schema"
)

// token is a bearer token that was verified, remembered until it expires.
type token struct {
	provider *provider
	client   schema.APIClient
	identity identity
	expires  time.Time
}

// maxToken bounds a token's text, in bytes.
const maxToken = 16 << 10

// bearer takes the token out of the Authorization header.
func bearer(r *http.Request) (string, error) {
	values := r.Header.Values("Authorization")
	scheme, raw, _ := strings.Cut(values[0], " ")
	raw = strings.TrimSpace(raw)
	if len(values) != 1 || !strings.EqualFold(scheme, "Bearer") || raw == "" || len(raw) > maxToken {
		return "", badToken("the Authorization header must be the word Bearer and one token")
	}
	return raw, nil
}

// verified gives the token's meaning, verifying it where that has not been done since its provider's settings changed.
func (s *SignIn) verified(ctx context.Context, raw string) (*token, error) {
	sum := sha256.Sum256([]byte(raw))
	list, err := s.providers.current(ctx)
	if err != nil {
		return nil, err
	}
	if t, ok := s.tokens.Get(sum); ok && time.Now().Before(t.expires) && list.byID[t.provider.ID] == t.provider {
		return t, nil
	}
	done := s.verifying.DoChan(string(sum[:]), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*answerTime)
		defer cancel()
		t, err := s.verify(ctx, raw)
		if err != nil {
			return nil, err
		}
		s.tokens.Add(sum, t)
		return t, nil
	})
	select {
	case r := <-done:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*token), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *SignIn) verify(ctx context.Context, raw string) (*token, error) {
	candidates, err := s.issuedBy(ctx, raw)
	if err != nil {
		return nil, err
	}
	// Which trust's settings apply is settled by the client, once the signature holds. The signature is the issuer's, so
	// that any of its providers can check it; the algorithms allowed are each provider's own.
	var refusal error
	for _, p := range candidates {
		c, err := p.verify(ctx, raw)
		if err != nil {
			refusal = err
			continue
		}
		client, err := p.clientOf(c)
		if err != nil {
			refusal = err
			continue
		}
		groups, _, err := s.groupsOf(ctx, p, c, raw, false)
		if err != nil {
			return nil, err
		}
		staffID, err := s.arrive(ctx, p, c)
		if err != nil {
			return nil, err
		}
		return &token{provider: p, client: client, identity: identity{p.TrustID, staffID, p.mapped(groups), groups}, expires: c.Expires.Time().Add(leeway)}, nil
	}
	return nil, refusal
}

// groupsOf reads the groups that the claims give, and those of them to which a hub of the provider's trust gives a role.
func (s *SignIn) groupsOf(ctx context.Context, p *provider, c *claims, accessToken string, ask bool) (groups, known []string, err error) {
	hubs, err := s.hubs.of(ctx, p.TrustID)
	if err != nil {
		return nil, nil, err
	}
	byGroup, err := s.groupRoles.of(ctx, p.TrustID, hubs)
	if err != nil {
		return nil, nil, err
	}
	groups, err = p.groups(ctx, c, accessToken, ask, len(p.RoleMappings)+len(byGroup) > 0)
	return groups, granted(groups, byGroup), err
}

// issuedBy finds the providers of the issuer that the token names; nothing of the token is believed yet.
func (s *SignIn) issuedBy(ctx context.Context, raw string) ([]*provider, error) {
	unsigned, err := jwt.ParseSigned(raw, anyAlgorithm)
	if err != nil {
		return nil, badToken("it is not a token signed in a way that is accepted").Because(err)
	}
	var c jwt.Claims
	if err := unsigned.UnsafeClaimsWithoutVerification(&c); err != nil {
		return nil, badToken("its content cannot be read").Because(err)
	}
	candidates, err := s.providers.byIssuer(ctx, c.Issuer)
	if err != nil {
		return nil, err
	}
	if c.Issuer == "" || len(candidates) == 0 {
		return nil, badToken("no trust here knows the sign-in service that issued it")
	}
	return candidates, nil
}

var anyAlgorithm = func() (all []jose.SignatureAlgorithm) {
	for _, a := range schema.SigningAlgorithms {
		all = append(all, jose.SignatureAlgorithm(a))
	}
	return all
}()

// clientOf finds the API client that asked for the token, and checks that it asked for this API. The staff app's own
// client is none, unless it is listed: its tokens are made for signing in and must not leave the server.
func (p *provider) clientOf(c *claims) (schema.APIClient, error) {
	for _, client := range p.APIClients {
		if client.ClientID != c.client() {
			continue
		}
		audience := client.Audience
		if audience == "" {
			audience = client.ClientID
		}
		if !slices.Contains(c.Audience, audience) {
			return schema.APIClient{}, badToken("it was made out to another service")
		}
		return client, nil
	}
	return schema.APIClient{}, badToken("the application that asked for it is not one that your trust lets in")
}

func (t *token) mayComeFrom(origin string) bool { return slices.Contains(t.client.Origins, origin) }
