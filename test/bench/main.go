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
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

type options struct {
	Hubs     []int         `default:"50" help:"How many hubs the region has, each with 4,000 people, 40,000 visits and 100 services; several to measure one after the other."`
	Among    int           `help:"Ask for things of the first so many hubs only, to see what the others cost; 0: of all."`
	Data     string        `default:".data/bench" env:"LIFEROOMS_BENCH_DATA" help:"Folder that keeps the database between runs."`
	Clients  []int         `default:"1,16,64" help:"Numbers of clients to measure with."`
	Only     []string      `help:"Measure these operations only: person, list, search, weeks, checkin, live."`
	Live     int           `default:"1000" help:"How many screens watch one hub's queue while people are checked in; 0: none."`
	Peers    bool          `help:"Measure PostGraphile too, for which make bench-peers brings its packages."`
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

// bench is a region and the servers over it.
type bench struct {
	options
	database *database
	api      *api
	report   *report
	// beside are the servers beside the API, by the subject of their rows.
	beside map[string]*yardstick
	// subjects take turns; those of served are asked over HTTP.
	subjects, served []string
}

func run(ctx context.Context, o options) (err error) {
	if slices.Min(o.Hubs) < 1 || slices.Min(o.Clients) < 1 || o.Spells < 1 || o.Among < 0 {
		return errors.New("there must be at least one hub, one client and one spell")
	}
	dir, err := os.MkdirTemp("", "liferooms-bench-")
	if err != nil {
		return fmt.Errorf("make a folder for the servers: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	report := newReport(os.Stdout)
	for _, hubs := range o.Hubs {
		if err := measureRegion(ctx, o, hubs, dir, report); err != nil {
			return err
		}
	}
	if o.LoadOnly {
		return nil
	}
	return report.finish(o.Out, o.Strict)
}

// measureRegion loads a region, or finds it loaded, and measures over it.
func measureRegion(ctx context.Context, o options, hubs int, dir string, report *report) (err error) {
	d, err := openDatabase(ctx, o.Data, hubs)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if o.LoadOnly {
		return nil
	}
	if o.Among > 0 {
		d.region.among = min(o.Among, hubs)
	}
	day, err := d.freshen(ctx)
	if err != nil {
		return err
	}
	all, err := operations(d.region, day)
	if err != nil {
		return err
	}
	binary := o.Server
	if binary == "" {
		if binary, err = build(ctx, dir, "./cmd/liferooms", o.Profile != "", "-tags", "production"); err != nil {
			return err
		}
	}
	a, err := startAPI(ctx, binary, dir, d)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	b := &bench{options: o, database: d, api: a, report: report, beside: map[string]*yardstick{}}
	defer func() {
		for _, y := range b.beside {
			err = errors.Join(err, y.close())
		}
	}()
	bare, err := startBare(ctx, dir, d, a.issuer)
	if err != nil {
		return err
	}
	b.beside[subjectBare] = bare
	if o.Peers {
		peer, err := startPeer(ctx, dir, d, a.issuer)
		if err != nil {
			return err
		}
		b.beside[subjectPeer] = peer
		if err := askPeers(all, d.region, day); err != nil {
			return err
		}
		b.served = append(b.served, subjectPeer)
	}
	b.served = append(b.served, subjectBare, subjectAPI)
	b.subjects = append([]string{subjectPlain}, b.served...)
	wanted := slices.DeleteFunc(slices.Clone(all), func(op *operation) bool { return len(o.Only) > 0 && !slices.Contains(o.Only, op.name) })
	if err := b.measure(ctx, wanted); err != nil {
		return err
	}
	if o.Live == 0 || len(o.Only) > 0 && !slices.Contains(o.Only, "live") {
		return nil
	}
	screens, err := b.live(ctx, all[len(all)-1])
	if err != nil {
		return fmt.Errorf("live: %w", err)
	}
	report.live(screens)
	return nil
}

func (b *bench) measure(ctx context.Context, all []*operation) error {
	if len(all) == 0 {
		return nil
	}
	for _, o := range all {
		if err := b.again(ctx, o); err != nil {
			return err
		}
		if err := b.verify(ctx, o); err != nil {
			return err
		}
	}
	say("All give the same rows and keep the same record. Measuring for about %s …", b.estimate(len(all)).Round(time.Second))
	for _, o := range all {
		if err := b.operation(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) estimate(operations int) time.Duration {
	return time.Duration(operations*len(b.Clients)*b.Spells*len(b.subjects)) * (b.Spell + b.WarmUp)
}

// operation measures one operation with each number of clients, the subjects in turn.
func (b *bench) operation(ctx context.Context, o *operation) error {
	statements := map[string]counts{}
	for _, subject := range b.subjects {
		if err := b.again(ctx, o); err != nil {
			return err
		}
		workers, done := b.workers(ctx, o, subject, 1)
		var err error
		statements[subject], err = b.statements(ctx, workers[0])
		if done(); err != nil {
			return fmt.Errorf("%s (%s): %w", o.name, subject, err)
		}
	}
	for _, clients := range b.Clients {
		sums := map[string]*sample{}
		for _, subject := range b.subjects {
			sums[subject] = &sample{}
		}
		for range b.Spells {
			for _, subject := range b.subjects {
				s, err := b.spell(ctx, o, subject, clients)
				if err != nil {
					return fmt.Errorf("%s (%s, %d clients): %w", o.name, subject, clients, err)
				}
				sums[subject].add(s)
			}
		}
		b.report.add(o, b.database.region.hubs, clients, statements, sums)
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
	workers, done := b.workers(ctx, o, subject, clients)
	defer done()
	c := clock{server: b.process(subject), postmaster: b.database.postmaster, self: os.Getpid()}
	s, err := spell(ctx, workers, b.WarmUp, b.Spell, c)
	s.memory = memoryOfFamily(c.server)
	return s, err
}

// process is whose processor time and memory a subject's are: plain SQL is asked by the bench itself.
func (b *bench) process(subject string) int {
	switch subject {
	case subjectAPI:
		return b.api.cmd.Process.Pid
	case subjectPlain:
		return os.Getpid()
	}
	return b.beside[subject].cmd.Process.Pid
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

// target is a server to be asked for one operation by one client.
type target struct {
	subject string
	address string
	client  *client // nil before the first request
	path    string
	tokens  [][]string // by hub and member of staff
	o       *operation
	body    func([]byte, request) []byte
	rows    func(data []byte) ([]string, error)
	scratch []byte
}

func (b *bench) target(o *operation, subject string) *target {
	t := &target{subject: subject, path: "/graphql", tokens: b.api.tokens, o: o, body: o.body, rows: o.rows}
	t.address = b.api.address
	switch subject {
	case subjectBare:
		t.address, t.path, t.body = b.beside[subject].address, "/"+o.name, o.variables
	case subjectPeer:
		t.address, t.body, t.rows = b.beside[subject].address, o.peerBody, o.peerRows
	}
	return t
}

// ask sends a request and gives the answer's body, valid until the next. It connects with the first: a server that waits too
// long for one lets go.
func (t *target) ask(r request) (answer []byte, err error) {
	if t.client == nil {
		if t.client, err = dial(t.address); err != nil {
			return nil, err
		}
	}
	t.scratch = t.body(t.scratch[:0], r)
	return t.client.post(t.path, t.tokens[r.hub][t.o.staff], t.scratch)
}

func (t *target) close() {
	if t.client != nil {
		t.client.close()
	}
}

// workers makes clients of a server or of plain SQL; done lets them go.
func (b *bench) workers(ctx context.Context, o *operation, subject string, n int) (all []worker, done func()) {
	var open []*target
	done = func() {
		for _, t := range open {
			t.close()
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
		t := b.target(o, subject)
		open = append(open, t)
		all = append(all, func() error {
			r, err := o.choose(rng)
			if err != nil {
				return err
			}
			_, err = t.ask(r)
			return err
		})
	}
	return all, done
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
