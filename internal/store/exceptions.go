package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/schema"
)

// These are all the questions that are answered without a viewer, since they must be before anybody is signed in, or are
// about every hub at once. Each is one SECURITY DEFINER function of Postgres, made in the migrations; the tables
// themselves stay closed.

// HubRef names a hub, whoever's it is.
type HubRef struct {
	TrustID  uuid.UUID
	TrustODS string
	HubID    uuid.UUID
	Slug     string
	Name     string
	State    string
	TimeZone string
	// Hostnames are the names at which the hub is reached, in order.
	Hostnames []string
}

// AllProviders gives the enabled identity providers of every trust.
func (s *Store) AllProviders(ctx context.Context) ([]*ent.IdentityProvider, error) {
	return askPlatform[ent.IdentityProvider](ctx, s, "select all_identity_providers()")
}

// SessionByToken gives the session whose token has this SHA-256, nil where there is none or it has expired.
func (s *Store) SessionByToken(ctx context.Context, tokenHash []byte) (*ent.Session, error) {
	sessions, err := askPlatform[ent.Session](ctx, s, "select session_by_token($1)", tokenHash)
	if err != nil || len(sessions) == 0 {
		return nil, err
	}
	return sessions[0], nil
}

// AllHubs names the hubs of every trust.
func (s *Store) AllHubs(ctx context.Context) ([]HubRef, error) {
	rows, err := s.pool.Query(ctx, "select trust_id, ods_code, hub_id, slug, name, state, time_zone, hostnames from all_hubs() order by ods_code, slug")
	if err != nil {
		return nil, fmt.Errorf("list hubs: %w", err)
	}
	hubs, err := pgx.CollectRows(rows, pgx.RowToStructByPos[HubRef])
	if err != nil {
		return nil, fmt.Errorf("list hubs: %w", err)
	}
	return hubs, nil
}

// FindHub gives the ids of a trust, by its ODS code, and of one of its hubs; uuid.Nil for each that is not there.
func (s *Store) FindHub(ctx context.Context, odsCode, slug string) (trust, hub uuid.UUID, err error) {
	var found struct{ Trust, Hub *uuid.UUID }
	err = s.pool.QueryRow(ctx, "select trust_id, hub_id from find_hub($1, $2)", odsCode, slug).Scan(&found.Trust, &found.Hub)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return uuid.Nil, uuid.Nil, nil
	case err != nil:
		return uuid.Nil, uuid.Nil, fmt.Errorf("find a hub: %w", err)
	case found.Hub == nil:
		return *found.Trust, uuid.Nil, nil
	}
	return *found.Trust, *found.Hub, nil
}

// SourceRef names a catalogue source, whoever's it is.
type SourceRef struct{ TrustID, HubID, SourceID uuid.UUID }

// DueCatalogueSources names sources of every trust that are to be fetched now, the longest due first.
func (s *Store) DueCatalogueSources(ctx context.Context, most int) ([]SourceRef, error) {
	rows, err := s.pool.Query(ctx, "select trust_id, hub_id, source_id from due_catalogue_sources($1)", most)
	if err != nil {
		return nil, fmt.Errorf("list due catalogue sources: %w", err)
	}
	due, err := pgx.CollectRows(rows, pgx.RowToStructByPos[SourceRef])
	if err != nil {
		return nil, fmt.Errorf("list due catalogue sources: %w", err)
	}
	return due, nil
}

// LiveHub is a hub that is open, with what its public pages say of it.
type LiveHub struct {
	TrustID   uuid.UUID
	TrustODS  string
	HubID     uuid.UUID
	Slug      string
	Name      string
	TimeZone  string
	Address   *string
	Postcode  *string
	Latitude  *float64
	Longitude *float64
	// OpeningHours are in the hub's time zone; no entry for a day: closed.
	OpeningHours []schema.OpeningHours
	// OpeningExceptions are days on which the week does not hold.
	OpeningExceptions []schema.OpeningException
	// BrandColour is as "#1a2b3c".
	BrandColour *string
}

// LiveHubs gives the hubs with the slug that are live: of several trusts where these chose the same.
func (s *Store) LiveHubs(ctx context.Context, slug string) ([]LiveHub, error) {
	rows, err := s.pool.Query(ctx, "select * from live_hubs($1)", slug)
	if err != nil {
		return nil, fmt.Errorf("find the live hub: %w", err)
	}
	hubs, err := pgx.CollectRows(rows, pgx.RowToStructByPos[LiveHub])
	if err != nil {
		return nil, fmt.Errorf("find the live hub: %w", err)
	}
	return hubs, nil
}

// PartnerLink is a partner's link, with what its holder is told of the hub; it may have ended.
type PartnerLink struct {
	TrustID        uuid.UUID
	HubID          uuid.UUID
	Slug           string
	HubName        string
	HubState       string
	TimeZone       string
	Address        *string
	Postcode       *string
	BrandColour    *string
	OrganisationID uuid.UUID
	LinkID         uuid.UUID
	ExpiresAt      time.Time
	RevokedAt      *time.Time
}

// PartnerLinkByToken gives the link whose token has this SHA-256, nil where there is none.
func (s *Store) PartnerLinkByToken(ctx context.Context, tokenHash []byte) (*PartnerLink, error) {
	rows, err := s.pool.Query(ctx, "select * from partner_link_by_token($1)", tokenHash)
	if err != nil {
		return nil, fmt.Errorf("find a partner's link: %w", err)
	}
	links, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[PartnerLink])
	if err != nil || len(links) == 0 {
		return nil, err
	}
	return links[0], nil
}

// askPlatform asks a function that answers with rows as JSON objects, by Ent's own field names.
func askPlatform[T any](ctx context.Context, s *Store, sql string, args ...any) ([]*T, error) {
	rows, err := s.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sql, err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*T, error) {
		var raw []byte
		if err := row.Scan(&raw); err != nil {
			return nil, err
		}
		t := new(T)
		return t, json.Unmarshal(raw, t)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sql, err)
	}
	return all, nil
}

// DefinerFunctions are all functions of the database that run with the owner's rights, by name.
var DefinerFunctions = []string{"all_hubs", "all_identity_providers", "due_catalogue_sources", "find_hub",
	"find_services", "keep_assurance", "live_hubs", "merged_publicly", "partner_link_by_token", "person_matches",
	"public_matches", "public_search", "search_services", "session_by_token", "suggest_services", "term_hidden"}
