package catalogue

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/problem"
)

const (
	// detailsAtOnce is how many services a feed is asked for at the same time.
	detailsAtOnce = 4
	// detailsHeld is how many summaries wait for their services: it bounds the memory.
	detailsHeld = 32
	// maxValidators bounds what is kept to ask a feed of many pages for what changed.
	maxValidators = 300
)

// feed is what there is at an address: one document, or the pages of a list (Open Referral UK 3.0, HSDS 3: GET /services),
// whose services may be summaries of those at /services/{id}.
type feed struct {
	*fetch
	format  openreferral.Format
	address *url.URL
	// validators are those of the answers that were read, in order; nil where one had none, or was only part of the story.
	validators []schema.Validator
	untold     bool // an answer had no validator
	rows       int
	details    int
	noDetails  bool // the feed has only its list
}

// unchanged asks whether all that was read the last time is as it was. Pages are asked in order, and the first that differs
// answers for all: they are then read anew from the first.
func (f *feed) unchanged(ctx context.Context, known []schema.Validator) (bool, error) {
	for _, v := range known {
		address, err := url.Parse(v.URL)
		if err != nil {
			return false, nil
		}
		a, err := f.get(ctx, address, v)
		if err != nil {
			return false, err
		}
		if err := a.Close(); err != nil || !a.unchanged {
			return false, nil // what could not be closed is read anew
		}
	}
	return len(known) > 0, nil
}

// all yields the records of the feed, to its end. An error is the last thing that is yielded, and a *problem.Problem where
// the feed is at fault.
func (f *feed) all(ctx context.Context) iter.Seq2[openreferral.Row, error] {
	return func(yield func(openreferral.Row, error) bool) {
		stopped := false
		emit := func(row openreferral.Row) bool {
			f.rows++
			row.Index, row.Offset = f.rows, f.read.Load()
			stopped = !yield(row, nil)
			return !stopped
		}
		if err := f.walk(ctx, emit); err != nil && !stopped {
			yield(openreferral.Row{}, err)
		}
	}
}

// errEnough ends a walk whose consumer wants no more.
var errEnough = errors.New("enough")

// walk reads the document or the pages.
func (f *feed) walk(ctx context.Context, emit func(openreferral.Row) bool) error {
	list := f.address
	page, front, err := f.page(ctx, list, 1, emit)
	if err != nil {
		return err
	}
	if front {
		list = f.address.JoinPath("services")
		list.RawQuery = f.address.RawQuery
		if page, front, err = f.page(ctx, list, 1, emit); err != nil {
			return err
		}
		if front {
			return problem.New(problem.BadUserInput, "%s has a front page where its services should be. Give the address of the services.", list.Host)
		}
	}
	if page.Number > 1 {
		return problem.New(problem.BadUserInput, "The address is that of page %d of the feed. Leave the page out of the address: all are read.", page.Number)
	}
	for n, last := 2, page.TotalPages; n <= last; n++ {
		if n > f.limits.pages {
			return problem.New(problem.BadUserInput, "The feed has %d pages; at most %d are read. Ask for longer pages in its address, as in ?per_page=100.", last, f.limits.pages)
		}
		if page, front, err = f.page(ctx, pageOf(list, n), n, emit); err != nil {
			return err
		}
		if front || page.Number != 0 && page.Number != n {
			return problem.New(problem.BadUserInput, "The feed was asked for page %d of %d and answered another one, so the rest of it cannot be read. Tell those who run the feed.", n, last)
		}
		if page.TotalPages != 0 {
			last = page.TotalPages // it may grow while it is read
		}
	}
	return nil
}

// pageOf is the address of a page of a list.
func pageOf(list *url.URL, n int) *url.URL {
	address := *list
	query := address.Query()
	query.Set("page", strconv.Itoa(n))
	address.RawQuery = query.Encode()
	return &address
}

// page reads one document, and says which page it is and whether it is an API's front page, which has no records.
func (f *feed) page(ctx context.Context, address *url.URL, n int, emit func(openreferral.Row) bool) (_ openreferral.Page, front bool, err error) {
	a, err := f.get(ctx, address, schema.Validator{})
	if err != nil {
		return openreferral.Page{}, false, atPage(n, err)
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	f.note(a.validator)

	reader := openreferral.NewReader(a, f.format)
	var held []openreferral.Row
	for row, err := range reader.Rows() {
		switch {
		case err != nil:
			return openreferral.Page{}, false, atPage(n, err)
		case row.Kind == openreferral.KindFeed:
			front = true
			continue
		}
		// Summaries and what lies between them keep their order.
		if held = append(held, row); len(held) < detailsHeld && f.isSummary(address, held[0]) {
			continue
		}
		if err := f.complete(ctx, address, held, emit); err != nil {
			return openreferral.Page{}, false, err
		}
		held = held[:0]
	}
	if err := f.complete(ctx, address, held, emit); err != nil {
		return openreferral.Page{}, false, err
	}
	return reader.Page(), front, nil
}

// atPage says where in a feed something is wrong.
func atPage(n int, err error) error {
	where := ""
	if n > 1 {
		where = fmt.Sprintf("Page %d: ", n)
	}
	// The file's own error is left behind: it would be taken for that of the whole.
	if file := (*openreferral.FileError)(nil); errors.As(err, &file) {
		return problem.New(problem.BadUserInput, "%sline %d: %s", where, file.Line, file.Message)
	}
	if p := (*problem.Problem)(nil); where != "" && errors.As(err, &p) {
		return problem.New(p.Code, "%s%s", where, p.Message).Because(err)
	}
	return err
}

func (f *feed) note(v schema.Validator) {
	if f.untold || v.ETag == "" && v.LastModified == "" || len(f.validators) == maxValidators {
		f.untold, f.validators = true, nil
		return
	}
	f.validators = append(f.validators, v)
}

// isSummary reports whether a row of a list is a service that the feed has more of, at an address of its own.
func (f *feed) isSummary(list *url.URL, row openreferral.Row) bool {
	return row.Partial && row.Kind == openreferral.KindService && row.Refused == nil && !f.noDetails && path.Base(list.Path) == "services"
}

// complete emits rows, each summary as the full service that it stands for.
func (f *feed) complete(ctx context.Context, list *url.URL, rows []openreferral.Row, emit func(openreferral.Row) bool) error {
	var summaries []int
	for i, row := range rows {
		if f.isSummary(list, row) {
			summaries = append(summaries, i)
		}
	}
	if f.details += len(summaries); f.details > f.limits.details {
		return problem.New(problem.BadUserInput, "The feed lists its services in short and has more than %d of them. Ask those who run it for full services in the list.", f.limits.details)
	}
	if len(summaries) > 0 {
		f.note(schema.Validator{}) // a list may stay as it is while its services change
		if err := f.replace(ctx, list, rows, summaries); err != nil {
			return err
		}
	}
	for _, row := range rows {
		if !emit(row) {
			return errEnough
		}
	}
	return nil
}

// replace puts full services in the place of summaries. Where the feed has none of the first of them, it has only its list.
func (f *feed) replace(ctx context.Context, list *url.URL, rows []openreferral.Row, summaries []int) error {
	first, err := f.service(ctx, list, rows[summaries[0]])
	if err != nil {
		return err
	}
	if first == nil && f.details == len(summaries) {
		f.noDetails = true
		return nil
	}
	if first != nil {
		rows[summaries[0]] = *first
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(detailsAtOnce)
	for _, i := range slices.Clone(summaries[1:]) {
		group.Go(func() error {
			full, err := f.service(ctx, list, rows[i])
			if err == nil && full != nil {
				rows[i] = *full
			}
			return err
		})
	}
	return group.Wait()
}

// service fetches the full service of a summary; nil where the feed has none, and the summary is all there is.
func (f *feed) service(ctx context.Context, list *url.URL, summary openreferral.Row) (_ *openreferral.Row, err error) {
	address := list.JoinPath(url.PathEscape(summary.ID))
	query := list.Query()
	query.Del("page")
	query.Del("per_page")
	address.RawQuery = query.Encode()
	if strings.Trim(summary.ID, ".") == "" { // it would lead elsewhere
		return nil, nil
	}
	a, err := f.get(ctx, address, schema.Validator{})
	if errors.Is(err, errMissing) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	for row, err := range openreferral.NewReader(a, f.format).Rows() {
		if err != nil {
			return nil, atService(err)
		}
		if row.Kind != openreferral.KindService || row.ID != summary.ID {
			return nil, nil
		}
		row.Partial = false
		return &row, nil
	}
	return nil, nil
}

func atService(err error) error {
	if file := (*openreferral.FileError)(nil); errors.As(err, &file) {
		return problem.New(problem.BadUserInput, "One of the feed's services, line %d: %s", file.Line, file.Message)
	}
	return err
}
