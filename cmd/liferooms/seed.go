package main

import (
	"context"
	"fmt"
	"time"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/demo"
)

type seedCommand struct {
	databaseFlags
	demoSignIn
}

func (c *seedCommand) Run(ctx context.Context, p Program) error {
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	log := audit.New(s)
	defer log.Close()
	if err := demo.Seed(ctx, s, log, c.providers(), time.Now()); err != nil {
		return err
	}
	fmt.Fprintln(p.Stdout, "The demo trusts are there.")
	return nil
}
