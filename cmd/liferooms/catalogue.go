package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

type catalogueCommand struct {
	Import importCommand `cmd:"" help:"Take a catalogue into a hub's own: Open Referral UK 3.0, HSDS 3.1 or Outpost's CSV. What came before is updated. All of the file is taken or, where it is cut off, nothing."`

	Visibility visibilityCommand `cmd:"" help:"Say to whom a record of the catalogue is shown: everybody, the hub's staff, or the staff who must not pass it on."`
}

type importCommand struct {
	databaseFlags

	Hub    string `required:"" placeholder:"SLUG" help:"The hub, such as walton."`
	Trust  string `placeholder:"ODS" help:"The hub's trust, where several have a hub of that name."`
	Format string `enum:"auto,oruk,hsds,outpost" default:"auto" help:"How the file is written: ${enum}."`
	Source string `placeholder:"NAME" help:"What the feed is called; its records are known by it. Usually the file's name or the URL."`
	DryRun bool   `help:"Say what would become of each row, show the differences, and save nothing."`
	Whole  bool   `help:"The file is the whole of its source: what it no longer has is retired."`

	From string `arg:"" name:"file" help:"A file, an address that begins with https:// or http://, or - for what comes in."`
}

func (c *importCommand) Run(ctx context.Context, p Program) error {
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	log := audit.New(s)
	defer log.Close()
	if ctx, err = c.atHub(ctx, s); err != nil {
		return err
	}
	in, err := c.fetch(ctx)
	if err != nil {
		return err
	}
	defer in.Close()
	reader := openreferral.NewReader(in, c.format())
	catalogue := directory.New(s, log)
	report := func(r directory.RowResult) { say(p.Stdout, r) }
	var summary directory.Summary
	var preview directory.Preview
	switch {
	case c.DryRun:
		preview, err = catalogue.Preview(ctx, c.source(), reader.Rows(), c.Whole, report)
		summary = preview.Summary
	case c.Whole:
		summary, err = catalogue.Replace(ctx, c.source(), reader.Rows(), report)
	default:
		summary, err = catalogue.Import(ctx, c.source(), reader.Rows(), report)
	}
	if err != nil {
		if told := (*problem.Problem)(nil); errors.As(err, &told) {
			return errors.New(told.Message)
		}
		return err
	}
	fmt.Fprintf(p.Stdout, "%d rows: %d added, %d changed, %d unchanged, %d refused, %d with nothing to keep.\n",
		summary.Rows, summary.Added, summary.Changed, summary.Unchanged, summary.Refused, summary.Ignored)
	if c.Whole {
		fmt.Fprintf(p.Stdout, "%d records retired.\n", summary.Retired)
	}
	sayDifferences(p.Stdout, preview)
	if page := reader.Page(); page.TotalPages > 1 {
		fmt.Fprintf(p.Stdout, "This was page %d of %d: import the others too.\n", page.Number, page.TotalPages)
	}
	if c.DryRun {
		fmt.Fprintln(p.Stdout, "Nothing was saved: it was a dry run.")
	}
	return nil
}

// say tells what became of a row, and of what had to be changed in it, a line each.
func say(out io.Writer, r directory.RowResult) {
	name := r.Name
	if name == "" {
		name = r.ID
	}
	fmt.Fprintf(out, "row %d (line %d): %s %s %q", r.Index, r.Line, r.Outcome, r.Kind, name)
	if r.Outcome == directory.Changed && len(r.Fields) > 0 {
		fmt.Fprintf(out, ": %s", strings.Join(r.Fields, ", "))
	}
	if r.Refused != nil {
		fmt.Fprintf(out, ": %s", r.Refused)
	}
	fmt.Fprintln(out)
	for _, note := range r.Notes {
		fmt.Fprintf(out, "    %s\n", note)
	}
}

// sayDifferences shows what would become of the records, each changed field before and after.
func sayDifferences(out io.Writer, p directory.Preview) {
	all := 0
	for _, c := range p.Counts {
		n := c.Added + c.Changed + c.Retired + c.Restored
		if all += n; n > 0 {
			fmt.Fprintf(out, "%s records: %d would be added, %d changed, %d retired, %d back again.\n", strings.ToLower(c.Kind), c.Added, c.Changed, c.Retired, c.Restored)
		}
	}
	for _, d := range p.Differences {
		fmt.Fprintf(out, "%s %s %q\n", strings.ToLower(d.What), strings.ToLower(d.Kind), d.Name)
		for _, f := range d.Fields {
			fmt.Fprintf(out, "    %s: %q becomes %q\n", f.Field, f.Before, f.After)
		}
	}
	if all > len(p.Differences) {
		fmt.Fprintf(out, "These are the first %d of %d differences.\n", len(p.Differences), all)
	}
}

func (c *importCommand) atHub(ctx context.Context, s *store.Store) (context.Context, error) {
	all, err := s.AllHubs(ctx)
	if err != nil {
		return nil, err
	}
	var found []store.HubRef
	var names []string
	for _, h := range all {
		names = append(names, h.Slug+" ("+h.TrustODS+")")
		if h.Slug == c.Hub && (c.Trust == "" || strings.EqualFold(c.Trust, h.TrustODS)) {
			found = append(found, h)
		}
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("there is no hub %q; there are: %s", c.Hub, strings.Join(names, ", "))
	case 1:
		return viewer.NewContext(ctx, viewer.ForPlatform(found[0].TrustID, viewer.Hub{ID: found[0].HubID, Slug: found[0].Slug})), nil
	}
	return nil, fmt.Errorf("several trusts have a hub %q: say which with --trust; there are: %s", c.Hub, strings.Join(names, ", "))
}

func (c *importCommand) format() openreferral.Format {
	switch c.Format {
	case "oruk", "hsds":
		return openreferral.JSON
	case "outpost":
		return openreferral.Outpost
	}
	return openreferral.Auto
}

func (c *importCommand) source() string {
	switch {
	case c.Source != "":
		return c.Source
	case c.isURL():
		return c.From
	case c.From == "-":
		return "standard input"
	}
	return filepath.Base(c.From)
}

func (c *importCommand) isURL() bool {
	return strings.HasPrefix(c.From, "https://") || strings.HasPrefix(c.From, "http://")
}

// The bounds of a fetch. The reader bounds what comes out of compression by itself.
const (
	fetchTime = 5 * time.Minute
	fetchMost = 512 << 20 // bytes
)

func (c *importCommand) fetch(ctx context.Context) (io.ReadCloser, error) {
	if c.From == "-" {
		return io.NopCloser(os.Stdin), nil
	}
	if !c.isURL() {
		return os.Open(c.From)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.From, nil)
	if err != nil {
		return nil, fmt.Errorf("%q is no address", c.From)
	}
	request.Header.Set("Accept", "application/json, text/csv;q=0.9")
	client := &http.Client{Timeout: fetchTime}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("fetch the catalogue: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return nil, fmt.Errorf("fetch the catalogue: %s answers %s", request.URL.Host, response.Status)
	}
	if response.ContentLength > fetchMost {
		response.Body.Close()
		return nil, fmt.Errorf("the catalogue is %d MiB long: at most %d", response.ContentLength>>20, fetchMost>>20)
	}
	return http.MaxBytesReader(nil, response.Body, fetchMost), nil
}
