package directory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent/organisation"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
)

// Visibility says to whom a record is shown; see ent/schema.
type Visibility = organisation.Visibility

// visible are the tables whose records have a visibility, by what a record of theirs is called. Those without a name of their
// own are known by their id.
var visible = map[string]struct {
	table string
	named bool
}{
	"organisation":        {"organisations", true},
	"service":             {"services", true},
	"location":            {"locations", true},
	"service-at-location": {"service_at_locations", false},
	"schedule":            {"schedules", false},
}

// SetVisibility shows or hides the one record of the viewer's hub that has the id or, exactly, the name: an organisation,
// service or location, or by their ids a service-at-location or schedule. It holds from the commit on, in the feed and on the
// pages alike, and imports keep it. The error is a problem where there is no such record, or several of that name.
func (d *Directory) SetVisibility(ctx context.Context, kind, idOrName string, to Visibility) error {
	hub, err := hubOf(ctx)
	if err != nil {
		return err
	}
	what, known := visible[kind]
	if !known {
		return problem.Field("kind", "There is no %q: choose one of %s.", kind, strings.Join(slices.Sorted(maps.Keys(visible)), ", "))
	}
	if err := organisation.VisibilityValidator(to); err != nil {
		return problem.Field("visibility", "A record is PUBLIC, STAFF or RESTRICTED.")
	}
	matches := "id::text = $2"
	if what.named {
		matches = "(id::text = $2 or name = $2)"
	}
	return d.store.Tx(ctx, func(ctx context.Context) error {
		found, err := store.Collect(ctx, d.store, pgx.RowTo[uuid.UUID],
			"select id from "+what.table+" where hub_id = $1 and "+matches+" order by id limit 20 for update", hub.ID, storable(idOrName))
		if err != nil {
			return fmt.Errorf("find a %s: %w", kind, err)
		}
		switch len(found) {
		case 0:
			return problem.Missing(kind)
		case 1:
		default:
			ids := make([]string, len(found))
			for i, id := range found {
				ids[i] = id.String()
			}
			return problem.New(problem.Conflict, "Several records have this name. Say which by its id: %s.", strings.Join(ids, ", "))
		}
		changed, err := d.store.Exec(ctx, "update "+what.table+" set visibility = $3, version = version + 1 where hub_id = $1 and id = $2 and visibility <> $3", hub.ID, found[0], string(to))
		if err != nil {
			return fmt.Errorf("set the visibility of a %s: %w", kind, err)
		}
		if changed == 0 { // it was so already
			return nil
		}
		return d.edited(ctx, audit.Event{Action: "catalogue.visibility", SubjectType: strings.ReplaceAll(kind, "-", "_"), SubjectID: found[0], Fields: []string{"visibility"}})
	})
}

// VisibilityInWords says who sees a record now, and what goes with it.
func (d *Directory) VisibilityInWords(ctx context.Context, kind Kind, id uuid.UUID) (string, error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return "", err
	}
	of, err := editableOf(kind)
	if err != nil {
		return "", err
	}
	beneath := map[Kind]string{
		KindOrganisation: "(select count(*) from services s where s.hub_id = $1 and s.organisation_id = x.id and s.retired_at is null)",
		KindLocation:     "(select count(distinct a.service_id) from service_at_locations a where a.hub_id = $1 and a.location_id = x.id and a.retired_at is null)",
	}[kind]
	if beneath == "" {
		beneath = "0"
	}
	type state struct {
		Visibility string
		Beneath    int
	}
	found, err := store.Collect(ctx, d.store, pgx.RowToStructByPos[state], "select x.visibility, "+beneath+" from "+of.table+" x where x.hub_id = $1 and x.id = $2", hub.ID, id)
	if err != nil {
		return "", fmt.Errorf("read the visibility of a %s: %w", kind, err)
	}
	if len(found) == 0 {
		return "", problem.Missing(of.what)
	}
	services := fmt.Sprintf("%d services", found[0].Beneath)
	if found[0].Beneath == 1 {
		services = "1 service"
	}
	if found[0].Visibility == "PUBLIC" {
		return "The public sees it, as far as what it belongs to is public, too.", nil
	}
	said := map[Kind]string{
		KindOrganisation: "The public no longer sees this organisation, nor its " + services + " with their places and times.",
		KindService:      "The public no longer sees this service, nor its places and times.",
		KindLocation:     "The public no longer sees this place, nor that " + services + " happen there, nor when.",
		KindPlace:        "The public no longer sees that the service is given here, nor when.",
		KindSchedule:     "The public no longer sees this time.",
	}[kind]
	return said + " Descriptions that mention it still show: read them through.", nil
}
