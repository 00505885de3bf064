package catalogue

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

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
	format    openreferral.Format
	address   *url.URL
	details   int  // services that were fetched one by one
	noDetails bool // the feed has only its list
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

// errTurn: a reading made way for others; it goes on later from where it was.
var errTurn = errors.New("the reading goes on later")

// readInto reads the feed to its end and keeps it in parts. It goes on from the pages that are kept where the feed is still
// the one that they are of. The error is a *problem.Problem where the feed is at fault, and errTurn where the time was up
// after a page.
func (f *feed) readInto(ctx context.Context, r *reading, until time.Time) ([]schema.PageRead, error) {
	done, since, err := r.pages(ctx)
	if err != nil {
		return nil, err
	}
	if len(done) > 0 {
		if time.Since(since) > readingLimit {
			if err := r.forget(ctx); err != nil {
				return nil, err
			}
			return nil, problem.New(problem.BadUserInput, "The feed could not be read to its end within %.0f hours: it had come to page %d of %d. It is read again from the beginning. Ask for a smaller feed, or for the services of your area only.",
				readingLimit.Hours(), done[len(done)-1].Number, done[len(done)-1].TotalPages)
		}
		same, err := f.asBefore(ctx, done)
		if err != nil {
			return nil, err
		}
		if !same {
			done = nil
			if err := r.forget(ctx); err != nil {
				return nil, err
			}
		}
	}
	return f.walk(ctx, r, done, until)
}

// asBefore reports whether a feed is the one of which pages are kept. The first page tells of its length, the last one
// whether anything before it moved records from page to page.
func (f *feed) asBefore(ctx context.Context, done []schema.PageRead) (bool, error) {
	ends := done[:1]
	if len(done) > 1 {
		ends = []schema.PageRead{done[0], done[len(done)-1]}
	}
	for _, was := range ends {
		address, err := url.Parse(was.Validator.URL)
		if err != nil {
			return false, nil
		}
		known := was.Validator
		known.URL = ""
		a, err := f.get(ctx, address, known)
		if err != nil {
			return false, atPage(was.Number, err)
		}
		if a.unchanged {
			if err := a.Close(); err != nil {
				return false, err
			}
			continue
		}
		is, err := f.listed(ctx, a, func(openreferral.Row) error { return nil })
		if err != nil {
			return false, atPage(was.Number, err)
		}
		if is.Digest != was.Digest || is.TotalItems != was.TotalItems || is.TotalPages != was.TotalPages {
			return false, nil
		}
	}
	f.came.Add(done[len(done)-1].Came)
	f.read.Add(done[len(done)-1].Read)
	for _, was := range done {
		f.details += was.Details
	}
	return true, nil
}

// walk reads the document, or the pages that are not yet done.
func (f *feed) walk(ctx context.Context, r *reading, done []schema.PageRead, until time.Time) ([]schema.PageRead, error) {
	list := f.address
	if len(done) == 0 {
		first := func(page onePage) error {
			if page.answered > 1 {
				return problem.New(problem.BadUserInput, "The address is that of page %d of the feed. Leave the page out of the address: all are read.", page.answered)
			}
			return nil
		}
		page, front, err := f.page(ctx, list, 1, r, first)
		if err != nil {
			return nil, err
		}
		if front {
			list = f.address.JoinPath("services")
			list.RawQuery = f.address.RawQuery
			if page, front, err = f.page(ctx, list, 1, r, first); err != nil {
				return nil, err
			}
			if front {
				return nil, problem.New(problem.BadUserInput, "%s has a front page where its services should be. Give the address of the services.", list.Host)
			}
		}
		done = []schema.PageRead{page}
	} else if at, err := url.Parse(done[0].Validator.URL); err == nil {
		list = at
	}
	seen := map[string]int{}
	for _, p := range done {
		seen[p.Digest] = p.Number
	}
	last, before := done[len(done)-1].TotalPages, len(done)
	for n := done[len(done)-1].Number + 1; n <= last; n++ {
		if n > f.limits.pages {
			return nil, problem.New(problem.BadUserInput, "The feed has %d pages; at most %d are read. Ask for longer pages in its address, as in ?per_page=100.", last, f.limits.pages)
		}
		if len(done) > before && time.Now().After(until) {
			return nil, errTurn
		}
		page, front, err := f.page(ctx, pageOf(list, n), n, r, func(page onePage) error {
			if page.TotalPages != 0 {
				last = page.TotalPages // it may grow while it is read
			}
			earlier, twice := seen[page.Digest]
			switch {
			case page.answered != 0 && page.answered != n:
				return problem.New(problem.BadUserInput, "The feed was asked for page %d of %d and answered another one, so the rest of it cannot be read. Tell those who run the feed.", n, last)
			case page.Rows == 0 && n < last:
				return problem.New(problem.BadUserInput, "Page %d of %d is empty, so records are missing. It is tried again by itself; if it goes on, tell those who run the feed.", n, last)
			case page.Rows > 0 && twice:
				return problem.New(problem.BadUserInput, "Pages %d and %d of the feed are the same, so the rest of it cannot be read. Tell those who run the feed.", earlier, n)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if front {
			return nil, problem.New(problem.BadUserInput, "The feed was asked for page %d of %d and answered its front page. Tell those who run the feed.", n, last)
		}
		seen[page.Digest] = n
		done = append(done, page)
	}
	return done, nil
}

// onePage is a page that was read, and which one it said that it is.
type onePage struct {
	schema.PageRead
	answered int
}

// pageOf is the address of a page of a list.
func pageOf(list *url.URL, n int) *url.URL {
	address := *list
	query := address.Query()
	query.Set("page", strconv.Itoa(n))
	address.RawQuery = query.Encode()
	return &address
}

// page reads one document and keeps it, where good finds nothing wrong with it. It says whether it is an API's front page,
// which has no records and is not kept.
func (f *feed) page(ctx context.Context, address *url.URL, n int, r *reading, good func(onePage) error) (_ schema.PageRead, front bool, err error) {
	a, err := f.get(ctx, address, schema.Validator{})
	if err != nil {
		return schema.PageRead{}, false, atPage(n, err)
	}
	into := newPacker(r)
	details := f.details
	var held []openreferral.Row
	// Summaries and what lies between them keep their order.
	full := func() error {
		if err := f.complete(ctx, address, held); err != nil {
			return err
		}
		for _, row := range held {
			if err := into.put(ctx, row); err != nil {
				return err
			}
		}
		held = held[:0]
		return nil
	}
	is, err := f.listed(ctx, a, func(row openreferral.Row) error {
		if row.Kind == openreferral.KindFeed {
			front = true
			return nil
		}
		if held = append(held, row); len(held) < detailsHeld && f.isSummary(address, held[0]) {
			return nil
		}
		return full()
	})
	if err != nil {
		return schema.PageRead{}, false, atPage(n, err)
	}
	if front {
		return is.PageRead, true, nil
	}
	if err := good(is); err != nil {
		return schema.PageRead{}, false, err
	}
	if err := full(); err != nil {
		return schema.PageRead{}, false, err
	}
	is.Number, is.Validator, is.Details = n, a.validator, f.details-details
	is.Came, is.Read = f.came.Load(), f.read.Load()
	return is.PageRead, false, into.flush(ctx, &is.PageRead)
}

// listed reads one answer to its end, tells of each of its rows, and closes it.
func (f *feed) listed(ctx context.Context, a *answer, tell func(openreferral.Row) error) (is onePage, err error) {
	defer func() { err = errors.Join(err, a.Close()) }()
	reader := openreferral.NewReader(a, f.format)
	digest := sha256.New()
	for row, err := range reader.Rows() {
		if err != nil {
			return is, err
		}
		bare := row
		bare.Line, bare.Offset = 0, 0 // what is around the records may differ each time
		if err := json.NewEncoder(digest).Encode(bare); err != nil {
			return is, fmt.Errorf("encode a record: %w", err)
		}
		if row.Kind != openreferral.KindFeed {
			is.Rows++
		}
		if err := tell(row); err != nil {
			return is, err
		}
	}
	page := reader.Page()
	is.Digest = hex.EncodeToString(digest.Sum(nil)[:16])
	is.answered, is.TotalPages, is.TotalItems = page.Number, page.TotalPages, page.TotalItems
	return is, nil
}

// validatorsOf are by what a feed can be asked whether it changed; nil where one of its pages has none, or tells only part
// of the story: a list may stay as it is while its services change.
func validatorsOf(pages []schema.PageRead) []schema.Validator {
	if len(pages) > maxValidators {
		return nil
	}
	var all []schema.Validator
	for _, p := range pages {
		if p.Details > 0 || p.Validator.ETag == "" && p.Validator.LastModified == "" {
			return nil
		}
		all = append(all, p.Validator)
	}
	return all
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

// isSummary reports whether a row of a list is a service that the feed has more of, at an address of its own.
func (f *feed) isSummary(list *url.URL, row openreferral.Row) bool {
	return row.Partial && row.Kind == openreferral.KindService && row.Refused == nil && !f.noDetails && path.Base(list.Path) == "services"
}

// complete puts the full services in the place of their summaries.
func (f *feed) complete(ctx context.Context, list *url.URL, rows []openreferral.Row) error {
	var summaries []int
	for i, row := range rows {
		if f.isSummary(list, row) {
			summaries = append(summaries, i)
		}
	}
	if f.details += len(summaries); f.details > f.limits.details {
		return problem.New(problem.BadUserInput, "The feed lists its services in short and has more than %d of them. Ask those who run it for full services in the list.", f.limits.details)
	}
	if len(summaries) == 0 {
		return nil
	}
	return f.replace(ctx, list, rows, summaries)
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
	for _, i := range summaries[1:] {
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
