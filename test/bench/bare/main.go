// Command bare is what the API is held against: a bare Go HTTP server that answers the bench's operations by hand-written
// SQL, one statement each, whose JSON Postgres builds and whose bytes are passed through. It keeps what no server of this
// data may leave out: a bearer token checked with each request, the caller's hub and no other, row-level security as the
// app's own role, the scope in the statement's own round trip, the record of who read whom before the answer goes out. It has
// no GraphQL, no permissions by field and no limits.
//
// It reads its configuration from standard input and prints the address that it listens at.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"
	_ "time/tzdata" // see zone

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Config is what the bench tells.
type Config struct {
	DatabaseURL string
	Connections int32
	Issuer      string
	Audience    string
	Keys        jose.JSONWebKeySet
	Trust       uuid.UUID
	// Staff by the subject of their tokens.
	Staff map[string]Staff
}

// Staff is a member of staff and their one hub.
type Staff struct {
	ID      uuid.UUID
	HubSlug string
	Hub     uuid.UUID
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bare:", err)
		os.Exit(1)
	}
}

func run() error {
	var c Config
	if err := json.NewDecoder(os.Stdin).Decode(&c); err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	debug.SetGCPercent(400) // as the API does
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	config, err := pgxpool.ParseConfig(c.DatabaseURL)
	if err != nil {
		return err
	}
	config.MaxConns = c.Connections
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("connect to Postgres: %w", err)
	}
	defer pool.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	fmt.Println(listener.Addr())
	b := &bare{config: c, pool: pool, events: make(chan event, most)}
	go b.record(ctx)
	server := &http.Server{Handler: b, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close() // nobody is served any more: the bench has ended
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

type bare struct {
	config Config
	pool   *pgxpool.Pool
	known  sync.Map // sha256 of a token → caller
	events chan event
}

// caller is whoever a verified token names.
type caller struct {
	staff   Staff
	expires time.Time
}

// variables are those of all operations.
type variables struct {
	Hub, ID, On, Text, Need, From, To string
	Input                             struct{ Hub, ClientMutationID, PersonID, Need string }
}

// maxBody bounds a request, in bytes.
const maxBody = 64 << 10

func (b *bare) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	staff, err := b.caller(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var v variables
	if err == nil {
		err = json.Unmarshal(body, &v)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if v.Hub != staff.HubSlug && v.Input.Hub != staff.HubSlug {
		http.Error(w, "there is no such hub here", http.StatusNotFound)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/")
	ask, known := operations[name]
	if !known {
		http.NotFound(w, r)
		return
	}
	answer, err := b.answer(r.Context(), staff, func(batch *pgx.Batch, answer *[]byte) { ask(batch, b.config.Trust, staff, v, answer) })
	if note, read := records[name]; err == nil && read {
		err = b.recorded(r.Context(), note(b.config.Trust, staff, v))
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answer) // a client that has gone wants nothing
}

// caller verifies the request's token: its signature once, then from memory until it expires.
func (b *bare) caller(r *http.Request) (Staff, error) {
	raw, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return Staff{}, errors.New("there is no bearer token")
	}
	digest := sha256.Sum256([]byte(raw))
	if held, ok := b.known.Load(digest); ok && time.Now().Before(held.(caller).expires) {
		return held.(caller).staff, nil
	}
	token, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return Staff{}, err
	}
	var claims jwt.Claims
	if err := token.Claims(b.config.Keys, &claims); err != nil {
		return Staff{}, err
	}
	if err := claims.Validate(jwt.Expected{Issuer: b.config.Issuer, AnyAudience: jwt.Audience{b.config.Audience}, Time: time.Now()}); err != nil {
		return Staff{}, err
	}
	staff, ok := b.config.Staff[claims.Subject]
	if !ok {
		return Staff{}, errors.New("nobody here is called " + claims.Subject)
	}
	b.known.Store(digest, caller{staff, claims.Expiry.Time()})
	return staff, nil
}

// answer runs the operation's statements and the scope of the caller in one round trip.
func (b *bare) answer(ctx context.Context, staff Staff, ask func(*pgx.Batch, *[]byte)) (answer []byte, err error) {
	var batch pgx.Batch
	batch.Queue("select set_config('app.trust', $1, true), set_config('app.hubs', $2, true)", b.config.Trust.String(), "{"+staff.Hub.String()+"}")
	ask(&batch, &answer)
	if err := b.pool.SendBatch(ctx, &batch).Close(); err != nil {
		return nil, err
	}
	return answer, nil
}
