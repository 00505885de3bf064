package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/devprovider"
	"liferooms.io/liferooms/internal/signin"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// otherApp is where another single-page app runs.
const otherApp = "http://localhost:3000"

// The documents of an app as small as can be.
var (
	viewerDocument = "query Viewer { viewer { name hubs { slug } } }"
	queueDocument  = `subscription Queue { queue(hub: "walton") { waiting { id } } }`
	trustedTexts   = map[string]string{"sha256:viewer": viewerDocument, "sha256:queue": queueDocument}
)

// site is a running server over a database of its own, with the dev provider to sign in by.
type site struct {
	t        *testing.T
	world    *storetest.World
	provider *devprovider.Provider
	signInAt string
	url      string
	server   *Server
	stop     func() error
}

func newSite(t *testing.T, configure ...func(*Config)) *site {
	t.Helper()
	s := &site{t: t, world: storetest.New(t)}
	app := listen(t)
	s.url = "http://" + app.Addr().String()

	signInServer := httptest.NewUnstartedServer(nil)
	s.signInAt = "http://" + signInServer.Listener.Addr().String()
	var err error
	s.provider, err = devprovider.New(devprovider.Config{BaseURL: s.signInAt, StaffAppURL: s.url, OtherAppURL: otherApp})
	if err != nil {
		t.Fatal(err)
	}
	signInServer.Config.Handler = s.provider.Handler()
	signInServer.Start()
	t.Cleanup(signInServer.Close)
	for _, set := range s.provider.IdentityProviders() {
		ctx := s.world.Platform(s.world.Walton)
		if set.Trust == devprovider.Elsewhere {
			ctx = s.world.Platform(s.world.Elsewhere)
		}
		err := s.world.Store.Client(ctx).IdentityProvider.Create().SetName(set.Name).SetIssuer(set.Issuer).SetClientID(set.ClientID).
			SetScopes(set.Scopes).SetRolesClaim(set.RolesClaim).SetRoleMappings(set.RoleMappings).SetAPIClients(set.APIClients).Exec(ctx)
		if err != nil {
			t.Fatal(err)
		}
	}
	s.server, s.stop = s.run(s.world.Store, app, configure...)
	return s
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// run serves on the listener until stop is called or the test ends; stop gives what Run gave.
func (s *site) run(from *store.Store, app net.Listener, configure ...func(*Config)) (*Server, func() error) {
	s.t.Helper()
	log := audit.New(from)
	config := Config{PublicURL: s.url}
	for _, change := range configure {
		change(&config)
	}
	people, err := signin.New(from, log, signin.Config{PublicURL: config.PublicURL})
	if err != nil {
		s.t.Fatal(err)
	}
	page := http.FileServerFS(fstest.MapFS{"index.html": {Data: []byte("<!doctype html><title>Life Rooms</title>")},
		"app.js": {Data: []byte(strings.Repeat("let x = 1;\n", 2000))}})
	made, err := New(config, Parts{Store: from, Log: log, SignIn: people, App: page, Documents: trustedTexts})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- made.Run(ctx, []net.Listener{app}, nil) }()
	stopped := false
	var result error
	stop := func() error {
		if !stopped {
			stopped = true
			cancel()
			result = <-ended
			log.Close()
		}
		return result
	}
	s.t.Cleanup(func() {
		if err := stop(); err != nil {
			s.t.Errorf("the server ended with: %v", err)
		}
	})
	return made, stop
}

func (s *site) token(user string) string {
	s.t.Helper()
	token, err := s.provider.Token(s.t.Context(), user)
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// caller is who sends requests: with a token, or with the cookies of a sign-in.
type caller struct {
	t      *testing.T
	url    string
	header http.Header
	client *http.Client
}

// bearer is a client with a token of the user.
func (s *site) bearer(user string) *caller {
	return &caller{s.t, s.url, http.Header{"Authorization": {"Bearer " + s.token(user)}}, http.DefaultClient}
}

// browser is a browser in which the user has signed in; it sends the staff app's header.
func (s *site) browser(user string) *caller {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	c := &caller{s.t, s.url, http.Header{signin.Header: {"test"}}, &http.Client{Jar: jar}}
	var ways []struct{ ID, Name string }
	if err := json.Unmarshal([]byte(c.get("/auth/providers").text), &ways); err != nil {
		s.t.Fatal(err)
	}
	for _, way := range ways {
		if !strings.HasPrefix(way.Name, "Merseyside") {
			continue
		}
		chooser := c.get("/auth/login?provider=" + way.ID)
		response, err := c.client.PostForm(s.signInAt+"/mersey/sign-in", url.Values{"request": {chooser.url.Query().Get("request")}, "user": {user}})
		if err != nil {
			s.t.Fatal(err)
		}
		response.Body.Close()
		return c
	}
	s.t.Fatalf("no way in among %v", ways)
	return nil
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	url    *url.URL
	text   string
}

// answer is a reply's GraphQL.
type answer struct {
	Data   json.RawMessage
	Errors []struct {
		Message    string
		Extensions struct{ Code, RequestID, Field string }
	}
}

func (r reply) answer(t *testing.T) answer {
	t.Helper()
	var a answer
	if err := json.Unmarshal([]byte(r.text), &a); err != nil {
		t.Fatalf("the answer is no JSON: %v\n%d %q", err, r.status, r.text)
	}
	return a
}

func (r reply) code(t *testing.T) string {
	t.Helper()
	a := r.answer(t)
	if len(a.Errors) == 0 {
		return ""
	}
	return a.Errors[0].Extensions.Code
}

func (c *caller) do(method, path string, body io.Reader, header ...string) reply {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	for name, values := range c.header {
		r.Header[name] = values
	}
	for i := 0; i < len(header); i += 2 {
		if header[i+1] == "" {
			r.Header.Del(header[i])
			continue
		}
		r.Header.Set(header[i], header[i+1])
	}
	response, err := c.client.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, response.Request.URL, string(text)}
}

func (c *caller) get(path string, header ...string) reply {
	c.t.Helper()
	return c.do("GET", path, nil, header...)
}

// send posts a body to the API as JSON, unless a header says otherwise.
func (c *caller) send(body string, header ...string) reply {
	c.t.Helper()
	return c.do("POST", "/graphql", strings.NewReader(body), append([]string{"Content-Type", "application/json"}, header...)...)
}

func (c *caller) ask(query string, variables map[string]any, header ...string) reply {
	c.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		c.t.Fatal(err)
	}
	return c.send(string(body), header...)
}

// eventually waits for a condition, which comes without a sign.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatal("waited in vain: ", what)
}

// events opens a stream and gives its lines.
func (c *caller) events(body string) (*http.Response, <-chan string) {
	c.t.Helper()
	ctx, cancel := context.WithCancel(c.t.Context())
	c.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "POST", c.url+"/graphql", strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for name, values := range c.header {
		r.Header[name] = values
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	response, err := c.client.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		defer response.Body.Close()
		var rest []byte
		part := make([]byte, 4096)
		for {
			n, err := response.Body.Read(part)
			rest = append(rest, part[:n]...)
			for {
				line, after, found := bytes.Cut(rest, []byte("\n"))
				if !found {
					break
				}
				if len(line) > 0 && line[0] != ':' {
					lines <- string(line)
				}
				rest = after
			}
			if err != nil {
				return
			}
		}
	}()
	return response, lines
}

// next gives the next line that holds the part.
func next(t *testing.T, lines <-chan string, part string) string {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		select {
		case line, open := <-lines:
			if !open {
				t.Fatalf("the stream ended before %q", part)
			}
			if strings.Contains(line, part) {
				return line
			}
		case <-limit:
			t.Fatalf("no %q in the stream", part)
		}
	}
}

func (s *site) platform() context.Context { return s.world.Platform(s.world.Walton) }

func (s *site) person(given, family string) string {
	s.t.Helper()
	ctx := s.platform()
	p, err := s.world.Store.Client(ctx).Person.Create().SetMemberNumber("W" + given).SetGivenName(given).SetFamilyName(family).Save(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	return p.ID.String()
}
