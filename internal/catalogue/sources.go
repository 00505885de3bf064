package catalogue

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/cataloguesource"
	"liferooms.io/liferooms/ent/predicate"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// Config says what this server allows its sources.
type Config struct {
	// AllowPrivate lets sources that ask for it be at private addresses.
	AllowPrivate bool
	// Also is what else the queue does.
	Also []Work
}

// Sources are the catalogue sources of the hub that the viewer of each context works in. It is safe for concurrent use.
type Sources struct {
	store     *store.Store
	directory *directory.Directory
	config    Config
	queue     *river.Client[pgx.Tx]
	metrics   *metrics
	limits    limits
	public    *http.Client
	private   *http.Client
}

// New makes the sources over a store.
func New(s *store.Store, d *directory.Directory, c Config) (*Sources, error) {
	made := &Sources{
		store: s, directory: d, config: c, metrics: newMetrics(), limits: defaultLimits,
		public: newClient(false, nil), private: newClient(true, nil),
	}
	queue, err := newQueue(made)
	if err != nil {
		return nil, fmt.Errorf("set up the job queue: %w", err)
	}
	made.queue = queue
	return made, nil
}

// Source is where part of a hub's catalogue comes from.
type Source struct {
	// Name is its name among the hub's sources: lower-case letters, digits and hyphens, at most 63. The records of a feed
	// and of a document are known by it; those of another hub by "hub:" and the hub's slug.
	Name string
	Kind Kind
	// URL is the feed's address, of kind URL: a service list, the API's front page above it, or one document.
	URL string
	// Format is how a feed or document is written; empty: OpenReferral.
	Format Format
	// Refresh is how long after one fetch the next one is due: 5 minutes to 30 days; 0: a day.
	Refresh time.Duration
	// Document is the catalogue itself, of kind Document: at most 1 MiB.
	Document []byte
	// Hub is the slug of the other hub of the same trust, of kind Hub.
	Hub string
	// AllowPrivate lets the feed be at a private address, where the server allows that too.
	AllowPrivate bool
}

// Kind says what a source is.
type Kind = cataloguesource.Kind

// The kinds of source.
const (
	URL      = cataloguesource.KindURL
	Document = cataloguesource.KindDocument
	Hub      = cataloguesource.KindHub
)

// Format says how a feed or document is written.
type Format = cataloguesource.Format

// The formats. OpenReferral is Open Referral UK 3.0; HSDS 3 is recognised.
const (
	OpenReferral = cataloguesource.FormatOpenReferral
	Outpost      = cataloguesource.FormatOutpost
)

// The state of a source.
const (
	Pending = cataloguesource.StatePending // not yet fetched as it is now
	Synced  = cataloguesource.StateSynced
	Failed  = cataloguesource.StateFailed // its last good records stay
)

// The bounds of a hub's sources.
const (
	MaxSources     = 20
	MaxDocument    = 1 << 20 // bytes
	MinRefresh     = 5 * time.Minute
	MaxRefresh     = 30 * 24 * time.Hour
	DefaultRefresh = 24 * time.Hour
)

// wanted is a source as its row is to be.
type wanted struct {
	Source
	source string // what its records say that they come from
	digest string
}

func (w *wanted) minutes() int { return int(w.Refresh / time.Minute) }

// Set makes sources the hub's by its settings: those that are new or changed are fetched by jobs which begin when the transaction of ctx
// commits, and of those that are left out the records are retired. What
// staff added is left to them, unless it has the name of one of these: that is then the settings'. The viewer is the platform at work on that hub. It
// answers the names of what is new, changed or gone; nothing is written where nothing differs. The error joins a
// *problem.Problem for each thing to mend, whose field is a path such as "catalogueSources.2.url".
func (s *Sources) Set(ctx context.Context, sources []Source) (changed []string, err error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return nil, err
	}
	want, err := check(hub, sources)
	if err != nil {
		return nil, err
	}
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		changed = nil
		if err := s.lockHub(ctx, hub); err != nil {
			return err
		}
		rows, err := s.rows(ctx)
		if err != nil {
			return err
		}
		known := map[string]*ent.CatalogueSource{}
		for _, row := range rows {
			known[row.Source] = row
		}
		var fetch []uuid.UUID
		for _, w := range want {
			row := known[w.source]
			delete(known, w.source)
			differs, id, err := s.put(ctx, row, w)
			if err != nil {
				return fmt.Errorf("set catalogue source %s: %w", w.Name, err)
			}
			if differs {
				changed = append(changed, w.Name)
			}
			if id != uuid.Nil {
				fetch = append(fetch, id)
			}
		}
		for _, row := range rows {
			if known[row.Source] == nil || row.RemovedAt != nil || row.ByStaff {
				continue
			}
			if err := s.takeAway(ctx, row); err != nil {
				return err
			}
			changed = append(changed, row.Name)
			fetch = append(fetch, row.ID)
		}
		return s.enqueue(ctx, fetch)
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// takeAway leaves a source's row until a job has retired its records.
func (s *Sources) takeAway(ctx context.Context, row *ent.CatalogueSource) error {
	now := time.Now()
	err := s.store.Client(ctx).CatalogueSource.UpdateOneID(row.ID).
		SetRemovedAt(now).SetDueAt(now).AddRevision(1).SetByStaff(false).ClearDocument().ClearDocumentDigest().ClearFileName().Exec(ctx)
	if err != nil {
		return fmt.Errorf("remove catalogue source %s: %w", row.Name, err)
	}
	return nil
}

// put writes a source where it differs from its row, nil where there is none. It answers whether it did, and the id of the
// row where the source is to be fetched anew.
func (s *Sources) put(ctx context.Context, row *ent.CatalogueSource, w *wanted) (differs bool, fetch uuid.UUID, err error) {
	client := s.store.Client(ctx).CatalogueSource
	if row == nil {
		create := client.Create().SetSource(w.source).SetName(w.Name).SetKind(w.Kind).SetFormat(w.Format).
			SetRefreshMinutes(w.minutes()).SetAllowPrivate(w.AllowPrivate)
		switch w.Kind {
		case URL:
			create.SetURL(w.URL)
		case Document:
			create.SetDocument(w.Document).SetDocumentDigest(w.digest)
		case Hub:
			create.SetFromHub(w.Hub)
		}
		made, err := create.Save(ctx)
		if err != nil {
			return false, uuid.Nil, err
		}
		return true, made.ID, nil
	}
	anew := row.RemovedAt != nil || row.Kind != w.Kind || row.Format != w.Format || value(row.URL) != w.URL ||
		value(row.DocumentDigest) != w.digest || row.AllowPrivate != w.AllowPrivate
	if !anew && row.Name == w.Name && row.RefreshMinutes == w.minutes() && !row.ByStaff {
		return false, uuid.Nil, nil
	}
	// What staff added is the settings' own from the moment that they name it.
	update := client.UpdateOneID(row.ID).SetName(w.Name).SetRefreshMinutes(w.minutes()).SetByStaff(false).ClearFileName()
	if !anew {
		if row.State == Synced && row.SyncedAt != nil {
			update.SetDueAt(row.SyncedAt.Add(w.Refresh))
		}
		return true, uuid.Nil, update.Exec(ctx)
	}
	update.SetKind(w.Kind).SetFormat(w.Format).SetAllowPrivate(w.AllowPrivate).AddRevision(1).ClearRemovedAt().ClearValidators().
		SetDueAt(time.Now()).SetState(Pending).SetMessage("").SetFailures(0).ClearFailingSince()
	switch w.Kind { // a feed may become a document; another hub's row stays that hub's
	case URL:
		update.SetURL(w.URL).ClearDocument().ClearDocumentDigest()
	case Document:
		update.SetDocument(w.Document).SetDocumentDigest(w.digest).ClearURL()
	}
	return true, row.ID, update.Exec(ctx)
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// Sync has a source of the viewer's hub fetched now, whenever it was due; all of them where the name is empty.
func (s *Sources) Sync(ctx context.Context, name string) error {
	return s.store.Tx(ctx, func(ctx context.Context) error {
		rows, err := s.List(ctx)
		if err != nil {
			return err
		}
		var fetch []uuid.UUID
		for _, row := range rows {
			if name == "" || row.Name == name {
				fetch = append(fetch, row.ID)
			}
		}
		if name != "" && len(fetch) == 0 {
			return problem.Missing("catalogue source")
		}
		err = s.store.Client(ctx).CatalogueSource.Update().Where(cataloguesource.IDIn(fetch...)).SetDueAt(time.Now()).Exec(ctx)
		if err != nil {
			return fmt.Errorf("make catalogue sources due: %w", err)
		}
		return s.enqueue(ctx, fetch)
	})
}

// List gives the sources that the settings of the viewer's hub name, with how they are, without their documents.
func (s *Sources) List(ctx context.Context) ([]*ent.CatalogueSource, error) {
	rows, err := s.rows(ctx, cataloguesource.RemovedAtIsNil(), cataloguesource.ByStaff(false))
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// withoutDocument are the columns of a source but for what may be long.
var withoutDocument = slices.DeleteFunc(slices.Clone(cataloguesource.Columns), func(c string) bool {
	return c == cataloguesource.FieldDocument || c == cataloguesource.FieldValidators || c == cataloguesource.FieldProblems
})

func (s *Sources) rows(ctx context.Context, where ...predicate.CatalogueSource) ([]*ent.CatalogueSource, error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.store.Client(ctx).CatalogueSource.Query().Where(cataloguesource.HubID(hub.ID)).Where(where...).
		Order(cataloguesource.ByName(), cataloguesource.BySource()).Select(withoutDocument...).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list catalogue sources: %w", err)
	}
	return rows, nil
}

// lockHub lets changes of one hub's sources wait for one another.
func (s *Sources) lockHub(ctx context.Context, hub viewer.Hub) error {
	if _, err := s.store.Exec(ctx, "select pg_advisory_xact_lock(hashtextextended('catalogue sources ' || $1::text, 0))", hub.ID); err != nil {
		return fmt.Errorf("wait for other changes of the hub's catalogue sources: %w", err)
	}
	return nil
}

func hubOf(ctx context.Context) (viewer.Hub, error) {
	v := viewer.FromContext(ctx)
	if v == nil {
		return viewer.Hub{}, errors.New("catalogue sources: nobody is signed in")
	}
	hub, one := v.OneHub()
	if !one {
		return viewer.Hub{}, fmt.Errorf("catalogue sources: the viewer sees %d hubs where one is needed", len(v.Hubs))
	}
	return hub, nil
}

func digestOf(document []byte) string {
	sum := sha256.Sum256(document)
	return hex.EncodeToString(sum[:])
}
