package viewer

import (
	"context"
	"slices"

	"github.com/google/uuid"
)

// Role is what somebody does in a hub. The roles and what each sees come from the domain's table of roles.
type Role string

// The roles of staff. A role is held in a hub; TrustAdmin, Governance, Safeguarding and Analyst are
// usually held in every hub of a trust.
const (
	Reception     Role = "RECEPTION"
	Advisor       Role = "ADVISOR"
	Tutor         Role = "TUTOR"
	VolunteerLead Role = "VOLUNTEER_LEAD"
	Manager       Role = "MANAGER"
	Safeguarding  Role = "SAFEGUARDING"
	Analyst       Role = "ANALYST"
	TrustAdmin    Role = "TRUST_ADMIN"
	Governance    Role = "GOVERNANCE"
)

// Roles lists every role in the order in which they are shown to people.
var Roles = []Role{Reception, Advisor, Tutor, VolunteerLead, Manager, Safeguarding, Analyst, TrustAdmin, Governance}

// Valid reports whether r is one of Roles.
func (r Role) Valid() bool { return slices.Contains(Roles, r) }

// Kind tells a member of staff from the platform and from a stranger.
type Kind int

const (
	// Staff is a signed-in member of staff of one trust.
	Staff Kind = iota + 1
	// Platform is the software itself at work: seeding, importing, closing the day, setting up a hub.
	Platform
	// Operator is the platform's operator, signed in from outside. It has no trust and no hubs, and may use the platform's
	// own fields of the API and nothing else.
	Operator
	// Public is a stranger, who reads the public catalogue of one hub and changes nothing.
	Public
	// Partner is whoever has the link of a partner of one hub: they see that partner's own entry, and say what is wrong with it.
	Partner
)

// Hub is one hub that a viewer may see, with the roles held there.
type Hub struct {
	ID    uuid.UUID
	Slug  string
	Roles []Role
}

// Viewer is who is asking. It is immutable once it is in a context.
type Viewer struct {
	Kind    Kind
	TrustID uuid.UUID
	// StaffID is the StaffUser; uuid.Nil for the platform.
	StaffID uuid.UUID
	Name    string
	// ClientID is the OIDC client that the request came through.
	ClientID string
	Hubs     []Hub
	// Closed are hubs in which a member of staff holds a role and may not work now.
	Closed []Closed
	// At is the slug of the hub at whose host name the request came; empty where it came by another name.
	At string
	// OrganisationID and LinkID are those of a Partner.
	OrganisationID, LinkID uuid.UUID
}

// Closed is a hub that is paused or has closed for good.
type Closed struct {
	Slug, Name string
	ForGood    bool
}

// ForPlatform is the platform at work on one trust and some of its hubs.
func ForPlatform(trustID uuid.UUID, hubs ...Hub) *Viewer {
	return &Viewer{Kind: Platform, TrustID: trustID, Name: "Life Rooms", Hubs: hubs}
}

// ForPublic is a stranger at one hub.
func ForPublic(trustID uuid.UUID, hub Hub) *Viewer {
	return &Viewer{Kind: Public, TrustID: trustID, Hubs: []Hub{hub}}
}

// ForPartner is whoever has a link of a partner of one hub.
func ForPartner(trustID uuid.UUID, hub Hub, organisation, link uuid.UUID) *Viewer {
	return &Viewer{Kind: Partner, TrustID: trustID, Hubs: []Hub{hub}, OrganisationID: organisation, LinkID: link}
}

// Hub finds a hub of the viewer by its slug.
func (v *Viewer) Hub(slug string) (Hub, bool) {
	for _, h := range v.Hubs {
		if h.Slug == slug {
			return h, true
		}
	}
	return Hub{}, false
}

// HubByID finds a hub of the viewer by its id.
func (v *Viewer) HubByID(id uuid.UUID) (Hub, bool) {
	for _, h := range v.Hubs {
		if h.ID == id {
			return h, true
		}
	}
	return Hub{}, false
}

// ClosedHub finds a hub of the viewer that is closed by its slug.
func (v *Viewer) ClosedHub(slug string) (Closed, bool) {
	for _, c := range v.Closed {
		if c.Slug == slug {
			return c, true
		}
	}
	return Closed{}, false
}

// In is the same viewer, seeing one hub only.
func (v *Viewer) In(h Hub) *Viewer {
	narrowed := *v
	narrowed.Hubs = []Hub{h}
	return &narrowed
}

// OneHub is the single hub that a narrowed viewer works in; false where the viewer sees none or several.
func (v *Viewer) OneHub() (Hub, bool) {
	if len(v.Hubs) != 1 {
		return Hub{}, false
	}
	return v.Hubs[0], true
}

type contextKey struct{}

// NewContext puts the viewer into the context.
func NewContext(ctx context.Context, v *Viewer) context.Context {
	return context.WithValue(ctx, contextKey{}, v)
}

// FromContext is the viewer of the context, nil where nobody is signed in.
func FromContext(ctx context.Context) *Viewer {
	v, _ := ctx.Value(contextKey{}).(*Viewer)
	return v
}
