package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// The roles of a private Postgres: one owns the tables and migrates, the other serves.
const (
	OwnerRole  = "liferooms_owner"
	ServerRole = "liferooms_server"
)

// Prepare gives a database of a private Postgres, which trusts its clients, to OwnerRole and makes the roles where they
// are missing. superuserURL must point to that database.
func Prepare(ctx context.Context, superuserURL string) error {
	conn, err := pgx.Connect(ctx, superuserURL)
	if err != nil {
		return fmt.Errorf("connect as superuser: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, `
		do $$
		begin
		  if not exists (select from pg_roles where rolname = '`+OwnerRole+`') then
		    create role `+OwnerRole+` login createrole;
		  end if;
		  if not exists (select from pg_roles where rolname = 'liferooms_app') then
		    create role liferooms_app nologin noinherit;
		  end if;
		  if not exists (select from pg_roles where rolname = 'liferooms_public') then
		    create role liferooms_public nologin noinherit;
		    grant liferooms_public to liferooms_app;
		  end if;
		  if not exists (select from pg_roles where rolname = 'liferooms_partner') then
		    create role liferooms_partner nologin noinherit;
		    grant liferooms_partner to liferooms_app;
		  end if;
		  if not exists (select from pg_roles where rolname = '`+ServerRole+`') then
		    create role `+ServerRole+` login in role liferooms_app;
		  end if;
		  execute format('alter database %I owner to `+OwnerRole+`', current_database());
		end
		$$`)
	if err != nil {
		return fmt.Errorf("make the roles: %w", err)
	}
	return nil
}
