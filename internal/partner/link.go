package partner

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/partnerlink"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// How long a link lasts, in days.
const (
	DefaultLinkDays = 30
	MaxLinkDays     = 90
)

// MaxLinks is how many links of one partner may be open at a time.
const MaxLinks = 20

// Path is where a partner's link leads: Path and the token.
const Path = "/partner/"

// newToken makes a token of 256 bits, and what is kept of it.
func newToken() (token string, hash []byte) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails: it ends the program where there is no randomness
	token = base64.RawURLEncoding.EncodeToString(random[:])
	return token, hashOf(token)
}

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// CreateLink makes a link by which a partner sees and corrects its entry for so many days, and gives its token: this once,
// since it is kept nowhere. The same request sent again makes no second link; as long as nobody has opened the first one, its
// token is replaced, for the answer that held it may be lost. After that the token is empty.
func (p *Partners) CreateLink(ctx context.Context, clientMutationID string, organisationID uuid.UUID, days int) (made *ent.PartnerLink, token string, err error) {
	v, hub, err := here(ctx)
	switch {
	case err != nil:
		return nil, "", err
	case days < 1 || days > MaxLinkDays:
		return nil, "", problem.Field("expiresInDays", "A link lasts from 1 to %d days.", MaxLinkDays)
	}
	err = p.store.Tx(ctx, func(ctx context.Context) error {
		if err := p.hold(ctx, hub.ID, organisationID); err != nil {
			return err
		}
		if err := p.offered(ctx, "organisation", "organisations", hub.ID, []uuid.UUID{organisationID}); err != nil {
			return err
		}
		var hash []byte
		token, hash = newToken()
		links := p.store.Client(ctx).PartnerLink
		made, err = links.Query().Where(partnerlink.CreatedByID(v.StaffID), partnerlink.ClientMutationID(clientMutationID)).ForUpdate().Only(ctx)
		switch {
		case err == nil && made.OpenedAt == nil:
			made, err = links.UpdateOne(made).SetTokenHash(hash).Save(ctx)
			return err
		case err == nil:
			token = ""
			return nil
		case !ent.IsNotFound(err):
			return err
		}
		open, err := links.Query().Where(partnerlink.OrganisationID(organisationID), partnerlink.RevokedAtIsNil(), partnerlink.ExpiresAtGT(time.Now())).Count(ctx)
		switch {
		case err != nil:
			return err
		case open >= MaxLinks:
			return problem.New(problem.Conflict, "This partner has %d links that are open. Revoke one that is not needed, then make a new one.", open)
		}
		made, err = links.Create().SetClientMutationID(clientMutationID).SetNillableCreatedByID(staffOf(v)).SetOrganisationID(organisationID).
			SetTokenHash(hash).SetExpiresAt(time.Now().AddDate(0, 0, days)).Save(ctx)
		if err != nil {
			return err
		}
		return p.log.Change(ctx, audit.Event{Action: "partner_link.created", SubjectType: "organisation", SubjectID: organisationID})
	})
	if err != nil {
		return nil, "", fmt.Errorf("make a partner's link: %w", err)
	}
	return made, token, nil
}

// RevokeLink ends a link at once. One that has ended stays as it is.
func (p *Partners) RevokeLink(ctx context.Context, id uuid.UUID) (*ent.PartnerLink, error) {
	v, _, err := here(ctx)
	if err != nil {
		return nil, err
	}
	var link *ent.PartnerLink
	err = p.store.Tx(ctx, func(ctx context.Context) error {
		links := p.store.Client(ctx).PartnerLink
		link, err = links.Query().Where(partnerlink.ID(id)).ForUpdate().Only(ctx)
		switch {
		case ent.IsNotFound(err):
			return problem.Missing("link")
		case err != nil || link.RevokedAt != nil:
			return err
		}
		if link, err = links.UpdateOne(link).SetRevokedAt(time.Now()).SetNillableRevokedByID(staffOf(v)).Save(ctx); err != nil {
			return err
		}
		return p.log.Change(ctx, audit.Event{Action: "partner_link.revoked", SubjectType: "organisation", SubjectID: link.OrganisationID})
	})
	if err != nil {
		return nil, fmt.Errorf("revoke a partner's link: %w", err)
	}
	return link, nil
}

// LinkState is whether a link can be used.
type LinkState string

// The states of a link.
const (
	LinkOpen    LinkState = "OPEN"
	LinkExpired LinkState = "EXPIRED"
	LinkRevoked LinkState = "REVOKED"
)

// StateOf is the state of a link at a time.
func StateOf(expiresAt time.Time, revokedAt *time.Time, now time.Time) LinkState {
	switch {
	case revokedAt != nil:
		return LinkRevoked
	case !expiresAt.After(now):
		return LinkExpired
	}
	return LinkOpen
}

// LinkStateSQL is StateOf as SQL over @row, a link.
const LinkStateSQL = "case when @row.revoked_at is not null then 'REVOKED' when @row.expires_at <= now() then 'EXPIRED' else 'OPEN' end"

// errEnded is for whoever uses a link that has ended meanwhile.
var errEnded = problem.New(problem.Forbidden, "This link has ended. Ask the hub for a new one.")

// Follow finds the link of a token, and the context in which its holder asks. The context is nil where the link has ended,
// or its hub is not open; the link is nil where there never was one.
func (p *Partners) Follow(ctx context.Context, token string) (context.Context, *store.PartnerLink, error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(sha256.Size) {
		return nil, nil, nil
	}
	link, err := p.store.PartnerLinkByToken(ctx, hashOf(token))
	if err != nil || link == nil {
		return nil, nil, err
	}
	if StateOf(link.ExpiresAt, link.RevokedAt, time.Now()) != LinkOpen || link.HubState != "LIVE" {
		return nil, link, nil
	}
	hub := viewer.Hub{ID: link.HubID, Slug: link.Slug}
	return viewer.NewContext(ctx, viewer.ForPartner(link.TrustID, hub, link.OrganisationID, link.LinkID)), link, nil
}

// stillOpen notes that the link of the viewer is used, and holds it: what is done by a link is done before it is revoked, or
// not at all. Two who use the same link wait for each other.
func (p *Partners) stillOpen(ctx context.Context) error {
	v, hub, err := here(ctx)
	if err != nil {
		return err
	}
	held, err := p.store.Exec(ctx, `update partner_links set opened_at = now()
		where hub_id = $1 and id = $2 and revoked_at is null and expires_at > now()`, hub.ID, v.LinkID)
	switch {
	case err != nil:
		return fmt.Errorf("hold a partner's link: %w", err)
	case held == 0:
		return errEnded
	}
	return nil
}
