package catalogue

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/cataloguecheck"
	"liferooms.io/liferooms/ent/cataloguesource"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// Manager lets staff look after the sources of the hub that the viewer of each context works in. What the hub's settings
// brought they may look at, check and fetch; what they added themselves they may change and remove, too.
type Manager struct {
	sources *Sources
	store   *store.Store
	log     *audit.Log
}

// NewManager makes it over the sources.
func NewManager(sources *Sources, s *store.Store, log *audit.Log) *Manager {
	return &Manager{sources: sources, store: s, log: log}
}

// MaxUpload is the longest document that staff may upload, as it comes: what is long is compressed.
const MaxUpload = 720 << 10

// Proposal is a source as staff would have it.
type Proposal struct {
	// Source is one that is there already; nil: it would be a new one, and Name is needed.
	Source *uuid.UUID
	Name   string
	// URL is the address of a feed; else Document is a catalogue, in JSON, CSV or an archive of CSV files, which may be
	// compressed by gzip. Neither: the source as it is.
	URL      string
	Document []byte
	FileName string
	Refresh  time.Duration
}

const oneCheck = "cataloguecheck_hub_id_created_by_id_client_mutation_id"

// Check has a job find out what would become of the catalogue if a source were taken. Nothing of it is saved but the answer.
func (m *Manager) Check(ctx context.Context, clientMutationID string, p Proposal) (*ent.CatalogueCheck, error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return nil, err
	}
	me := viewer.FromContext(ctx).StaffID
	var made *ent.CatalogueCheck
	err = m.store.Tx(ctx, func(ctx context.Context) error {
		if err := m.sources.lockHub(ctx, hub); err != nil {
			return err
		}
		row, w, err := m.proposed(ctx, hub, p)
		if err != nil {
			return err
		}
		if err := m.clear(ctx, hub); err != nil {
			return err
		}
		create := m.store.Client(ctx).CatalogueCheck.Create().SetSource(w.source).SetName(w.Name).SetKind(cataloguecheck.Kind(w.Kind)).
			SetFormat(cataloguecheck.Format(w.Format)).SetRefreshMinutes(w.minutes()).SetClientMutationID(clientMutationID)
		if me != uuid.Nil {
			create.SetCreatedByID(me)
		}
		if row != nil {
			create.SetSourceID(row.ID)
		}
		switch {
		case p.asItIs():
		case w.Kind == URL:
			create.SetURL(w.URL)
		case w.Kind == Document:
			create.SetDocument(w.Document).SetFileName(short200(p.FileName))
		}
		if made, err = create.Save(ctx); err != nil {
			return err
		}
		if err := m.sources.Enqueue(ctx, checkJob{viewer.FromContext(ctx).TrustID, hub.ID, made.ID}); err != nil {
			return err
		}
		return m.log.Change(ctx, audit.Event{Action: "catalogue.checked", SubjectType: "catalogue_source", SubjectID: made.ID, Fields: []string{w.Name}})
	})
	if store.IsUnique(err, oneCheck) {
		made, err = m.store.Client(ctx).CatalogueCheck.Query().
			Where(cataloguecheck.HubID(hub.ID), cataloguecheck.CreatedByID(me), cataloguecheck.ClientMutationID(clientMutationID)).Only(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("check a catalogue source: %w", err)
	}
	return made, nil
}

func (p Proposal) asItIs() bool { return p.URL == "" && len(p.Document) == 0 }

// proposed is the source that is there already, nil for a new one, and what is proposed.
func (m *Manager) proposed(ctx context.Context, hub viewer.Hub, p Proposal) (*ent.CatalogueSource, *wanted, error) {
	var row *ent.CatalogueSource
	if p.Source != nil {
		var err error
		if row, err = m.find(ctx, *p.Source); err != nil {
			return nil, nil, err
		}
		if p.asItIs() {
			return row, &wanted{Source: Source{Name: row.Name, Kind: row.Kind, Format: row.Format, Refresh: refreshOf(row)}, source: row.Source}, nil
		}
		if !row.ByStaff {
			return nil, nil, problem.New(problem.Conflict, "%s comes with the hub's settings, and is changed there. It can be checked as it is.", row.Name)
		}
		p.Name = row.Name
	}
	given := Source{Name: p.Name, Refresh: p.Refresh}
	switch {
	case p.URL != "" && len(p.Document) > 0:
		return nil, nil, problem.Field("url", "A source is the address of a feed or a file, not both.")
	case len(p.Document) > MaxUpload:
		return nil, nil, problem.Field("document", "The file is too long: at most %d KiB are taken, compressed. Give the address of a feed instead, or split it.", MaxUpload>>10)
	case len(p.Document) > 0:
		given.Kind, given.Document, given.Format = Document, p.Document, formatOf(p.Document)
	default:
		given.Kind, given.URL = URL, p.URL
	}
	made, err := check(hub, []Source{given})
	if err != nil {
		return nil, nil, plainFields(err)
	}
	if row != nil {
		return row, made[0], nil
	}
	rows, err := m.sources.rows(ctx)
	if err != nil {
		return nil, nil, err
	}
	there := 0
	for _, r := range rows {
		if r.RemovedAt == nil {
			there++
		}
		if r.RemovedAt == nil && (r.Source == made[0].source || r.Name == made[0].Name) {
			return nil, nil, problem.Field("name", "There is a source %s already. Choose another name, or change that one.", r.Name)
		}
	}
	if there >= 2*MaxSources {
		return nil, nil, problem.New(problem.Limited, "A hub has at most %d catalogue sources. Remove one that is no longer used.", 2*MaxSources)
	}
	return nil, made[0], nil
}

// maxChecks is how many checks of a hub are kept, for a day.
const maxChecks = 20

// clear removes checks that nobody looks at any more.
func (m *Manager) clear(ctx context.Context, hub viewer.Hub) error {
	_, err := m.store.Exec(ctx, `delete from catalogue_checks where hub_id = $1 and (held_until is null or held_until < now())
		and (created_at < now() - interval '1 day' or id not in (select id from catalogue_checks where hub_id = $1 order by created_at desc, id desc limit $2))`, hub.ID, maxChecks-1)
	if err != nil {
		return fmt.Errorf("clear old checks: %w", err)
	}
	return nil
}

func (m *Manager) find(ctx context.Context, id uuid.UUID) (*ent.CatalogueSource, error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return nil, err
	}
	row, err := m.store.Client(ctx).CatalogueSource.Query().
		Where(cataloguesource.HubID(hub.ID), cataloguesource.ID(id), cataloguesource.RemovedAtIsNil()).Select(withoutDocument...).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, problem.Missing("catalogue source")
	}
	if err != nil {
		return nil, fmt.Errorf("read a catalogue source: %w", err)
	}
	return row, nil
}

// Save makes a source of what was checked, and has it fetched. Said twice, it is saved once.
func (m *Manager) Save(ctx context.Context, checkID uuid.UUID) (*ent.CatalogueSource, error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return nil, err
	}
	var id uuid.UUID
	err = m.store.Tx(ctx, func(ctx context.Context) error {
		if err := m.sources.lockHub(ctx, hub); err != nil {
			return err
		}
		c, err := m.store.Client(ctx).CatalogueCheck.Query().Where(cataloguecheck.HubID(hub.ID), cataloguecheck.ID(checkID)).ForUpdate().Only(ctx)
		switch {
		case ent.IsNotFound(err):
			return problem.Missing("check")
		case err != nil:
			return err
		case c.SavedID != nil:
			id = *c.SavedID
			return nil
		case c.State != cataloguecheck.StateDone:
			return problem.New(problem.Conflict, "Only what was looked at to its end can be saved. Wait for it, or check again.")
		}
		p := Proposal{Source: c.SourceID, Name: c.Name, URL: value(c.URL), Refresh: time.Duration(c.RefreshMinutes) * time.Minute, Document: content(c.Document)}
		row, w, err := m.proposed(ctx, hub, p)
		if err != nil {
			return err
		}
		if p.asItIs() { // nothing is new but that it is to be fetched
			id = row.ID
			if err := m.now(ctx, row.ID); err != nil {
				return err
			}
			return c.Update().SetSavedID(id).ClearDocument().Exec(ctx)
		}
		if row == nil { // one that was removed, and whose records are not yet gone, comes back
			if row, err = m.store.Client(ctx).CatalogueSource.Query().Where(cataloguesource.HubID(hub.ID), cataloguesource.SourceEQ(w.source)).
				Select(withoutDocument...).Only(ctx); err != nil && !ent.IsNotFound(err) {
				return err
			}
		}
		_, fetch, err := m.sources.put(ctx, row, w)
		if err != nil {
			return err
		}
		if id = fetch; id == uuid.Nil {
			id = row.ID
		}
		update := m.store.Client(ctx).CatalogueSource.UpdateOneID(id).SetByStaff(true)
		if c.FileName != nil && w.Kind == Document {
			update.SetFileName(*c.FileName)
		} else {
			update.ClearFileName()
		}
		if err := update.Exec(ctx); err != nil {
			return err
		}
		if err := c.Update().SetSavedID(id).ClearDocument().Exec(ctx); err != nil {
			return err
		}
		if err := m.now(ctx, id); err != nil {
			return err
		}
		return m.log.Change(ctx, audit.Event{Action: "catalogue.source_saved", SubjectType: "catalogue_source", SubjectID: id, Fields: []string{w.Name}})
	})
	if err != nil {
		return nil, fmt.Errorf("save a catalogue source: %w", err)
	}
	return m.find(ctx, id)
}

// Sync has a source fetched now, whenever it was due.
func (m *Manager) Sync(ctx context.Context, id uuid.UUID) (*ent.CatalogueSource, error) {
	err := m.store.Tx(ctx, func(ctx context.Context) error {
		row, err := m.find(ctx, id)
		if err != nil {
			return err
		}
		if err := m.now(ctx, id); err != nil {
			return err
		}
		return m.log.Change(ctx, audit.Event{Action: "catalogue.source_fetched", SubjectType: "catalogue_source", SubjectID: id, Fields: []string{row.Name}})
	})
	if err != nil {
		return nil, fmt.Errorf("fetch a catalogue source: %w", err)
	}
	return m.find(ctx, id)
}

func (m *Manager) now(ctx context.Context, id uuid.UUID) error {
	if err := m.store.Client(ctx).CatalogueSource.UpdateOneID(id).SetDueAt(time.Now()).Exec(ctx); err != nil {
		return fmt.Errorf("make a catalogue source due: %w", err)
	}
	return m.sources.enqueue(ctx, []uuid.UUID{id})
}

// Remove takes a source away that staff added: what it brought is retired.
func (m *Manager) Remove(ctx context.Context, id uuid.UUID) error {
	hub, err := hubOf(ctx)
	if err != nil {
		return err
	}
	err = m.store.Tx(ctx, func(ctx context.Context) error {
		if err := m.sources.lockHub(ctx, hub); err != nil {
			return err
		}
		row, err := m.find(ctx, id)
		if err != nil {
			return err
		}
		if !row.ByStaff {
			return problem.New(problem.Conflict, "%s comes with the hub's settings, and is removed there.", row.Name)
		}
		if err := m.sources.takeAway(ctx, row); err != nil {
			return err
		}
		if err := m.sources.enqueue(ctx, []uuid.UUID{id}); err != nil {
			return err
		}
		return m.log.Change(ctx, audit.Event{Action: "catalogue.source_removed", SubjectType: "catalogue_source", SubjectID: id, Fields: []string{row.Name}})
	})
	if err != nil {
		return fmt.Errorf("remove a catalogue source: %w", err)
	}
	return nil
}

func short200(name string) string {
	if r := []rune(name); len(r) > 200 {
		return string(r[:200])
	}
	return name
}
