package store

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/intercept"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/viewer"
)

// raiseWalls puts the first wall around an Ent client: queries are narrowed to what the viewer may see, and mutations
// are refused outside it. Without a viewer nothing works.
func raiseWalls(c *ent.Client) {
	c.Intercept(intercept.TraverseFunc(narrowQuery))
	c.Use(guardMutation)
}

func narrowQuery(ctx context.Context, q intercept.Query) error {
	v := viewer.FromContext(ctx)
	if v == nil {
		return errNobody
	}
	narrow, err := predicateFor(v, q.Type())
	if err != nil {
		return err
	}
	if narrow != nil {
		q.WhereP(narrow)
	}
	return nil
}

// predicateFor narrows a statement on a table to the viewer's rows; nil for the platform's tables, which only the
// platform itself may use.
func predicateFor(v *viewer.Viewer, table string) (func(*sql.Selector), error) {
	switch {
	case v.Kind == viewer.Public && !publicTables[table]:
		return nil, fmt.Errorf("%s is not for the public", table)
	case v.Kind == viewer.Partner:
		return nil, errPartner
	}
	switch tables[table].level {
	case platformLevel:
		if v.Kind != viewer.Platform {
			return nil, fmt.Errorf("%s is the platform's own", table)
		}
		return nil, nil
	case trustLevel:
		if table == ent.TypeTrust {
			return func(s *sql.Selector) { s.Where(sql.EQ(s.C("id"), v.TrustID)) }, nil
		}
		hubColumn, ofHubs := trustRowsOfHubs[table]
		return func(s *sql.Selector) {
			s.Where(sql.EQ(s.C("trust_id"), v.TrustID))
			if ofHubs {
				column := s.C(hubColumn)
				within := inHubs(v, column)
				if table != ent.TypeHub {
					within = sql.Or(sql.IsNull(column), within)
				}
				s.Where(within)
			}
		}, nil
	case hubLevel:
		return func(s *sql.Selector) { s.Where(inHubs(v, s.C("hub_id"))) }, nil
	}
	return nil, fmt.Errorf("%s is on no list of internal/store", table)
}

// inHubs compares with one hub where the viewer sees one, which lets an index deliver rows in order.
func inHubs(v *viewer.Viewer, column string) *sql.Predicate {
	if h, one := v.OneHub(); one {
		return sql.EQ(column, h.ID)
	}
	if len(v.Hubs) == 0 {
		return sql.False()
	}
	return sql.In(column, hubIDs(v)...)
}

func guardMutation(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
		v := viewer.FromContext(ctx)
		if v == nil {
			return nil, errNobody
		}
		switch v.Kind {
		case viewer.Public:
			return nil, errReadOnly
		case viewer.Partner:
			return nil, errPartner
		}
		if m.Op().Is(ent.OpCreate) {
			if err := place(v, m); err != nil {
				return nil, err
			}
			return next.Mutate(ctx, m)
		}
		narrow, err := predicateFor(v, m.Type())
		if err != nil {
			return nil, err
		}
		if narrow != nil {
			m.(interface{ WhereP(...func(*sql.Selector)) }).WhereP(narrow)
		}
		return next.Mutate(ctx, m)
	})
}

// place puts a new row into the viewer's trust and hub. What the caller set must be the viewer's own.
func place(v *viewer.Viewer, m ent.Mutation) error {
	table := m.Type()
	switch tables[table].level {
	case platformLevel:
		if v.Kind != viewer.Platform {
			return fmt.Errorf("%s is the platform's own", table)
		}
		return nil
	case trustLevel:
		if table == ent.TypeTrust {
			return placeIn(m, "id", v.TrustID)
		}
		if err := placeIn(m, "trust_id", v.TrustID); err != nil {
			return err
		}
		if column, ofHubs := trustRowsOfHubs[table]; ofHubs {
			if hub, set := fieldID(m, column); set && !sees(v, hub) {
				return problem.Missing("hub")
			}
		}
		return nil
	case hubLevel:
		if hub, set := fieldID(m, "hub_id"); set {
			if !sees(v, hub) {
				return problem.Missing("hub")
			}
		} else {
			hub, one := v.OneHub()
			if !one {
				return fmt.Errorf("create %s: the viewer sees %d hubs, and the row says none", table, len(v.Hubs))
			}
			if err := m.SetField("hub_id", hub.ID); err != nil {
				return err
			}
		}
		if _, has := m.(interface{ SetTrustID(uuid.UUID) }); has {
			return placeIn(m, "trust_id", v.TrustID)
		}
		return nil
	}
	return fmt.Errorf("%s is on no list of internal/store", table)
}

// placeIn sets an id, or checks it where the caller did.
func placeIn(m ent.Mutation, column string, want uuid.UUID) error {
	id, set := fieldID(m, column)
	if set && id != want {
		return problem.Missing("trust")
	}
	if set {
		return nil
	}
	return m.SetField(column, want)
}

func fieldID(m ent.Mutation, column string) (uuid.UUID, bool) {
	if column == "id" {
		id, set := m.(interface{ ID() (uuid.UUID, bool) }).ID()
		return id, set
	}
	value, set := m.Field(column)
	if !set {
		return uuid.Nil, false
	}
	id, ok := value.(uuid.UUID)
	return id, ok
}
