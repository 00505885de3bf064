package graphqlhttp

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/devprovider"
	"liferooms.io/liferooms/internal/server"
	"liferooms.io/liferooms/internal/signin"
	"liferooms.io/liferooms/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestServerAudits(t *testing.T) {
	url, token := serve(t)
	if _, err := os.Stat("node_modules"); errors.Is(err, os.ErrNotExist) {
		if out, err := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error").CombinedOutput(); err != nil {
			t.Fatalf("npm ci: %v\n%s", err, out)
		}
	}
	run := exec.Command("node", "audit.js")
	run.Env = append(os.Environ(), "URL="+url+"/graphql", "TOKEN="+token)
	out, err := run.CombinedOutput()
	passed := 0
	for line := range strings.SplitSeq(string(out), "\n") {
		if strings.HasPrefix(line, "ok ") {
			passed++
		}
	}
	if err != nil || passed < 50 {
		t.Errorf("%d audits passed, %v:\n%s", passed, err, out)
	}
}

// serve runs the server over a database of its own and gives its address, with a token of somebody who may ask anything.
func serve(t *testing.T) (url, token string) {
	t.Helper()
	w := storetest.New(t)
	app, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url = "http://" + app.Addr().String()
	signInServer := httptest.NewUnstartedServer(nil)
	provider, err := devprovider.New(devprovider.Config{BaseURL: "http://" + signInServer.Listener.Addr().String(), StaffAppURL: url})
	if err != nil {
		t.Fatal(err)
	}
	signInServer.Config.Handler = provider.Handler()
	signInServer.Start()
	t.Cleanup(signInServer.Close)
	ctx, set := w.Platform(w.Walton), provider.IdentityProviders()[0]
	err = w.Store.Client(ctx).IdentityProvider.Create().SetName(set.Name).SetIssuer(set.Issuer).SetClientID(set.ClientID).
		SetRolesClaim(set.RolesClaim).SetRoleMappings(set.RoleMappings).SetAPIClients(set.APIClients).Exec(ctx)
	if err != nil {
		t.Fatal(err)
	}
	log := audit.New(w.Store)
	t.Cleanup(log.Close)
	people, err := signin.New(w.Store, log, signin.Config{PublicURL: url})
	if err != nil {
		t.Fatal(err)
	}
	// One audit asks for a type, by a variable.
	running, err := server.New(server.Config{PublicURL: url, TrustedDocuments: true, Introspection: true},
		server.Parts{Store: w.Store, Log: log, SignIn: people, App: http.NotFoundHandler()})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	runCtx, cancel := context.WithCancel(context.Background())
	go func() { ended <- running.Run(runCtx, []net.Listener{app}, nil) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	if token, err = provider.Token(t.Context(), "fay"); err != nil {
		t.Fatal(err)
	}
	return url, token
}
