package main

import (
	"context"
	"fmt"
	"io"
)

type checkCommand struct {
	apiFlags
}

func (c *checkCommand) Run(ctx context.Context, stdout io.Writer) error {
	if err := c.client().Check(ctx); err != nil {
		return err
	}
	_, err := fmt.Fprintf(stdout, "The API at %s answers and accepts the operator.\n", c.APIURL)
	return err
}
