package signin

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/problem"
)

// leeway is how far the clocks of an issuer and of this server may differ.
const leeway = time.Minute

// claims is what a verified token says.
type claims struct {
	token *oidc.IDToken

	Subject    string           `json:"sub"`
	Audience   jwt.Audience     `json:"aud"`
	Expires    *jwt.NumericDate `json:"exp"`
	Issued     *jwt.NumericDate `json:"iat"`
	NotBefore  *jwt.NumericDate `json:"nbf"`
	Nonce      string           `json:"nonce"`
	Authorized string           `json:"azp"`
	ClientID   string           `json:"client_id"`
	AppID      string           `json:"appid"` // Entra ID's version 1 tokens
	Name       string           `json:"name"`
	Username   string           `json:"preferred_username"`
	Email      string           `json:"email"`

	all map[string]json.RawMessage
}

// verify checks a token's signature, issuer and times; whom it is for is up to the caller. The errors are problems.
func (p *provider) verify(ctx context.Context, raw string) (*claims, error) {
	algorithms := make([]jose.SignatureAlgorithm, 0, len(schema.SigningAlgorithms))
	for _, a := range p.algorithms() {
		algorithms = append(algorithms, jose.SignatureAlgorithm(a))
	}
	signed, err := jose.ParseSigned(raw, algorithms)
	var refused *jose.ErrUnexpectedSignatureAlgorithm
	switch {
	case errors.As(err, &refused):
		return nil, badToken("it is signed in a way (%q) that your trust does not accept", shown(string(refused.Got))).Because(err)
	case err != nil:
		return nil, badToken("it is not a signed token").Because(err)
	case len(signed.Signatures) != 1:
		return nil, badToken("it must have one signature")
	}
	known, err := p.issuer.discover(ctx)
	if err != nil {
		return nil, unreachable(err)
	}
	header := signed.Signatures[0].Header
	key, err := known.keys.find(ctx, header.KeyID, header.Algorithm)
	switch {
	case errors.Is(err, errUnknownKey):
		return nil, badToken("it is signed with a key that the sign-in service does not publish").Because(err)
	case err != nil:
		return nil, unreachable(err)
	}
	verifier := oidc.NewVerifier(p.Issuer, &oidc.StaticKeySet{PublicKeys: []crypto.PublicKey{key}}, &oidc.Config{
		SupportedSigningAlgs: p.algorithms(),
		SkipClientIDCheck:    true, // by the caller
		SkipExpiryCheck:      true, // below, with our leeway
	})
	token, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, badToken("its signature, its issuer or its form is wrong").Because(err)
	}
	c := &claims{token: token}
	if err := errors.Join(token.Claims(c), token.Claims(&c.all)); err != nil {
		return nil, badToken("its content cannot be read").Because(err)
	}
	return c, c.timely(time.Now())
}

func (c *claims) timely(now time.Time) error {
	switch {
	case c.Subject == "" || len(c.Subject) > 255:
		return badToken("it does not say whose it is")
	case c.Expires == nil:
		return badToken("it does not say when it expires")
	case now.After(c.Expires.Time().Add(leeway)):
		return problem.New(problem.Unauthenticated, "The token has expired. Sign in again, or get a new token.")
	case c.NotBefore != nil && now.Add(leeway).Before(c.NotBefore.Time()):
		return badToken("it is not valid yet")
	case c.Issued != nil && now.Add(leeway).Before(c.Issued.Time()):
		return badToken("it was issued in the future; check the clocks")
	}
	return nil
}

// checkIDToken checks what OpenID Connect Core 3.1.3.7 asks of an id token beside its signature and times.
func (c *claims) checkIDToken(clientID, nonce string) error {
	switch {
	case !slices.Contains(c.Audience, clientID):
		return badToken("it was made out to another application")
	case len(c.Audience) > 1 && c.Authorized == "", c.Authorized != "" && c.Authorized != clientID:
		return badToken("it was made out to another application")
	case c.Issued == nil:
		return badToken("it does not say when it was issued")
	case nonce == "" || c.Nonce != nonce:
		return badToken("it belongs to another sign-in")
	}
	return nil
}

// client is the application that asked for the token.
func (c *claims) client() string {
	for _, id := range []string{c.Authorized, c.ClientID, c.AppID} {
		if id != "" {
			return id
		}
	}
	return ""
}

// displayName is what colleagues see of somebody.
func (c *claims) displayName() string {
	for _, name := range []string{c.Name, c.Username} {
		if name != "" {
			return cut(name, 200)
		}
	}
	return "Member of staff"
}

func badToken(why string, args ...any) *problem.Problem {
	return problem.New(problem.Unauthenticated, "The token was not accepted: %s. Sign in again, or get a new token.", fmt.Sprintf(why, args...))
}

// shown keeps what a stranger sent from filling a message.
func shown(s string) string { return cut(s, 20) }

func cut(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most])
	}
	return s
}
