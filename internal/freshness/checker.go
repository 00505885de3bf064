package freshness

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"golang.org/x/sync/errgroup"

	"liferooms.io/liferooms/internal/catalogue"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

const (
	queue = "links"
	// lookEvery is how often due links are looked for, over all hubs.
	lookEvery = 5 * time.Minute
	// runLimit bounds one run; what is left is due at the next.
	runLimit = 90 * time.Second
	// askAtMost is how many links one run asks for, and sitesAtOnce of how many sites at a time. Of each site it is one.
	askAtMost   = 300
	sitesAtOnce = 8
	// silentSites is how many sites say nothing, with none that does, before the fault is taken to be ours.
	silentSites = 5
)

// Config says how links are asked for. Its zero value but for Contact is that of production.
type Config struct {
	// Contact is a web address at which a site's owner finds out who asks.
	Contact string
	// AllowPrivate lets links lead to private addresses. For development.
	AllowPrivate bool
	// Pause is how long a site is left alone between two links: 2 seconds.
	Pause time.Duration
	// Limit bounds one request: 15 seconds.
	Limit time.Duration
	// Roots are whose certificates are good; nil: the machine's.
	Roots *x509.CertPool
	// Now is the clock's time; nil: time.Now.
	Now func() time.Time
}

// Checker asks for the links of every live hub, within the job queue of the catalogue.
type Checker struct {
	store   *store.Store
	config  Config
	client  *http.Client
	checked *prometheus.CounterVec
	took    prometheus.Histogram
}

// NewChecker makes a checker over a store.
func NewChecker(s *store.Store, c Config) *Checker {
	if c.Pause == 0 {
		c.Pause = 2 * time.Second
	}
	if c.Limit == 0 {
		c.Limit = 15 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Checker{store: s, config: c, client: newClient(c.AllowPrivate, c.Roots),
		checked: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "liferooms_link_checks_total",
			Help: "Links asked for, by result: fine, moved (for good), failed (nothing is there), unsure (a program cannot tell), ours (nobody answered at all).",
		}, []string{"result"}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "liferooms_link_check_seconds", Help: "How long it took to ask for a link.", Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 15, 30, 60},
		}),
	}
}

// checkJob asks for the links that are due.
type checkJob struct{}

func (checkJob) Kind() string { return "link_check" }

// InsertOpts: one run at a time, over all processes. What one did not do, the next does.
func (checkJob) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	}}}
}

// Work is the checker's part of the job queue: in a queue of its own, so that feeds do not wait for slow sites.
func (c *Checker) Work() catalogue.Work {
	return catalogue.Work{
		Queue: queue, AtOnce: 1,
		Workers: func(w *river.Workers) { river.AddWorker(w, &worker{checker: c}) },
		Periodic: []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(lookEvery),
			func() (river.JobArgs, *river.InsertOpts) { return checkJob{}, nil }, &river.PeriodicJobOpts{RunOnStart: true})},
		Collectors: []prometheus.Collector{c.checked, c.took},
	}
}

type worker struct {
	river.WorkerDefaults[checkJob]
	checker *Checker
}

// Timeout leaves a run time to save what it found out.
func (*worker) Timeout(*river.Job[checkJob]) time.Duration { return runLimit + 20*time.Second }

func (w *worker) Work(ctx context.Context, _ *river.Job[checkJob]) error {
	err := w.checker.Run(ctx)
	if err != nil && ctx.Err() == nil {
		slog.ErrorContext(ctx, "links were not checked; it is tried again", "error", store.ForLog(err))
		return errors.New(store.ForLog(err))
	}
	return err
}

// asker is a hub that wants to know about a link. Its scope is that of the hub.
type asker struct{ hub, link uuid.UUID }

// due is a link with all the hubs that want to know, so that it is asked for once.
type due struct {
	url    string
	askers []asker
	found  finding
}

// Run asks for the links that are due, each once for all hubs that give it.
func (c *Checker) Run(ctx context.Context) error {
	hubs, err := c.store.AllHubs(ctx)
	if err != nil {
		return err
	}
	scopes := map[uuid.UUID]context.Context{}
	for _, h := range hubs {
		if h.State == "LIVE" {
			scopes[h.HubID] = viewer.NewContext(ctx, viewer.ForPlatform(h.TrustID, viewer.Hub{ID: h.HubID, Slug: h.Slug}))
		}
	}
	links, err := c.gather(scopes)
	if err != nil {
		return err
	}
	sites := bySite(links)
	answered, silent := false, 0
	limited, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	asked, err := c.askSites(limited, scopes, sites)
	for _, d := range asked {
		answered = answered || d.found.answered
		if d.found.result == failed && !d.found.answered {
			silent++
		}
	}
	ours := !answered && silent >= silentSites
	for _, d := range asked {
		if ours && d.found.result == failed {
			c.checked.WithLabelValues("ours").Inc()
			continue
		}
		c.checked.WithLabelValues(string(d.found.result)).Inc()
		for _, a := range d.askers {
			if err := c.save(scopes[a.hub], a, d.found); err != nil {
				return err
			}
		}
	}
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return nil // the rest is due at the next run
	}
	return err
}

// gather brings each hub's list of links up to date, and gives those that are due by their addresses. Hubs come in any
// order, so that each comes to its turn where there are more links than one run asks for.
func (c *Checker) gather(scopes map[uuid.UUID]context.Context) (map[string]*due, error) {
	links := map[string]*due{}
	for hub, at := range scopes { // a map's order is another each time
		type row struct {
			ID  uuid.UUID
			URL string
		}
		var rows []row
		err := c.store.Tx(at, func(ctx context.Context) error {
			if err := c.list(ctx, hub); err != nil {
				return err
			}
			var err error
			rows, err = store.Collect(ctx, c.store, pgx.RowToStructByPos[row],
				"select id, url from link_checks where hub_id = $1 and due_at <= $2 order by due_at, id limit $3", hub, c.config.Now(), askAtMost)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("list the links that are due: %w", err)
		}
		for _, r := range rows {
			d := links[r.URL]
			if d == nil && len(links) == askAtMost {
				continue
			}
			if d == nil {
				d = &due{url: r.URL}
				links[r.URL] = d
			}
			d.askers = append(d.askers, asker{hub, r.ID})
		}
	}
	return links, nil
}

// bySite puts links together that are at one site.
func bySite(links map[string]*due) [][]*due {
	at := map[string][]*due{}
	for _, d := range links {
		host := d.url
		if parsed, err := url.Parse(d.url); err == nil {
			host = strings.ToLower(parsed.Hostname())
		}
		at[host] = append(at[host], d)
	}
	sites := make([][]*due, 0, len(at))
	for _, site := range at {
		sites = append(sites, site)
	}
	return sites
}

// askSites asks the sites for their links, and gives those of which it found something out. What ends it early is its error.
func (c *Checker) askSites(ctx context.Context, scopes map[uuid.UUID]context.Context, sites [][]*due) ([]*due, error) {
	p := &prober{client: c.client, limit: c.config.Limit, agent: robot + "/1 (+" + c.config.Contact + ")"}
	defer c.client.CloseIdleConnections()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(sitesAtOnce)
	found := make([][]*due, len(sites))
	for i, site := range sites {
		group.Go(func() error {
			wasAsked := false
			for _, d := range site {
				if wasAsked {
					if err := c.pause(ctx, p, d.url); err != nil {
						return err
					}
				}
				if err := c.stillGiven(scopes, d); err != nil {
					return err
				}
				if len(d.askers) == 0 {
					continue
				}
				began := time.Now()
				var err error
				if d.found, err = p.ask(ctx, d.url); err != nil {
					return err
				}
				wasAsked = !d.found.alone
				c.took.Observe(time.Since(began).Seconds())
				found[i] = append(found[i], d)
			}
			return nil
		})
	}
	err := group.Wait()
	var all []*due
	for _, site := range found {
		all = append(all, site...)
	}
	return all, err
}

// pause leaves a site alone for as long as it wants, or for as long as is decent.
func (c *Checker) pause(ctx context.Context, p *prober, link string) error {
	wait := c.config.Pause
	if at, err := url.Parse(link); err == nil {
		wait = max(wait, p.robots.delay(at))
	}
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stillGiven forgets the hubs that give a link no longer, or only with records that are restricted now: between two sites a
// minute may pass.
func (c *Checker) stillGiven(scopes map[uuid.UUID]context.Context, d *due) error {
	kept := d.askers[:0]
	for _, a := range d.askers {
		given, err := store.Collect(scopes[a.hub], c.store, pgx.RowTo[bool], "select exists (select from ("+given+") l where l.url = $2)", a.hub, d.url)
		if err != nil {
			return fmt.Errorf("look whether a link is still given: %w", err)
		}
		if given[0] {
			kept = append(kept, a)
		}
	}
	d.askers = kept
	return nil
}

// jitter spreads what was asked for together.
func jitter() time.Duration { return rand.N(12 * time.Hour) }
