// Command bench loads a region of hubs into a private Postgres and measures the API over HTTP beside plain SQL for the
// same rows. docs/performance.md tells how to read what it prints.
package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

type options struct {
	Hubs     int           `default:"50" help:"How many hubs the region has, each with 4,000 people, 40,000 visits and 100 services."`
	Data     string        `default:".data/bench" env:"LIFEROOMS_BENCH_DATA" help:"Folder that keeps the database between runs."`
	Clients  []int         `default:"1,16,64" help:"Numbers of clients to measure with."`
	Only     []string      `help:"Measure these operations only: person, list, search, weeks, checkin."`
	Spell    time.Duration `default:"2s" help:"How long one spell is measured."`
	Spells   int           `default:"2" help:"How many spells of the API and of plain SQL take turns."`
	WarmUp   time.Duration `default:"500ms" help:"How long each spell warms up before it is measured."`
	Server   string        `type:"existingfile" help:"Measure this binary, such as one of an earlier version, instead of building the server."`
	Profile  string        `help:"Save a processor profile of the server for each operation in this folder."`
	Out      string        `default:"bench.json" help:"File for the rows."`
	Strict   bool          `help:"Fail where a target is not reached."`
	LoadOnly bool          `help:"Load the region and stop."`
}

// connections is the size of the pool that plain SQL is run through: the API's own.
var connections = int32(8 * runtime.GOMAXPROCS(0))

// targetClients is how many clients the targets are for.
const targetClients = 16

// setup matches statements that begin or end transactions or set their scope.
var setup = regexp.MustCompile(`(?i)^(begin|commit|rollback|start transaction|savepoint|release|;|select\s+set_config)`)

func main() {
	var o options
	kong.Parse(&o, kong.Description("Loads a region of hubs and measures the API over HTTP beside plain SQL for the same rows."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// bench is a region and the server over it.
type bench struct {
	options
	database *database
	api      *api
	clock    clock
}

func run(ctx context.Context, o options) (err error) {
	if o.Hubs < 1 || slices.Min(o.Clients) < 1 || o.Spells < 1 {
		return errors.New("there must be at least one hub, one client and one spell")
	}
	d, err := openDatabase(ctx, o.Data, o.Hubs)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if o.LoadOnly {
		return nil
	}
	day, err := d.freshen(ctx)
	if err != nil {
		return err
	}
	all, err := operations(d.region, day)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "liferooms-bench-")
	if err != nil {
		return fmt.Errorf("make a folder for the server: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	binary := o.Server
	if binary == "" {
		if binary, err = build(ctx, dir, o.Profile != ""); err != nil {
			return err
		}
	}
	a, err := startAPI(ctx, binary, dir, d)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	b := &bench{options: o, database: d, api: a, clock: clock{api: a.cmd.Process.Pid, postmaster: d.postmaster, self: os.Getpid()}}
	all = slices.DeleteFunc(all, func(op *operation) bool { return len(o.Only) > 0 && !slices.Contains(o.Only, op.name) })
	return b.measure(ctx, all)
}

func (b *bench) measure(ctx context.Context, all []*operation) error {
	for _, o := range all {
		if err := b.again(ctx, o); err != nil {
			return err
		}
		if err := b.verify(ctx, o); err != nil {
			return err
		}
	}
	say("The API and plain SQL give the same rows. Measuring for about %s …", b.estimate(len(all)).Round(time.Second))
	report := newReport(os.Stdout)
	for _, o := range all {
		if err := b.operation(ctx, o, report); err != nil {
			return err
		}
	}
	return report.finish(b.Out, b.Strict)
}

func (b *bench) estimate(operations int) time.Duration {
	return time.Duration(operations*len(b.Clients)*b.Spells*2) * (b.Spell + b.WarmUp)
}

// operation measures one operation with each number of clients, the API and plain SQL in turn.
func (b *bench) operation(ctx context.Context, o *operation, report *report) error {
	statements := map[string]float64{}
	for _, subject := range subjects {
		if err := b.again(ctx, o); err != nil {
			return err
		}
		workers, done, err := b.workers(ctx, o, subject, 1)
		if err != nil {
			return err
		}
		statements[subject], err = b.statements(ctx, workers[0])
		if done(); err != nil {
			return fmt.Errorf("%s (%s): %w", o.name, subject, err)
		}
	}
	for _, clients := range b.Clients {
		sums := map[string]*sample{subjectAPI: {}, subjectPlain: {}}
		for range b.Spells {
			for _, subject := range subjects {
				s, err := b.spell(ctx, o, subject, clients)
				if err != nil {
					return fmt.Errorf("%s (%s, %d clients): %w", o.name, subject, clients, err)
				}
				sums[subject].add(s)
			}
		}
		report.add(o, clients, statements, sums[subjectAPI], sums[subjectPlain])
	}
	if b.Profile != "" {
		return b.profile(ctx, o)
	}
	return nil
}

func (b *bench) spell(ctx context.Context, o *operation, subject string, clients int) (sample, error) {
	if err := b.again(ctx, o); err != nil {
		return sample{}, err
	}
	workers, done, err := b.workers(ctx, o, subject, clients)
	if err != nil {
		return sample{}, err
	}
	defer done()
	return spell(ctx, workers, b.WarmUp, b.Spell, b.clock)
}

// again undoes what an operation that writes has written.
func (b *bench) again(ctx context.Context, o *operation) error {
	if o.again == nil {
		return nil
	}
	if err := b.database.undo(ctx); err != nil {
		return err
	}
	o.again()
	return nil
}

// workers makes clients of the API or of plain SQL; done lets them go.
func (b *bench) workers(ctx context.Context, o *operation, subject string, n int) (all []worker, done func(), err error) {
	var open []*client
	done = func() {
		for _, c := range open {
			c.close()
		}
	}
	for i := range n {
		rng := rand.New(rand.NewPCG(uint64(i), 13))
		if subject == subjectPlain {
			all = append(all, func() error {
				r, err := o.choose(rng)
				if err != nil {
					return err
				}
				return o.plain(ctx, b.database.admin, r, nil)
			})
			continue
		}
		c, err := dial(b.api.address)
		if err != nil {
			done()
			return nil, nil, err
		}
		open = append(open, c)
		var body []byte
		all = append(all, func() error {
			r, err := o.choose(rng)
			if err != nil {
				return err
			}
			body = o.body(body[:0], r)
			_, err = c.post(b.api.tokens[r.hub][o.staff], body)
			return err
		})
	}
	return all, done, nil
}

// profile lets the server work on one operation for a while longer, and saves where its time goes.
func (b *bench) profile(ctx context.Context, o *operation) error {
	if err := os.MkdirAll(b.Profile, 0o755); err != nil {
		return fmt.Errorf("make the folder for profiles: %w", err)
	}
	const length = 4 * time.Second
	profiled := make(chan error, 1)
	go func() {
		profiled <- b.api.profile(ctx, filepath.Join(b.Profile, strings.ToLower(o.name)+".pprof"), length)
	}()
	long := *b
	long.Spell = length + time.Second
	_, err := long.spell(ctx, o, subjectAPI, targetClients)
	return errors.Join(err, <-profiled)
}
