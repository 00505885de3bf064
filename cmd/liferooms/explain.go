package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"liferooms.io/liferooms/graph"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// explainCommand shows the statement that a GraphQL document becomes, and how Postgres runs it.
type explainCommand struct {
	databaseFlags

	File      string `arg:"" type:"existingfile" help:"A GraphQL document."`
	Hub       string `placeholder:"SLUG" help:"Run the statement in this hub, and show Postgres's plan. It is also the variable $hub."`
	Trust     string `placeholder:"ODS" help:"The hub's trust, where several trusts have a hub of that name."`
	As        string `placeholder:"ROLE" default:"MANAGER" help:"Run it with this role."`
	Variables string `placeholder:"JSON" default:"{}" help:"The operation's variables."`
}

func (c *explainCommand) Run(ctx context.Context, p Program) error {
	document, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("read the document: %w", err)
	}
	variables := map[string]any{}
	if err := json.Unmarshal([]byte(c.Variables), &variables); err != nil {
		return errors.New(`--variables must be a JSON object, such as {"first": 10}`)
	}
	if c.Hub == "" {
		return c.print(p.Stdout, &graph.Resolver{}, string(document), variables, nil)
	}
	if _, given := variables["hub"]; !given {
		variables["hub"] = c.Hub
	}
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	ctx, err = c.viewer(ctx, s)
	if err != nil {
		return err
	}
	log := audit.New(s)
	defer log.Close()
	return c.print(p.Stdout, graph.New(s, log, nil, nil), string(document), variables, func(x *graph.Explanation) ([]string, error) { return x.Run(ctx, s) })
}

// viewer is somebody with the role in the hub.
func (c *explainCommand) viewer(ctx context.Context, s *store.Store) (context.Context, error) {
	role := viewer.Role(strings.ToUpper(c.As))
	if !role.Valid() {
		return nil, fmt.Errorf("--as %s is no role: choose one of %v", c.As, viewer.Roles)
	}
	hubs, err := s.AllHubs(ctx)
	if err != nil {
		return nil, err
	}
	hubs = slices.DeleteFunc(hubs, func(h store.HubRef) bool { return h.Slug != c.Hub || c.Trust != "" && h.TrustODS != c.Trust })
	switch {
	case len(hubs) == 0:
		return nil, fmt.Errorf("there is no hub %q; `liferooms doctor` lists them", c.Hub)
	case len(hubs) > 1:
		return nil, fmt.Errorf("%d trusts have a hub %q: say which by --trust", len(hubs), c.Hub)
	}
	h := hubs[0]
	return viewer.NewContext(ctx, &viewer.Viewer{Kind: viewer.Staff, TrustID: h.TrustID, Name: "liferooms explain",
		Hubs: []viewer.Hub{{ID: h.HubID, Slug: h.Slug, Roles: []viewer.Role{role}}}}), nil
}

// print says how each operation runs, and where run is given, what comes of it.
func (c *explainCommand) print(out io.Writer, r *graph.Resolver, document string, variables map[string]any,
	run func(*graph.Explanation) ([]string, error)) error {
	all, err := graph.Explain(r, document, variables)
	if err != nil {
		return err
	}
	for i, x := range all {
		if i > 0 {
			fmt.Fprintln(out)
		}
		if x.SQL == "" {
			fmt.Fprintf(out, "-- %s runs on the executor: %s\n", x.Operation, x.Because)
			continue
		}
		fmt.Fprintf(out, "-- %s\n%s;\n", x.Operation, x.SQL)
		if run == nil {
			continue
		}
		plan, err := run(x)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "\n%s\n", strings.Join(plan, "\n"))
	}
	return nil
}
