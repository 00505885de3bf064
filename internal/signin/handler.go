package signin

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/access"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/request"
	"liferooms.io/liferooms/internal/viewer"
)

// Handler serves the addresses below /auth/:
//
//	GET  /auth/providers   [{"id","name","trust"}] of the ways in
//	GET  /auth/login       ?provider=ID&return_to=/path: to the provider; without one, a page to choose from
//	GET  /auth/callback    back from the provider
//	POST /auth/logout      {"providerSignOutUrl"}; needs Header
//	GET  /auth/style.css   of the pages
//
// Errors are pages for people and, from the others, {"error":{"code","message","requestId"}}.
func (s *SignIn) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /auth/providers", s.listProviders)
	mux.HandleFunc("GET /auth/login", s.login)
	mux.HandleFunc("GET /auth/callback", s.callback)
	mux.HandleFunc("POST /auth/logout", s.logout)
	mux.HandleFunc("GET /auth/style.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, assets, "style.css")
	})
	return mux
}

type wayIn struct {
	ID    ID     `json:"id"`
	Name  string `json:"name"`
	Trust string `json:"trust"`
}

// openTo are the providers by which people come in at a site: at a hub's host name those of its trust.
func (s *SignIn) openTo(ctx context.Context, at site) ([]*provider, error) {
	list, err := s.providers.current(ctx)
	if err != nil {
		return nil, err
	}
	if at.hub == nil {
		return list.all, nil
	}
	var open []*provider
	for _, p := range list.all {
		if p.TrustID == at.hub.TrustID {
			open = append(open, p)
		}
	}
	return open, nil
}

func (s *SignIn) waysIn(ctx context.Context, at site) ([]wayIn, error) {
	open, err := s.openTo(ctx, at)
	if err != nil {
		return nil, err
	}
	ways := make([]wayIn, 0, len(open))
	for _, p := range open {
		ways = append(ways, wayIn{p.ID, p.Name, p.trust.Name})
	}
	return ways, nil
}

func (s *SignIn) listProviders(w http.ResponseWriter, r *http.Request) {
	at, err := s.at(r)
	if err != nil {
		answerProblem(w, r, err)
		return
	}
	ways, err := s.waysIn(r.Context(), at)
	if err != nil {
		answerProblem(w, r, err)
		return
	}
	answer(w, http.StatusOK, ways)
}

func (s *SignIn) login(w http.ResponseWriter, r *http.Request) {
	at, err := s.at(r)
	if err != nil {
		s.showProblem(w, r, err)
		return
	}
	p, err := s.chosen(r, at)
	switch {
	case err != nil:
		s.showProblem(w, r, err)
	case at.paused():
		show(w, http.StatusForbidden, page{
			Title: at.hub.Name + " is paused", Message: access.Closed(viewer.Closed{Name: at.hub.Name}).Message,
			RequestID: request.ID(r.Context()), Again: "/",
		})
	case p == nil:
		s.showChoice(w, r, at)
	default:
		if err := s.begin(w, r, at, p); err != nil {
			s.showProblem(w, r, err)
		}
	}
}

// chosen is the provider that the request names, or the only one; nil where there is a choice.
func (s *SignIn) chosen(r *http.Request, at site) (*provider, error) {
	name := r.URL.Query().Get("provider")
	if name == "" {
		open, err := s.openTo(r.Context(), at)
		if err != nil || len(open) != 1 {
			return nil, err
		}
		return open[0], nil
	}
	id, err := uuid.Parse(name)
	if err != nil {
		return nil, problem.Missing("sign-in service")
	}
	p, err := s.providers.byID(r.Context(), id)
	if err != nil {
		return nil, err
	}
	if p == nil || at.hub != nil && at.hub.TrustID != p.TrustID {
		return nil, problem.Missing("sign-in service")
	}
	return p, nil
}

func (s *SignIn) callback(w http.ResponseWriter, r *http.Request) {
	if err := s.finish(w, r); err != nil {
		s.showProblem(w, r, err)
	}
}

func (s *SignIn) logout(w http.ResponseWriter, r *http.Request) {
	if err := s.origin.Check(r); err != nil {
		answerProblem(w, r, crossSite(err))
		return
	}
	if r.Header.Get(Header) == "" {
		answerProblem(w, r, problem.New(problem.Forbidden, "Send the header %s with this request.", Header))
		return
	}
	providerURL, err := s.SignOut(w, r)
	if err != nil {
		answerProblem(w, r, err)
		return
	}
	var signOut struct {
		URL *string `json:"providerSignOutUrl"`
	}
	if providerURL != "" {
		signOut.URL = &providerURL
	}
	answer(w, http.StatusOK, signOut)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller has gone: nobody to tell
}

func answerProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := seen(r, err)
	type body struct {
		Code      problem.Code `json:"code"`
		Message   string       `json:"message"`
		RequestID string       `json:"requestId,omitempty"`
	}
	answer(w, Status(p.Code), map[string]body{"error": {p.Code, p.Message, request.ID(r.Context())}})
}

// seen logs what the caller is not told and gives what they are.
func seen(r *http.Request, err error) *problem.Problem {
	p := problem.Of(err)
	if cause := p.Unwrap(); cause != nil {
		level := slog.LevelWarn
		if p.Code == problem.Internal {
			level = slog.LevelError
		}
		slog.Log(r.Context(), level, "sign-in failed", "code", p.Code, "error", cause, "request", request.ID(r.Context()))
	}
	return p
}

// Status is the HTTP status that goes with a problem's code.
func Status(code problem.Code) int {
	switch code {
	case problem.Unauthenticated:
		return http.StatusUnauthorized
	case problem.Forbidden:
		return http.StatusForbidden
	case problem.NotFound:
		return http.StatusNotFound
	case problem.Conflict:
		return http.StatusConflict
	case problem.BadUserInput:
		return http.StatusBadRequest
	case problem.Limited:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

//go:embed page.html style.css
var assets embed.FS

var pages = template.Must(template.ParseFS(assets, "page.html"))

type page struct {
	Title     string
	Message   string
	RequestID string
	Again     string // address that begins the sign-in again; empty: none
	Ways      []choice
}

type choice struct{ Name, Trust, URL string }

func (s *SignIn) showProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := seen(r, err)
	show(w, Status(p.Code), page{Title: "You are not signed in", Message: p.Message, RequestID: request.ID(r.Context()), Again: "/"})
}

func (s *SignIn) showChoice(w http.ResponseWriter, r *http.Request, at site) {
	ways, err := s.waysIn(r.Context(), at)
	if err != nil {
		s.showProblem(w, r, err)
		return
	}
	content := page{Title: "Sign in to Life Rooms", Message: "Choose how you sign in."}
	if at.hub != nil {
		content.Title = "Sign in to " + at.hub.Name
	}
	if len(ways) == 0 {
		content.Message = "No way to sign in has been set up. Ask your trust administrator."
	}
	for _, way := range ways {
		query := url.Values{"provider": {way.ID.String()}, "return_to": {localPath(r.URL.Query().Get("return_to"))}}
		content.Ways = append(content.Ways, choice{way.Name, way.Trust, "/auth/login?" + query.Encode()})
	}
	show(w, http.StatusOK, content)
}

func show(w http.ResponseWriter, status int, content page) {
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, "page.html", content); err != nil {
		http.Error(w, "The page could not be made. Go back and try again.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // the address holds the provider's answer
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	_, _ = body.WriteTo(w) // the caller has gone: nobody to tell
}
