// Command diff keeps the schema and its migrations together: it writes the migration that is missing, checks that none
// is, and renews the sum of the folder after hand-written SQL was added.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"

	"ariga.io/atlas/sql/migrate"
	atlas "ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	"github.com/alecthomas/kong"
	_ "github.com/jackc/pgx/v5/stdlib"

	generated "liferooms.io/liferooms/ent/migrate"
	"liferooms.io/liferooms/internal/postgres"
)

type commands struct {
	Dir string `default:"ent/migrate/migrations" help:"The folder of the migrations." type:"existingdir"`

	New   newMigration `cmd:"" help:"Write the migration from the migrations to the schema."`
	Check check        `cmd:"" help:"Fail where the migrations do not lead to the schema, or their sum is wrong."`
	Hash  hash         `cmd:"" help:"Renew atlas.sum after SQL was written by hand."`
}

type newMigration struct {
	Name string `arg:"" help:"What it is for, such as add_rooms."`
}

type check struct{}

type hash struct{}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var c commands
	k := kong.Parse(&c, kong.Description("Keeps the Ent schema and the versioned migrations together."), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(&c))
	k.FatalIfErrorf(k.Run())
}

func (n *newMigration) Run(ctx context.Context, c *commands) error {
	dir, err := migrate.NewLocalDir(c.Dir)
	if err != nil {
		return err
	}
	missing, err := diff(ctx, dir, n.Name)
	if err != nil {
		return err
	}
	if missing == nil {
		fmt.Println("The migrations already lead to the schema; nothing was written.")
		return nil
	}
	if err := dir.WriteFile(missing.Name(), missing.Bytes()); err != nil {
		return err
	}
	if err := writeSum(dir); err != nil {
		return err
	}
	fmt.Printf("Wrote %s. Read it; a new table joins the list in internal/store and raises its walls in the same file:\n\n%s", missing.Name(), missing.Bytes())
	return nil
}

func (check) Run(ctx context.Context, c *commands) error {
	dir, err := migrate.NewLocalDir(c.Dir)
	if err != nil {
		return err
	}
	if err := migrate.Validate(dir); err != nil {
		return fmt.Errorf("%w: after editing a migration by hand run `go run ./ent/migrate/diff hash`", err)
	}
	missing, err := diff(ctx, dir, "drift")
	if err != nil {
		return err
	}
	if missing != nil {
		return fmt.Errorf("the schema is ahead of its migrations; run `make migration name=…`. Missing:\n%s", missing.Bytes())
	}
	return nil
}

func (hash) Run(c *commands) error {
	dir, err := migrate.NewLocalDir(c.Dir)
	if err != nil {
		return err
	}
	return writeSum(dir)
}

func writeSum(dir migrate.Dir) error {
	sum, err := dir.Checksum()
	if err != nil {
		return err
	}
	return migrate.WriteSumFile(dir, sum)
}

// outside ends the last migration in a replay: Ent compares one schema, and refuses a database that has others. When it
// is done it drops the tables one by one, which policies that look at one another's tables would not let it, nor tables that
// point to themselves. Neither is compared.
const outside = `
drop schema river cascade;
do $$
declare
  p record;
  k record;
begin
  for k in select conrelid::regclass as tbl, conname from pg_constraint where contype = 'f' and conrelid = confrelid loop
    execute format('alter table %s drop constraint %I', k.tbl, k.conname);
  end loop;
  for p in select policyname, tablename from pg_policies where schemaname = 'public' loop
    execute format('drop policy %I on %I', p.policyname, p.tablename);
  end loop;
end
$$;
`

// diff replays the migrations of a folder on a private Postgres and gives the one that is missing to the schema; nil
// where none is. The folder stays as it is.
func diff(ctx context.Context, folder *migrate.LocalDir, name string) (migrate.File, error) {
	files, err := folder.Files()
	if err != nil {
		return nil, err
	}
	dir := &migrate.MemDir{}
	for i, f := range files {
		content := f.Bytes()
		if i == len(files)-1 {
			content = append(slices.Clone(content), outside...)
		}
		if err := dir.WriteFile(f.Name(), content); err != nil {
			return nil, err
		}
	}
	if err := writeSum(dir); err != nil {
		return nil, err
	}
	if err := replay(ctx, dir, name); err != nil {
		return nil, err
	}
	after, err := dir.Files()
	if err != nil {
		return nil, err
	}
	if len(after) > len(files) {
		return after[len(after)-1], nil
	}
	return nil, nil
}

// replay writes what is missing to the schema into dir.
func replay(ctx context.Context, dir migrate.Dir, name string) (err error) {
	server, err := postgres.Start(ctx, postgres.Options{Disposable: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	db, err := sql.Open("pgx", server.URL(postgres.Superuser, "postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	return generated.NewSchema(entsql.OpenDB(dialect.Postgres, db)).NamedDiff(ctx, name,
		schema.WithDir(dir),
		schema.WithMigrationMode(schema.ModeReplay),
		schema.WithDialect(dialect.Postgres),
		schema.WithFormatter(migrate.DefaultFormatter),
		schema.WithForeignKeys(false),
		schema.WithDropColumn(true),
		schema.WithDropIndex(true),
		schema.WithDiffHook(keepByHand),
	)
}

// keepByHand leaves alone what only hand-written SQL knows: composite foreign keys, generated columns and the indexes on
// them, checks added by hand, whole tables, and functions (which a diff never sees).
func keepByHand(next schema.Differ) schema.Differ {
	return schema.DiffFunc(func(current, desired *atlas.Schema) ([]atlas.Change, error) {
		for _, t := range desired.Tables {
			t.Indexes = slices.DeleteFunc(t.Indexes, func(i *atlas.Index) bool { return i.Unique && !leadsWithScope(t, i) })
		}
		changes, err := next.Diff(current, desired)
		if err != nil {
			return nil, err
		}
		var kept []atlas.Change
		for _, c := range changes {
			switch c := c.(type) {
			case *atlas.ModifyTable:
				c.Changes = withoutByHand(c.Changes)
				if len(c.Changes) > 0 {
					kept = append(kept, c)
				}
			case *atlas.DropTable:
				if !generated.ByHand(c.T.Name) {
					kept = append(kept, c)
				}
			default:
				kept = append(kept, c)
			}
		}
		return kept, nil
	})
}

// leadsWithScope reports whether a unique index of a tenant's table begins with its tenant. Ent makes unique indexes of
// its own, for edges to one and for join tables, that do not: across tenants they would tell one that another's row
// exists. The schema declares the same index with the tenant in front.
func leadsWithScope(t *atlas.Table, i *atlas.Index) bool {
	scope := "hub_id"
	if _, hub := t.Column("hub_id"); !hub {
		scope = "trust_id"
	}
	if _, trust := t.Column("trust_id"); scope == "trust_id" && !trust {
		return true
	}
	first := i.Parts[0].C
	return first != nil && (first.Name == scope || first.Name == "trust_id")
}

func withoutByHand(changes []atlas.Change) []atlas.Change {
	var kept []atlas.Change
	for _, c := range changes {
		switch c := c.(type) {
		case *atlas.DropForeignKey, *atlas.ModifyForeignKey:
			continue
		case *atlas.DropIndex:
			if generated.ByHand(c.I.Name) {
				continue
			}
		case *atlas.DropColumn:
			if generated.ByHand(c.C.Name) {
				continue
			}
		case *atlas.DropCheck:
			if generated.ByHand(strings.TrimSpace(c.C.Name)) {
				continue
			}
		}
		kept = append(kept, c)
	}
	return kept
}
