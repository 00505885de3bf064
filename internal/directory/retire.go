package directory

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"liferooms.io/liferooms/internal/openreferral"
)

// retiring are the tables whose records are retired, services first: the others go with their last service. Each has the
// SQL condition, over x, that a service that is on offer has the record; $1 is the hub.
var retiring = []struct{ table, inUse string }{
	{"services", "false"},
	{"organisations", "exists (select from services s where s.hub_id = $1 and s.organisation_id = x.id and s.retired_at is null)"},
	{"locations", `exists (select from service_at_locations a join services s on s.hub_id = a.hub_id and s.id = a.service_id
		where a.hub_id = $1 and a.location_id = x.id and a.retired_at is null and s.retired_at is null)`},
	{"taxonomy_terms", `exists (select from service_terms st join services s on s.hub_id = st.hub_id and s.id = st.service_id
		where st.hub_id = $1 and st.taxonomy_term_id = x.id and s.retired_at is null)`},
}

// mention notes the ids that rows mention, in the transaction but not in memory. A row that was refused is still there at its
// source.
func (i *importing) mention(ctx context.Context, rows []openreferral.Row) error {
	if !i.whole {
		return nil
	}
	ids := map[string][]string{}
	add := func(table, id string) {
		if id != "" {
			ids[table] = append(ids[table], id)
		}
	}
	for _, row := range rows {
		switch {
		case row.Refused != nil:
			i.unclear = i.unclear || row.Kind == openreferral.KindUnknown || row.Kind == openreferral.KindOrganisation
			add("services", row.ID)
			add("locations", row.ID)
			add("taxonomy_terms", row.ID)
		case row.Service != nil:
			add("services", row.Service.ID)
			add("organisations", row.Service.OrganisationID)
			if row.Service.Organisation != nil {
				add("organisations", row.Service.Organisation.ID)
			}
			for _, at := range row.Service.Locations {
				add("locations", at.Location.ID)
			}
			for _, a := range row.Service.Attributes {
				add("taxonomy_terms", a.Term.ID)
			}
		case row.Organisation != nil:
			add("organisations", row.Organisation.ID)
		case row.Location != nil:
			add("locations", row.Location.ID)
		case row.Term != nil:
			add("taxonomy_terms", row.Term.ID)
		case row.Taxonomy != nil:
			for _, term := range row.Taxonomy.Terms {
				add("taxonomy_terms", term.ID)
			}
		}
	}
	var b pgx.Batch
	for _, r := range retiring {
		if len(ids[r.table]) > 0 {
			b.Queue("insert into pg_temp.imported_ids (kind, external_id) select $1, unnest($2::text[]) on conflict do nothing", r.table, ids[r.table])
		}
	}
	if b.Len() == 0 {
		return nil
	}
	if err := i.store.Send(ctx, &b); err != nil {
		return fmt.Errorf("note what the source mentions: %w", err)
	}
	return nil
}

// settle retires what the whole of a source no longer mentions, and brings back what services on offer have.
func (i *importing) settle(ctx context.Context) error {
	var b pgx.Batch
	for _, r := range retiring {
		wrote := func(tag pgconn.CommandTag) error {
			if tag.RowsAffected() > 0 {
				i.written[r.table] = true
			}
			return nil
		}
		if i.whole && !i.unclear {
			b.Queue(`update `+r.table+` x set `+retire+`
				where x.hub_id = $1 and x.source = $2 and `+onOffer+` and not `+r.inUse+`
				  and not exists (select from pg_temp.imported_ids i where i.kind = '`+r.table+`' and i.external_id = x.external_id)`,
				i.hub, i.source).Exec(func(tag pgconn.CommandTag) error {
				i.summary.Retired += int(tag.RowsAffected())
				return wrote(tag)
			})
		}
		if r.inUse != "false" {
			b.Queue(`update `+r.table+` x set retired_at = null, version = x.version + 1
				where x.hub_id = $1 and x.source = $2 and x.retired_at is not null and not coalesce(x.local_fields ? 'retired_at', false)
				  and `+r.inUse, i.hub, i.source).Exec(wrote)
		}
	}
	if err := i.store.Send(ctx, &b); err != nil {
		return fmt.Errorf("retire what the source no longer mentions: %w", err)
	}
	return nil
}
