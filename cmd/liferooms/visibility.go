package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/problem"
)

type visibilityCommand struct {
	databaseFlags

	Hub   string `required:"" placeholder:"SLUG" help:"The hub, such as walton."`
	Trust string `placeholder:"ODS" help:"The hub's trust, where several have a hub of that name."`

	To   string `arg:"" enum:"public,staff,restricted" help:"To whom it is shown: ${enum}. Restricted records must never be passed on, such as a refuge's address."`
	Kind string `arg:"" enum:"organisation,service,location,service-at-location,schedule" help:"What it is: ${enum}."`
	Name string `arg:"" help:"Its name, exactly, or its id."`
}

func (c *visibilityCommand) Run(ctx context.Context, p Program) error {
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	log := audit.New(s)
	defer log.Close()
	if ctx, err = (&importCommand{Hub: c.Hub, Trust: c.Trust}).atHub(ctx, s); err != nil {
		return err
	}
	err = directory.New(s, log).SetVisibility(ctx, c.Kind, c.Name, directory.Visibility(strings.ToUpper(c.To)))
	if told := (*problem.Problem)(nil); errors.As(err, &told) {
		return errors.New(told.Message)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(p.Stdout, "The %s %q is %s.\n", c.Kind, c.Name, c.To)
	return nil
}
