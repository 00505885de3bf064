package graph

import (
	"context"
	"fmt"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/hub"
	"liferooms.io/liferooms/ent/staffuser"
	"liferooms.io/liferooms/internal/access"
	"liferooms.io/liferooms/internal/viewer"
)

func (r *Resolver) viewer(ctx context.Context) (*Viewer, error) {
	v := viewer.FromContext(ctx)
	s := wanted(ctx)
	answer := &Viewer{ID: v.StaffID, Name: v.Name, Trust: &ViewerTrust{}, ClosedHubs: closedHubs(v)}
	if v.At != "" {
		answer.OpenedAt = &v.At
	}
	client := r.Store.Client(ctx)
	if s.has("email") {
		me, err := client.StaffUser.Query().Where(staffuser.ID(v.StaffID)).Select(staffuser.FieldID, staffuser.FieldEmail).Only(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return nil, fmt.Errorf("read the viewer: %w", err)
		}
		if me != nil {
			answer.Email = me.Email
		}
	}
	if s.has("trust") {
		t, err := client.Trust.Query().Only(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the viewer's trust: %w", err)
		}
		answer.Trust = &ViewerTrust{Name: t.Name, OdsCode: t.OdsCode}
	}
	if s.has("hubs") {
		hubs, err := client.Hub.Query().Order(hub.ByName(), hub.ByID()).
			Select(hub.FieldID, hub.FieldSlug, hub.FieldName, hub.FieldTimeZone, hub.FieldBrandName, hub.FieldBrandColour, hub.FieldBrandLogoURL, hub.FieldModules).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the viewer's hubs: %w", err)
		}
		for _, h := range hubs {
			held, _ := v.HubByID(h.ID)
			answer.Hubs = append(answer.Hubs, &ViewerHub{
				Slug: h.Slug, Name: h.Name, TimeZone: h.TimeZone, BrandName: h.BrandName, BrandColour: h.BrandColour, BrandLogoURL: h.BrandLogoURL,
				Modules: h.Modules,
				Roles:   held.Roles, Permissions: access.In(v, held),
			})
		}
	}
	return answer, nil
}

// closedHubs are the hubs of the viewer that are paused or have closed.
func closedHubs(v *viewer.Viewer) []*ClosedHub {
	closed := make([]*ClosedHub, len(v.Closed))
	for i, c := range v.Closed {
		closed[i] = &ClosedHub{Slug: c.Slug, Name: c.Name, Message: access.Closed(c).Message}
	}
	return closed
}
