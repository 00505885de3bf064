package entpgx

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"liferooms.io/liferooms/internal/postgres"
	"liferooms.io/liferooms/internal/postgres/pgtest"
)

var empty pgtest.Template

func openEmpty(t testing.TB, mode pgx.QueryExecMode) *Driver {
	t.Helper()
	config, err := pgxpool.ParseConfig(empty.Database(t).URL(postgres.Superuser))
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig.DefaultQueryExecMode = mode
	config.ConnConfig.RuntimeParams["timezone"] = "Europe/London" // answers are in UTC all the same
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	d := New(pool, func(context.Context) (Scope, error) { return Scope{{"app.hubs", "{}"}}, nil })
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func TestDecode(t *testing.T) {
	id := uuid.MustParse("018f2b1c-0000-7000-8000-000000000001")
	moment := time.Date(1890, 7, 1, 12, 30, 15, 123456000, time.UTC)
	day := time.Date(2200, 2, 28, 0, 0, 0, 0, time.UTC)
	cases := []struct {
		sql  string
		dest any
		want any
	}{
		{"'Zoë'::text", new(sql.NullString), &sql.NullString{String: "Zoë", Valid: true}},
		{"'x'::varchar(3)", new(sql.NullString), &sql.NullString{String: "x", Valid: true}},
		{"null::text", &sql.NullString{String: "old", Valid: true}, &sql.NullString{}},
		{"'low'::mood", new(sql.NullString), &sql.NullString{String: "low", Valid: true}},
		{"'low'::mood", new(string), ptr("low")},
		{"(-7)::int2", new(sql.NullInt64), &sql.NullInt64{Int64: -7, Valid: true}},
		{"(-70000)::int4", new(sql.NullInt64), &sql.NullInt64{Int64: -70000, Valid: true}},
		{"9000000000::int8", new(sql.NullInt64), &sql.NullInt64{Int64: 9e9, Valid: true}},
		{"null::int8", new(sql.NullInt64), &sql.NullInt64{}},
		{"12::numeric", new(sql.NullInt64), &sql.NullInt64{Int64: 12, Valid: true}},
		{"count(*)", new(int), ptr(1)},
		{"count(*)", new(int64), ptr(int64(1))},
		{"sum(5::int8)", new(int), ptr(5)},
		{"sum(5::int8)", new(*int), ptr(ptr(5))},
		{"null::int8", ptr(ptr(7)), ptr((*int)(nil))},
		{"1.5::float8", new(sql.NullFloat64), &sql.NullFloat64{Float64: 1.5, Valid: true}},
		{"1.5::float4", new(float64), ptr(1.5)},
		{"1.5::numeric", new(sql.NullFloat64), &sql.NullFloat64{Float64: 1.5, Valid: true}},
		{"null::float8", new(sql.NullFloat64), &sql.NullFloat64{}},
		{"true", new(sql.NullBool), &sql.NullBool{Bool: true, Valid: true}},
		{"null::bool", new(sql.NullBool), &sql.NullBool{}},
		{"true", new(bool), ptr(true)},
		{"'1890-07-01 12:30:15.123456+00'::timestamptz", new(sql.NullTime), &sql.NullTime{Time: moment, Valid: true}},
		{"'1890-07-01 12:30:15.123456+00'::timestamptz", new(time.Time), &moment},
		{"'2200-02-28'::date", new(sql.NullTime), &sql.NullTime{Time: day, Valid: true}},
		{"null::date", new(sql.NullTime), &sql.NullTime{}},
		{"'" + id.String() + "'::uuid", new(uuid.UUID), &id},
		{"null::uuid", new(uuid.UUID), &uuid.UUID{}},
		{"'" + id.String() + "'::uuid", &entsql.NullScanner{S: new(uuid.UUID)}, &entsql.NullScanner{S: &id, Valid: true}},
		{"null::uuid", &entsql.NullScanner{S: new(uuid.UUID)}, &entsql.NullScanner{S: &uuid.UUID{}}},
		{"'" + id.String() + "'::uuid", new(sql.NullString), &sql.NullString{String: id.String(), Valid: true}},
		{`'{"a": 1}'::jsonb`, new([]byte), ptr([]byte(`{"a": 1}`))},
		{`'{"a":1}'::json`, new([]byte), ptr([]byte(`{"a":1}`))},
		{"null::jsonb", new([]byte), ptr([]byte(nil))},
		{`'\x0001ff'::bytea`, new([]byte), ptr([]byte{0, 1, 255})},
		{"''::bytea", new([]byte), ptr([]byte{})},
		{"array['a', null, 'b']::text[]", new([]*string), ptr([]*string{ptr("a"), nil, ptr("b")})},
		{"array['a', 'b']", new([]string), ptr([]string{"a", "b"})},
		{"'" + id.String() + "'::uuid", new(any), ptr(any(id.String()))},
		{"'{}'::jsonb", new(any), ptr(any([]byte("{}")))},
		{"'2200-02-28'::date", new(driver.Value), ptr(driver.Value(day))},
		{"null::int4", new(any), new(any)},
	}
	for name, mode := range map[string]pgx.QueryExecMode{
		"binary": pgx.QueryExecModeCacheStatement, "text": pgx.QueryExecModeSimpleProtocol,
	} {
		t.Run(name, func(t *testing.T) {
			d := openEmpty(t, mode)
			if err := d.Exec(t.Context(), "create type mood as enum ('glad', 'low')", []any{}, nil); err != nil {
				t.Fatal(err)
			}
			for _, c := range cases {
				dest := clone(c.dest)
				var rows entsql.Rows
				if err := d.Query(t.Context(), "select "+c.sql, []any{}, &rows); err != nil {
					t.Fatalf("%s: %v", c.sql, err)
				}
				err := entsql.ScanOne(rows, dest)
				if err != nil {
					t.Errorf("%s into %T: %v", c.sql, dest, err)
				}
				if err := rows.Close(); err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff(c.want, dest); err == nil && diff != "" {
					t.Errorf("%s into %T (-want +got):\n%s", c.sql, dest, diff)
				}
			}
			for _, c := range []struct {
				sql  string
				dest any
			}{
				{"'infinity'::timestamptz", new(time.Time)},
				{"null::int8", new(int)},
				{"null::text", new(string)},
				{"'many'::text", new(int)},
			} {
				var rows entsql.Rows
				if err := d.Query(t.Context(), "select "+c.sql, []any{}, &rows); err != nil {
					t.Fatal(err)
				}
				if err := entsql.ScanOne(rows, c.dest); err == nil {
					t.Errorf("%s into %T: no error", c.sql, c.dest)
				}
			}
		})
	}
}

func ptr[T any](v T) *T { return &v }

// clone keeps the two runs over the cases apart.
func clone(dest any) any {
	switch d := dest.(type) {
	case *entsql.NullScanner:
		return &entsql.NullScanner{S: new(uuid.UUID)}
	case *sql.NullString:
		return ptr(*d)
	}
	return dest
}

func TestRows(t *testing.T) {
	d := openEmpty(t, pgx.QueryExecModeCacheStatement)
	type person struct {
		ID    int `json:"id"`
		Name  *string
		Needs []string
	}
	var rows entsql.Rows
	err := d.Query(t.Context(), `select n as id, case when n > 1 then 'p' || n end as name, '["housing"]'::jsonb as needs
		from generate_series(1, 3) n`, []any{}, &rows)
	if err != nil {
		t.Fatal(err)
	}
	var got []person
	if err := entsql.ScanSlice(rows, &got); err != nil {
		t.Fatal(err)
	}
	needs := []string{"housing"}
	if diff := cmp.Diff([]person{{1, nil, needs}, {2, ptr("p2"), needs}, {3, ptr("p3"), needs}}, got); diff != "" {
		t.Error(diff)
	}
	if rows.Next() || rows.NextResultSet() || rows.Err() != nil {
		t.Error("more after the end")
	}
	for range 2 {
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := rows.Scan(new(int), new(string), new([]byte)); err == nil {
		t.Error("scan of closed rows: no error")
	}

	var none entsql.Rows
	if err := d.Query(t.Context(), "select 1 as id where false", []any{}, &none); err != nil {
		t.Fatal(err)
	}
	if names, err := none.Columns(); err != nil || len(names) != 1 || names[0] != "id" {
		t.Errorf("columns of an empty result: %v, %v", names, err)
	}
	if none.Next() {
		t.Error("an empty result has a row")
	}
}

// BenchmarkScan reads 100 rows of a person's usual columns: through this package, and through pgx's own scanning
// of the same destinations.
func BenchmarkScan(b *testing.B) {
	const query = `select gen_random_uuid(), 'Fay Example', 'note of some length', n, n::int4, true, now(), now()::date,
		'{"a": 1}'::jsonb, null::uuid from generate_series(1, 100) n`
	d := openEmpty(b, pgx.QueryExecModeCacheStatement)
	conn, err := d.pool.Acquire(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	rows, err := conn.Query(b.Context(), query)
	if err != nil {
		b.Fatal(err)
	}
	r := newResult()
	if err := r.read(rows); err != nil {
		b.Fatal(err)
	}
	conn.Release()
	m := pgtype.NewMap()
	fresh := func() []any {
		return []any{new(uuid.UUID), new(sql.NullString), new(sql.NullString), new(sql.NullInt64), new(sql.NullInt64),
			new(sql.NullBool), new(sql.NullTime), new(sql.NullTime), new([]byte), &entsql.NullScanner{S: new(uuid.UUID)}}
	}
	b.Run("direct", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for r.row = 0; r.Next(); {
				if err := r.Scan(fresh()...); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("pgx", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for r.row = 0; r.Next(); {
				dest := fresh()
				for i, at := range r.spans[(r.row-1)*len(dest) : r.row*len(dest)] {
					var value []byte
					if at.start >= 0 {
						value = r.bytes[at.start:at.end]
					}
					if err := m.Scan(r.columns[i].oid, r.columns[i].format, value, dest[i]); err != nil {
						b.Fatal(err)
					}
				}
			}
		}
	})
}

// BenchmarkQuery compares the pipelined scope with the round trips that it saves, and with a query that has no scope.
func BenchmarkQuery(b *testing.B) {
	const query = "select n, 'Fay Example' from generate_series(1, 25) n"
	d := openEmpty(b, pgx.QueryExecModeCacheStatement)
	read := func(rows pgx.Rows, err error) {
		if err != nil {
			b.Fatal(err)
		}
		for rows.Next() {
		}
		if rows.Err() != nil {
			b.Fatal(rows.Err())
		}
	}
	b.Run("pipelined scope", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var rows entsql.Rows
			if err := d.Query(b.Context(), query, []any{}, &rows); err != nil {
				b.Fatal(err)
			}
			rows.Close()
		}
	})
	b.Run("scope in four round trips", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			tx, err := d.pool.Begin(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			if _, err := tx.Exec(b.Context(), "select set_config($1, $2, true)", "app.hubs", "{}"); err != nil {
				b.Fatal(err)
			}
			read(tx.Query(b.Context(), query))
			if err := tx.Commit(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("no scope", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			read(d.pool.Query(b.Context(), query))
		}
	})
}
