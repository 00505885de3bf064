//go:build !production

package devprovider

import (
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// client is one application that may ask the provider for tokens.
type client struct {
	id          string
	secret      string // empty: public, held to PKCE
	grant       oidc.GrantType
	redirects   []string
	afterLogout []string
	audience    []string // of its tokens; empty: the client itself
	loginURL    func(requestID string) string
}

func (c *client) GetID() string                    { return c.id }
func (c *client) RedirectURIs() []string           { return c.redirects }
func (c *client) PostLogoutRedirectURIs() []string { return c.afterLogout }
func (c *client) LoginURL(requestID string) string { return c.loginURL(requestID) }
func (c *client) GrantTypes() []oidc.GrantType     { return []oidc.GrantType{c.grant} }
func (c *client) IDTokenLifetime() time.Duration   { return tokenLife }

func (c *client) ApplicationType() op.ApplicationType {
	if c.secret != "" {
		return op.ApplicationTypeWeb
	}
	return op.ApplicationTypeUserAgent
}

func (c *client) AuthMethod() oidc.AuthMethod {
	if c.secret != "" {
		return oidc.AuthMethodBasic
	}
	return oidc.AuthMethodNone
}

func (c *client) ResponseTypes() []oidc.ResponseType {
	if c.grant == oidc.GrantTypeCode {
		return []oidc.ResponseType{oidc.ResponseTypeCode}
	}
	return nil
}

func (c *client) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }

// DevMode lets redirects be plain http: this provider serves a development machine.
func (c *client) DevMode() bool { return true }

func (c *client) RestrictAdditionalIdTokenScopes() func([]string) []string     { return asAsked }
func (c *client) RestrictAdditionalAccessTokenScopes() func([]string) []string { return asAsked }
func (c *client) IsScopeAllowed(scope string) bool                             { return scope == "groups" }

// IDTokenUserinfoClaimsAssertion puts name and e-mail into the id token, as the providers of trusts do.
func (c *client) IDTokenUserinfoClaimsAssertion() bool { return true }
func (c *client) ClockSkew() time.Duration             { return 0 }

func asAsked(scopes []string) []string { return scopes }
