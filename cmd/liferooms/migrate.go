package main

import (
	"context"
	"fmt"

	"liferooms.io/liferooms/internal/store"
)

type migrateCommand struct {
	OwnerURL string `required:"" placeholder:"URL" help:"Postgres, as the role that owns the tables: postgres://owner:password@host:5432/database."`
}

func (c *migrateCommand) Run(ctx context.Context, p Program) error {
	applied, err := store.Migrate(ctx, c.OwnerURL)
	for _, name := range applied {
		fmt.Fprintln(p.Stdout, "applied", name)
	}
	if err != nil {
		return err
	}
	if len(applied) == 0 {
		fmt.Fprintln(p.Stdout, "The database is up to date.")
	}
	return nil
}
