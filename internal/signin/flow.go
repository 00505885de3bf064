package signin

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/uuid"
	"golang.org/x/oauth2"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/signinattempt"
	"liferooms.io/liferooms/internal/problem"
)

// attemptLife is how long somebody may take at the provider.
const attemptLife = 10 * time.Minute

// begin sends the browser to the provider. What must come back is kept under a digest of the state and of a secret in
// the browser's cookie, so that an answer counts once, and in the same browser only.
func (s *SignIn) begin(w http.ResponseWriter, r *http.Request, at site, p *provider) error {
	if !s.starts.Allow() {
		return problem.New(problem.Limited, "Too many people are signing in just now. Try again in a minute.")
	}
	ctx := r.Context()
	config, _, err := s.oauth(ctx, at, p)
	if err != nil {
		return err
	}
	browser := at.browser(r)
	if browser == "" {
		browser = newSecret()
	}
	state, nonce, verifier := p.ID.String()+"."+newSecret(), newSecret(), oauth2.GenerateVerifier()
	sum := attemptDigest(state, browser)
	now := time.Now()
	platform := forTrust(ctx, p.TrustID)
	client := s.store.Client(ctx).SignInAttempt
	if _, err := client.Delete().Where(signinattempt.ExpiresAtLTE(now)).Exec(platform); err != nil {
		return err
	}
	err = client.Create().SetStateHash(sum[:]).SetIdentityProviderID(p.ID).SetNonce(nonce).SetCodeVerifier(verifier).
		SetReturnTo(localPath(r.URL.Query().Get("return_to"))).SetExpiresAt(now.Add(attemptLife)).Exec(platform)
	if err != nil {
		return err
	}
	at.setCookie(w, browserCookie, browser, int(attemptLife.Seconds()))
	http.Redirect(w, r, config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), http.StatusSeeOther)
	return nil
}

func (a site) browser(r *http.Request) string {
	cookie, err := r.Cookie(a.cookieName(browserCookie))
	if err != nil || len(cookie.Value) > 100 {
		return ""
	}
	return cookie.Value
}

func attemptDigest(state, browser string) digest {
	return sha256.Sum256([]byte(state + " " + browser))
}

// oauth gives the client of the staff app at the provider, which leads back to the site.
func (s *SignIn) oauth(ctx context.Context, at site, p *provider) (*oauth2.Config, *found, error) {
	known, err := p.issuer.discover(ctx)
	if err != nil {
		return nil, nil, unreachable(err)
	}
	secret, err := p.secret(s.config.Keys, s.config.SecretsDir)
	if err != nil {
		return nil, nil, err
	}
	return &oauth2.Config{
		ClientID:     p.ClientID,
		ClientSecret: secret,
		Endpoint:     known.endpoint,
		RedirectURL:  at.url + "/auth/callback",
		Scopes:       append([]string{oidc.ScopeOpenID}, p.Scopes...),
	}, known, nil
}

// finish takes the provider's answer, opens a session and leads back to where the sign-in began.
func (s *SignIn) finish(w http.ResponseWriter, r *http.Request) error {
	ctx, answer := r.Context(), r.URL.Query()
	at, err := s.at(r)
	if err != nil {
		return err
	}
	p, attempt, err := s.take(ctx, answer.Get("state"), at.browser(r))
	if err != nil {
		return err
	}
	config, known, err := s.oauth(ctx, at, p)
	if err != nil {
		return err
	}
	if err := checkAnswer(answer, p.Issuer, known.SendsIssuer); err != nil {
		return err
	}
	tokens, err := config.Exchange(oidc.ClientContext(ctx, p.issuer.http), answer.Get("code"), oauth2.VerifierOption(attempt.CodeVerifier))
	if err != nil {
		return exchangeFailed(err)
	}
	c, err := p.idToken(ctx, tokens, attempt.Nonce)
	if err != nil {
		return err
	}
	groups, granted, err := s.groupsOf(ctx, p, c, tokens.AccessToken, true)
	if err != nil {
		return err
	}
	staffID, err := s.arrive(ctx, p, c)
	if err != nil {
		return err
	}
	before, err := s.session(r, at)
	if err != nil {
		return err
	}
	if before != nil { // signing in again ends what this browser had
		if err := s.close(ctx, before); err != nil {
			return err
		}
		s.sessions.forget(before.StaffUserID)
	}
	token, life, err := s.open(ctx, p, staffID, p.mapped(groups), granted)
	if err != nil {
		return err
	}
	at.setCookie(w, sessionCookie, token, int(life.Seconds()))
	http.Redirect(w, r, attempt.ReturnTo, http.StatusSeeOther)
	return nil
}

var errNoAttempt = problem.New(problem.BadUserInput, "This sign-in was not begun in this browser, was finished already, or took longer than ten minutes. Sign in again.")

// take finds the sign-in under way and removes it: of two answers with one state, one counts.
func (s *SignIn) take(ctx context.Context, state, browser string) (*provider, *ent.SignInAttempt, error) {
	id, _, _ := strings.Cut(state, ".")
	providerID, err := uuid.Parse(id)
	if err != nil || browser == "" {
		return nil, nil, errNoAttempt
	}
	p, err := s.providers.byID(ctx, providerID)
	if err != nil {
		return nil, nil, err
	}
	if p == nil {
		return nil, nil, errNoAttempt
	}
	sum := attemptDigest(state, browser)
	platform, client := forTrust(ctx, p.TrustID), s.store.Client(ctx).SignInAttempt
	attempt, err := client.Query().Where(signinattempt.StateHash(sum[:]), signinattempt.IdentityProviderID(p.ID), signinattempt.ExpiresAtGT(time.Now())).Only(platform)
	if ent.IsNotFound(err) {
		return nil, nil, errNoAttempt
	}
	if err != nil {
		return nil, nil, err
	}
	removed, err := client.Delete().Where(signinattempt.ID(attempt.ID)).Exec(platform)
	if err != nil {
		return nil, nil, err
	}
	if removed != 1 {
		return nil, nil, errNoAttempt
	}
	return p, attempt, nil
}

var errorCode = regexp.MustCompile(`^[a-z_]{1,40}$`)

// checkAnswer checks that the answer comes from the issuer that was asked (RFC 9207) and says yes.
func checkAnswer(answer url.Values, issuer string, sendsIssuer bool) error {
	if said, present := answer["iss"]; present && (len(said) != 1 || said[0] != issuer) || !present && sendsIssuer {
		return problem.New(problem.BadUserInput, "The answer came from another sign-in service than the one you chose, and was refused. Sign in again; if it goes on, tell your IT service desk.")
	}
	switch code := answer.Get("error"); {
	case code == "access_denied":
		return problem.New(problem.Forbidden, "The sign-in was cancelled, or your trust's sign-in service does not let you into Life Rooms.")
	case errorCode.MatchString(code):
		return problem.New(problem.Forbidden, "Your trust's sign-in service refused the sign-in (%s). Try again; if it goes on, tell your IT service desk.", code)
	case code != "" || answer.Get("code") == "":
		return problem.New(problem.BadUserInput, "The answer of the sign-in service cannot be read. Sign in again.")
	}
	return nil
}

func exchangeFailed(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response.StatusCode < http.StatusInternalServerError {
		return problem.New(problem.Forbidden, "Your trust's sign-in service did not confirm the sign-in. Sign in again; if it goes on, tell your IT service desk.").Because(scrubbed(refused))
	}
	if errors.As(err, &refused) {
		return unreachable(scrubbed(refused))
	}
	return unreachable(err)
}

// scrubbed keeps what may go into a log: the answer's body may hold anything.
func scrubbed(e *oauth2.RetrieveError) error {
	code := e.ErrorCode
	if !errorCode.MatchString(code) {
		code = "no error code"
	}
	return errors.New("token endpoint answered " + e.Response.Status + ": " + code)
}

// idToken verifies the id token of a finished sign-in.
func (p *provider) idToken(ctx context.Context, tokens *oauth2.Token, nonce string) (*claims, error) {
	raw, _ := tokens.Extra("id_token").(string)
	if raw == "" || len(raw) > maxAnswer {
		return nil, badToken("the sign-in service sent no id token")
	}
	c, err := p.verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	if err := c.checkIDToken(p.ClientID, nonce); err != nil {
		return nil, err
	}
	if c.token.AccessTokenHash != "" {
		if err := c.token.VerifyAccessToken(tokens.AccessToken); err != nil {
			return nil, badToken("it does not belong to the access token beside it").Because(err)
		}
	}
	return c, nil
}

// localPath keeps a path of this site and makes everything else the front page, so that a link to the sign-in cannot
// lead elsewhere. Browsers read \ as / and pass over tabs and line ends.
func localPath(to string) string {
	if len(to) > 1000 || strings.ContainsFunc(to, func(c rune) bool { return c <= ' ' || c == '\\' || c == 0x7f }) {
		return "/"
	}
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" ||
		!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(u.Path, "//") || strings.HasPrefix(u.Path, "/auth/") {
		return "/"
	}
	return to
}

// signOutURL is where the provider ends its own session and leads back; empty where there is no such page.
func (p *provider) signOutURL(ctx context.Context, publicURL string) string {
	known, err := p.issuer.discover(ctx)
	if err != nil || known.EndSession == "" {
		return ""
	}
	u, err := url.Parse(known.EndSession)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	query := u.Query()
	query.Set("client_id", p.ClientID)
	query.Set("post_logout_redirect_uri", publicURL+"/")
	u.RawQuery = query.Encode()
	return u.String()
}
