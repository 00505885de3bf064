package directory

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/store"
)

// PointsSQL gives the points that a hub's staff know for @whole, a postcode, and @outward, its first part: the middle of the
// places there. Where both are known, the whole one's text is the greater.
const PointsSQL = `(
	with known as (
	  select l.postcode, l.latitude, l.longitude from locations l
	  where l.hub_id = @hub and l.retired_at is null and split_part(l.postcode, ' ', 1) = @outward
	  union all
	  select h.postcode, h.latitude, h.longitude from hubs h where h.id = @hub and split_part(h.postcode, ' ', 1) = @outward)
	select avg(k.latitude) as latitude, avg(k.longitude) as longitude, @whole::text as postcode from known k
	where k.postcode = @whole and k.latitude is not null and k.longitude is not null having count(*) > 0
	union
	select avg(k.latitude), avg(k.longitude), @outward::text from known k
	where k.latitude is not null and k.longitude is not null having count(*) > 0)`

var outwardForm = regexp.MustCompile(`^[A-Z]{1,2}[0-9][A-Z0-9]?$`)

// Parts reads what somebody typed as a postcode, or as the first part of one, which is then both. What is neither has no parts.
func Parts(typed string) (whole, outward string) {
	whole, ok := openreferral.Postcode(typed)
	if !ok {
		if whole = strings.ToUpper(strings.TrimSpace(typed)); !outwardForm.MatchString(whole) {
			return "", ""
		}
	}
	outward, _, _ = strings.Cut(whole, " ")
	return whole, outward
}

// Find is Locate for staff: it knows all places of their hub, and the first part of a postcode will do. Nil: not known.
func (d *Directory) Find(ctx context.Context, postcode string) (*Point, error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return nil, err
	}
	whole, outward := Parts(postcode)
	points, err := store.Collect(ctx, d.store, pgx.RowToStructByName[Point], "select * from "+PointsSQL+" points order by postcode desc",
		pgx.NamedArgs{"hub": hub.ID, "whole": whole, "outward": outward})
	if err != nil {
		return nil, fmt.Errorf("find a postcode: %w", err)
	}
	if len(points) == 0 {
		return nil, nil
	}
	return &points[0], nil
}
