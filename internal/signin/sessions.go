package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/ent/session"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// digest is the SHA-256 of a secret: what is stored and remembered in its place.
type digest = [sha256.Size]byte

// sessions remembers the sessions of the staff app for a moment.
type sessions struct {
	store *store.Store
	known *lru.Cache[digest, *heldSession]
	left  tombstones
}

type heldSession struct {
	*ent.Session
	at time.Time
}

const maxSessions = 20_000

func newSessions(s *store.Store) *sessions {
	known, _ := lru.New[digest, *heldSession](maxSessions) // fails for a size below one only
	return &sessions{store: s, known: known}
}

// get finds a live session; nil where there is none. Only sessions that exist are remembered.
func (s *sessions) get(ctx context.Context, token digest) (*ent.Session, error) {
	if held, ok := s.known.Get(token); ok && time.Since(held.at) < memory && !s.left.has(held.StaffUserID) {
		if time.Now().After(held.ExpiresAt) {
			return nil, nil
		}
		return held.Session, nil
	}
	at := time.Now()
	found, err := s.store.SessionByToken(ctx, token[:])
	if err != nil {
		return nil, fmt.Errorf("find session: %w", err)
	}
	if found == nil {
		s.known.Remove(token)
		return nil, nil
	}
	s.known.Add(token, &heldSession{found, at})
	return found, nil
}

func (s *sessions) forget(staffID ID) { s.left.add(staffID) }

// delete ends every session of a member of staff of the viewer's trust.
func (s *sessions) delete(ctx context.Context, staffID ID) error {
	if _, err := s.store.Client(ctx).Session.Delete().Where(session.StaffUserID(staffID)).Exec(ctx); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// EndGroupSessions ends the sessions of the viewer's trust that hold one of the groups, since a hub gives them a role no
// longer. Call it in the transaction that takes the role away; see EndSessions.
func (s *SignIn) EndGroupSessions(ctx context.Context, groups []string) error {
	trustID := viewer.FromContext(ctx).TrustID
	s.groupRoles.forget(trustID)
	return s.endWhere(ctx, "groups ?| $2", trustID, groups)
}

// EndProviderSessions ends the sessions of the viewer's trust that came through the provider, since it is disabled or gives
// a role no longer. Call it in the transaction that changes the provider; see EndSessions.
func (s *SignIn) EndProviderSessions(ctx context.Context, providerID ID) error {
	return s.endWhere(ctx, "identity_provider_id = $2", viewer.FromContext(ctx).TrustID, providerID)
}

func (s *SignIn) endWhere(ctx context.Context, condition string, args ...any) error {
	ended, err := store.Collect(ctx, s.store, pgx.RowTo[ID], "delete from sessions where trust_id = $1 and "+condition+" returning staff_user_id", args...)
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	for _, staffID := range ended {
		s.staff.forget(staffID)
		s.sessions.forget(staffID)
	}
	return nil
}

// newSecret gives 256 random bits as text that may stand in a cookie and in a URL.
func newSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// session finds the session of the request's cookie; nil where there is none.
func (s *SignIn) session(r *http.Request, at site) (*ent.Session, error) {
	cookie, err := r.Cookie(at.cookieName(sessionCookie))
	if err != nil || cookie.Value == "" || len(cookie.Value) > 100 {
		return nil, nil
	}
	return s.sessions.get(r.Context(), sha256.Sum256([]byte(cookie.Value)))
}

// open begins a session and puts it on record; the browser gets its token, the database only the token's digest.
func (s *SignIn) open(ctx context.Context, p *provider, staffID ID, roles []schema.ClaimRole, groups []string) (token string, life time.Duration, err error) {
	token = newSecret()
	sum := sha256.Sum256([]byte(token))
	life = time.Duration(p.trust.SessionHours) * time.Hour
	now := time.Now()
	ctx = asStaff(ctx, p.TrustID, staffID)
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		client := s.store.Client(ctx).Session
		if _, err := client.Delete().Where(session.StaffUserID(staffID), session.ExpiresAtLTE(now)).Exec(ctx); err != nil {
			return fmt.Errorf("clear expired sessions: %w", err)
		}
		err := client.Create().SetTokenHash(sum[:]).SetStaffUserID(staffID).SetIdentityProviderID(p.ID).
			SetClaimRoles(roles).SetGroups(groups).SetExpiresAt(now.Add(life)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("open session: %w", err)
		}
		return s.log.Change(ctx, audit.Event{Action: "staff.signed_in", SubjectType: ent.TypeStaffUser, SubjectID: staffID})
	})
	return token, life, err
}

// close ends one session and puts that on record.
func (s *SignIn) close(ctx context.Context, ended *ent.Session) error {
	ctx = asStaff(ctx, ended.TrustID, ended.StaffUserID)
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.store.Client(ctx).Session.Delete().Where(session.ID(ended.ID)).Exec(ctx); err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		return s.log.Change(ctx, audit.Event{Action: "staff.signed_out", SubjectType: ent.TypeStaffUser, SubjectID: ended.StaffUserID})
	})
	return err
}

// asStaff is a context in which somebody acts on what concerns the whole trust.
func asStaff(ctx context.Context, trustID, staffID ID) context.Context {
	return viewer.NewContext(ctx, &viewer.Viewer{Kind: viewer.Staff, TrustID: trustID, StaffID: staffID})
}

// SignOut ends the session of the request and takes its cookie away. It gives the address at which the provider signs
// out too; empty where it has none or cannot be reached. Without a session it does nothing.
func (s *SignIn) SignOut(w http.ResponseWriter, r *http.Request) (providerURL string, err error) {
	at, err := s.at(r)
	if err != nil {
		return "", err
	}
	ended, err := s.session(r, at)
	if err != nil || ended == nil {
		return "", err
	}
	if err := s.close(r.Context(), ended); err != nil {
		return "", err
	}
	s.sessions.forget(ended.StaffUserID)
	at.setCookie(w, sessionCookie, "", -1)
	p, err := s.providers.byID(r.Context(), ended.IdentityProviderID)
	if err != nil || p == nil {
		return "", err
	}
	return p.signOutURL(r.Context(), at.url), nil
}

// The cookies, which no other host is sent. Over https their names begin with __Host-: the browser then takes them from
// this very host only.
const (
	sessionCookie = "liferooms"
	browserCookie = "liferooms-sign-in"
)

func (a site) cookieName(name string) string {
	if a.secure() {
		return "__Host-" + name
	}
	return name
}

// setCookie sets a cookie for seconds, or takes it away where they are negative. Lax: it must come along when a link
// or the provider leads here.
func (a site) setCookie(w http.ResponseWriter, name, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{
		Name: a.cookieName(name), Value: value, Path: "/", MaxAge: seconds,
		Secure: a.secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
