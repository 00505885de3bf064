package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// api is the server under test: a production build in a process of its own, with staff of every hub signed in by tokens.
type api struct {
	address string
	// inside is the address of its own state, and profiles that of its profiles.
	inside, profiles string

	cmd    *exec.Cmd
	ended  chan struct{}
	issuer *issuer
	// tokens by hub and member of staff.
	tokens [][]string
}

//go:embed profile.txt
var profileSource []byte

// build compiles a command into dir; with a way to profile it where that is asked for.
func build(ctx context.Context, dir, command string, profiled bool, flags ...string) (string, error) {
	binary := filepath.Join(dir, filepath.Base(command))
	args := append([]string{"build", "-trimpath", "-o", binary}, flags...)
	if profiled {
		source, overlay := filepath.Join(dir, "profile.go"), filepath.Join(dir, "overlay.json")
		content, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(command, "bench_profile.go"): source}})
		if err != nil {
			return "", err
		}
		if err := errors.Join(os.WriteFile(source, profileSource, 0o644), os.WriteFile(overlay, content, 0o644)); err != nil {
			return "", fmt.Errorf("build %s: %w", command, err)
		}
		args = append(args, "-overlay", overlay)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, command)...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("build %s: %w", command, err)
	}
	return binary, nil
}

func startAPI(ctx context.Context, binary, dir string, d *database) (*api, error) {
	issuer, err := startIssuer()
	if err != nil {
		return nil, err
	}
	a := &api{issuer: issuer, ended: make(chan struct{})}
	if err := a.start(ctx, binary, dir, d); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

func (a *api) start(ctx context.Context, binary, dir string, d *database) error {
	if err := d.trust(ctx, a.issuer.url); err != nil {
		return err
	}
	for h := range d.region.hubs {
		var tokens []string
		for s := range staffPerHub {
			subject := d.region.subject(h, s)
			token, err := a.issuer.token(subject, group(d.region, h, s))
			if err != nil {
				return err
			}
			tokens = append(tokens, token)
		}
		a.tokens = append(a.tokens, tokens)
	}
	var err error
	if a.address, err = freeAddress(); err != nil {
		return err
	}
	if a.inside, err = freeAddress(); err != nil {
		return err
	}
	if a.profiles, err = freeAddress(); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(dir, "server.log"))
	if err != nil {
		return fmt.Errorf("make the server's log: %w", err)
	}
	defer log.Close()
	a.cmd = exec.Command(binary, "serve")
	a.cmd.Env = append(os.Environ(),
		"LIFEROOMS_DATABASE_URL="+d.server.URL(store.ServerRole, d.name),
		"LIFEROOMS_LISTEN="+a.address,
		"LIFEROOMS_METRICS_ADDR="+a.inside,
		"LIFEROOMS_PUBLIC_URL=http://"+a.address,
		"LIFEROOMS_RATE=-1", // a hub's one receptionist asks as fast as all receptionists of the region would
		"LIFEROOMS_DRAIN_DELAY=0s",
		"LIFEROOMS_BENCH_PROFILES="+a.profiles,
	)
	a.cmd.Stdout, a.cmd.Stderr = log, log
	if err := a.cmd.Start(); err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	go func() {
		_ = a.cmd.Wait() // how it ended is in its log
		close(a.ended)
	}()
	return a.ready(ctx, log.Name())
}

// trust makes the issuer the region's sign-in provider, and the region's staff its users.
func (d *database) trust(ctx context.Context, issuer string) error {
	var mappings []schema.RoleMapping
	for h := range d.region.hubs {
		for s, role := range map[int]viewer.Role{receptionist: viewer.Reception, manager: viewer.Manager, firstAdvisor: viewer.Advisor} {
			mappings = append(mappings, schema.RoleMapping{Value: group(d.region, h, s), Role: string(role), Hub: d.region.slug(h)})
		}
	}
	clients := []schema.APIClient{{ClientID: clientID, Audience: audience, FreeQueries: true}}
	return pgx.BeginFunc(ctx, d.admin, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `delete from identity_providers`)
		if err != nil {
			return fmt.Errorf("set up sign-in: %w", err)
		}
		_, err = tx.Exec(ctx, `insert into identity_providers (id, trust_id, name, issuer, client_id, role_mappings, api_clients) values ($1, $2, 'Bench', $3, $4, $5, $6)`,
			id(d.region.began, kindProvider, 0), d.region.trust, issuer, clientID, mappings, clients)
		if err != nil {
			return fmt.Errorf("set up sign-in: %w", err)
		}
		if _, err = tx.Exec(ctx, `update staff_users set issuer = $1`, issuer); err != nil {
			return fmt.Errorf("set up sign-in: %w", err)
		}
		return nil
	})
}

// group is what the claims of a member of staff say; the advisors of a hub share one.
func group(r region, h, s int) string { return r.subject(h, min(s, firstAdvisor)) }

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}

// ready waits until the server says that it takes requests.
func (a *api) ready(ctx context.Context, log string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		if response, err := http.Get("http://" + a.inside + "/readyz"); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-a.ended:
			text, _ := os.ReadFile(log)
			return fmt.Errorf("the server ended: %s", tail(text))
		case <-ctx.Done():
			text, _ := os.ReadFile(log)
			return fmt.Errorf("the server is not ready: %w: %s", ctx.Err(), tail(text))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func tail(text []byte) []byte { return text[max(0, len(text)-4000):] }

func (a *api) close() error {
	a.issuer.close()
	return end(a.cmd, a.ended)
}

// end asks a server to stop and waits until it has.
func end(cmd *exec.Cmd, ended <-chan struct{}) error {
	if cmd == nil || cmd.Process == nil {
		return nil
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", cmd, err)
	}
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		return errors.Join(fmt.Errorf("%s does not stop; it was killed", cmd), cmd.Process.Kill())
	}
	return nil
}

// profile saves where the server's processor time goes for a while.
func (a *api) profile(ctx context.Context, path string, length time.Duration) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", a.profiles, int(length.Seconds())), nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("profile the server: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("profile the server: %s", response.Status)
	}
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("profile the server: %w", err)
	}
	_, err = io.Copy(file, response.Body)
	return errors.Join(err, file.Close())
}
