package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"liferooms.io/liferooms/internal/catalogue"
	"liferooms.io/liferooms/internal/freshness"
	"liferooms.io/liferooms/internal/gate"
	"liferooms.io/liferooms/internal/server"
)

type serveCommand struct {
	databaseFlags
	httpFlags
	platformFlags

	Listen      string        `default:":8080" help:"Address of the API and the app."`
	MetricsAddr string        `default:":9090" help:"Address of /metrics, /healthz and /readyz, for the inside only; empty: none."`
	PublicURL   string        `required:"" placeholder:"URL" help:"How browsers reach the app: https://liferooms.example.org. Hubs may have host names of their own beside it."`
	DrainDelay  time.Duration `default:"5s" help:"How long to go on taking requests after saying that no more should be sent."`
}

// httpFlags are the server's limits.
type httpFlags struct {
	TrustedDocuments bool           `default:"true" negatable:"" help:"Run only the app's own GraphQL documents, but for clients that are allowed free queries."`
	Introspection    bool           `help:"Give the GraphQL schema out."`
	Rate             float64        `default:"100" help:"Operations that a viewer may send in a second; below 0: no limit."`
	Burst            int            `default:"200" help:"Operations that a viewer may send at once."`
	PublicRate       float64        `default:"10" help:"Requests that an address may send to the public feeds and pages in a second; below 0: no limit."`
	PublicBurst      int            `default:"60" help:"Requests that an address may send to them at once."`
	TrustedProxies   []netip.Prefix `placeholder:"NETWORK" help:"Networks of the proxies in front, such as 10.0.0.0/8: their X-Forwarded-For says whose address it is."`
	OperationTimeout time.Duration  `default:"10s" help:"The longest that one operation may take."`
	DrainTimeout     time.Duration  `default:"20s" help:"The longest to wait for what is under way when stopping."`
}

func (f httpFlags) config(publicURL string) server.Config {
	return server.Config{
		PublicURL: publicURL, TrustedDocuments: f.TrustedDocuments, Introspection: f.Introspection, Rate: f.Rate, Burst: f.Burst,
		OperationTimeout: f.OperationTimeout, DrainTimeout: f.DrainTimeout,
		Strangers: gate.Config{Rate: f.PublicRate, Burst: f.PublicBurst, TrustedProxies: f.TrustedProxies},
	}
}

func (c *serveCommand) Run(ctx context.Context) (err error) {
	tuneMemory()
	app, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return cannotListen(c.Listen, "--listen", err)
	}
	defer app.Close()
	var metrics net.Listener
	if c.MetricsAddr != "" {
		if metrics, err = net.Listen("tcp", c.MetricsAddr); err != nil {
			return cannotListen(c.MetricsAddr, "--metrics-addr", err)
		}
		defer metrics.Close()
	}
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	config := c.config(c.PublicURL)
	config.DrainDelay = c.DrainDelay
	signIn, err := c.signIn()
	if err != nil {
		return err
	}
	running, err := assemble(s, config, signIn, catalogue.Config{AllowPrivate: c.AllowPrivateSources}, freshness.Config{})
	if err != nil {
		return err
	}
	defer running.Close()
	slog.InfoContext(ctx, "serving", "address", app.Addr().String(), "url", c.PublicURL)
	return running.Run(ctx, []net.Listener{app}, metrics)
}

func cannotListen(address, flag string, err error) error {
	if inUse(err) {
		return fmt.Errorf("%s is in use by another program: stop that one, or choose another address with %s", address, flag)
	}
	return fmt.Errorf("listen at %s: %w", address, errors.Unwrap(err))
}

func inUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }

// tuneMemory lets the heap grow to five times what is alive before it is collected: the server's live heap is small, and
// collecting it a quarter as often took a quarter off its processor time. Where the container has a limit, the
// collector works harder as it comes near (GOMEMLIMIT, at nine tenths of it), so that the limit is not met first. Either
// environment variable, where it is set, stays as it is.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		if limit := containerMemory(); limit > 0 {
			debug.SetMemoryLimit(limit / 10 * 9)
		}
	}
}

// containerMemory is the memory limit of the control group, in bytes; 0 where there is none.
func containerMemory() int64 {
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && limit < math.MaxInt64/2 {
			return limit
		}
	}
	return 0
}
