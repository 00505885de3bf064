//go:build !production

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/catalogue"
	"liferooms.io/liferooms/internal/demo"
	"liferooms.io/liferooms/internal/devprovider"
	"liferooms.io/liferooms/internal/freshness"
	"liferooms.io/liferooms/internal/gate"
	"liferooms.io/liferooms/internal/postgres"
	"liferooms.io/liferooms/internal/server"
	"liferooms.io/liferooms/internal/signin"
	"liferooms.io/liferooms/internal/store"
)

type devCommand struct {
	dataFlag

	Port             int     `env:"PORT" default:"8080" help:"Port of the app; the sign-in service takes the next one that is free."`
	Host             string  `default:"localhost" help:"Address to listen at. Whoever reaches it can sign in as anybody."`
	OtherAppURL      string  `default:"http://localhost:3000" help:"Where another single-page app runs, which may call the API with tokens of its own."`
	Rate             float64 `default:"100" help:"Operations that a viewer may send in a second; below 0: no limit."`
	Burst            int     `default:"200" help:"Operations that a viewer may send at once."`
	TrustedDocuments bool    `negatable:"" help:"Run only the app's own GraphQL documents, as in production."`
}

// Run keeps everything running until ctx ends, and then stops all of it in turn: the server drains, then the sign-in
// service goes, then Postgres.
func (c *devCommand) Run(ctx context.Context, p Program) (err error) {
	tuneMemory()
	app, err := c.listen(c.Port)
	if err != nil {
		return err
	}
	defer closeAll(app)
	port := app[0].Addr().(*net.TCPAddr).Port
	signIn, err := c.listenBeside(port)
	if err != nil {
		return err
	}
	defer closeAll(signIn)
	at := address{App: localURL(port), Provider: localURL(signIn[0].Addr().(*net.TCPAddr).Port)}

	if err := os.MkdirAll(c.Data, 0o755); err != nil { // others may pass through: Postgres may run as another user
		return fmt.Errorf("make the data folder: %w", err)
	}
	database, stop, err := c.startPostgres(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	at.Database = database.URL(store.ServerRole, databaseName)
	s, err := store.Open(ctx, store.Config{URL: at.Database})
	if err != nil {
		return err
	}
	defer s.Close()

	provider, err := devprovider.New(devprovider.Config{
		BaseURL: at.Provider, StaffAppURL: at.App, OtherAppURL: c.OtherAppURL, KeyFile: filepath.Join(c.Data, "sign-in.key"),
	})
	if err != nil {
		return err
	}
	signInServer := &http.Server{Handler: provider.Handler(), ReadHeaderTimeout: 10 * time.Second}
	for _, l := range signIn {
		go func() { _ = signInServer.Serve(l) }() // ends when it is closed, below
	}
	defer signInServer.Close()
	if err := c.seed(ctx, s, provider); err != nil {
		return err
	}

	running, err := assemble(s, server.Config{
		PublicURL: at.App, TrustedDocuments: c.TrustedDocuments, Introspection: true, Rate: c.Rate, Burst: c.Burst,
		Strangers: gate.Config{Rate: c.Rate, Burst: c.Burst},
	}, signin.Config{PublicScheme: "http"}, catalogue.Config{AllowPrivate: true}, freshness.Config{AllowPrivate: true})
	if err != nil {
		return err
	}
	defer running.Close()
	if err := c.writeAddress(at); err != nil {
		return err
	}
	defer os.Remove(c.addressFile())
	return c.run(ctx, p, running, app, at.App, database.Done())
}

func (c *devCommand) run(ctx context.Context, p Program, running *assembled, app []net.Listener, url string, databaseEnded <-chan struct{}) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	errDatabase := errors.New("the private Postgres has ended; its log is in the data folder")
	go func() {
		select {
		case <-databaseEnded:
			stop(errDatabase)
		case <-ctx.Done():
		}
	}()
	ended := make(chan error, 1)
	go func() { ended <- running.Run(ctx, app, nil) }()
	if err := answers(ctx, url+"/readyz"); err == nil {
		fmt.Fprintln(p.Stdout, "Life Rooms is ready at", url)
	} else if ctx.Err() == nil {
		stop(err)
	}
	err := <-ended
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = errors.Join(cause, err)
	}
	return err
}

// answers waits until the address answers well.
func answers(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = errors.New(response.Status)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer at %s: %w", url, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// listen opens the port: for localhost by both of its addresses, since browsers try either.
func (c *devCommand) listen(port int) ([]net.Listener, error) {
	hosts := []string{c.Host}
	if c.Host == "localhost" {
		hosts = []string{"127.0.0.1", "::1"}
	}
	var all []net.Listener
	for _, host := range hosts {
		l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil {
			if host == "::1" && !inUse(err) { // a machine without IPv6
				continue
			}
			closeAll(all)
			if inUse(err) {
				return nil, fmt.Errorf("port %d is in use by another program: stop that one, or choose another port, as in PORT=%d", port, port+10)
			}
			return nil, fmt.Errorf("listen: %w", err)
		}
		all = append(all, l)
		port = l.Addr().(*net.TCPAddr).Port // the same for the other address
	}
	return all, nil
}

// listenBeside opens the port after the app's, or any that is free.
func (c *devCommand) listenBeside(port int) ([]net.Listener, error) {
	if beside, err := c.listen(port + 1); err == nil {
		return beside, nil
	}
	return c.listen(0)
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		_ = l.Close() // closed already where its server was shut down
	}
}

func localURL(port int) string { return fmt.Sprintf("http://localhost:%d", port) }

const databaseName = "liferooms"

// startPostgres starts the private server with its database, roles and tables.
func (c *devCommand) startPostgres(ctx context.Context) (_ *postgres.Server, stop func() error, err error) {
	// Not by ctx: the server drains before its database goes.
	s, err := postgres.Start(context.WithoutCancel(ctx), postgres.Options{Dir: filepath.Join(c.Data, "postgres")})
	if errors.Is(err, postgres.ErrNoBinaries) {
		return nil, nil, fmt.Errorf("%w\nInstall PostgreSQL 15 or newer (its server programs: on Debian and Ubuntu the package postgresql), and try again", err)
	}
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop())
		}
	}()
	if err := createDatabase(ctx, s.URL(postgres.Superuser, "postgres")); err != nil {
		return nil, nil, err
	}
	if err := store.Prepare(ctx, s.URL(postgres.Superuser, databaseName)); err != nil {
		return nil, nil, err
	}
	applied, err := store.Migrate(ctx, s.URL(store.OwnerRole, databaseName))
	if err != nil {
		return nil, nil, err
	}
	slog.InfoContext(ctx, "the private Postgres runs", "migrations applied", len(applied))
	return s, s.Stop, nil
}

func createDatabase(ctx context.Context, superuserURL string) error {
	conn, err := pgx.Connect(ctx, superuserURL)
	if err != nil {
		return fmt.Errorf("reach the private Postgres: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var exists bool
	if err := conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", databaseName).Scan(&exists); err != nil || exists {
		return err
	}
	if _, err := conn.Exec(ctx, "create database "+databaseName); err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	return nil
}

func (c *devCommand) seed(ctx context.Context, s *store.Store, provider *devprovider.Provider) error {
	log := audit.New(s)
	defer log.Close()
	return demo.Seed(ctx, s, log, demoProviders(provider.IdentityProviders()), time.Now())
}
