package catalogue

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/outbound"
	"liferooms.io/liferooms/internal/problem"
)

// limits bound the fetch of one feed.
type limits struct {
	idle    time.Duration // without a byte
	bytes   int64         // of all its answers together, as they come and unpacked
	pages   int
	details int // services that are fetched one by one
	// patience is how long one request waits altogether for a feed that says when to come again.
	patience time.Duration
	// turn is for how long it is read before others have their turn, and for how long one page may take.
	turn time.Duration
}

var defaultLimits = limits{idle: 30 * time.Second, bytes: 2 << 30, pages: 5000, details: 100_000, patience: 2 * time.Minute, turn: 15 * time.Minute}

const (
	// userAgent lets those who serve a feed know who asks.
	userAgent = "LifeRooms-Catalogue/1"
	// maxRedirects bounds how often a feed sends its reader on.
	maxRedirects = 5
)

var (
	errSlow      = errors.New("no byte came for too long")
	errTooMuch   = errors.New("the feed is longer than is taken")
	errRedirects = errors.New("the feed sends its reader on and on")
	errDowngrade = errors.New("the feed sends its reader on to an address that is not safe")
	errMissing   = errors.New("there is nothing at the address")
	errDamaged   = errors.New("what was compressed cannot be unpacked")
)

// newClient makes a client for feeds. It uses no proxy, since it must see the address that it connects to, and keeps no
// cookies.
func newClient(allowPrivate bool, resolver *net.Resolver) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second, Control: outbound.Control(allowPrivate), Resolver: resolver}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, ResponseHeaderTimeout: 30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: detailsAtOnce, IdleConnTimeout: 30 * time.Second,
			DisableCompression: true, // it is unpacked here, within bounds
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			switch {
			case len(via) > maxRedirects:
				return errRedirects
			case r.URL.Scheme != "https" && (r.URL.Scheme != "http" || via[len(via)-1].URL.Scheme == "https"), r.URL.User != nil:
				return errDowngrade
			}
			r.Header.Del("Referer") // the address before may hold a key
			return nil
		},
	}
}

// fetch is the reading of one feed.
type fetch struct {
	client *http.Client
	limits limits
	came   atomic.Int64 // bytes so far
	read   atomic.Int64 // and what they were when unpacked
}

// answer is one document of a feed.
type answer struct {
	io.ReadCloser
	validator schema.Validator
	// unchanged: it is as the validator says that was sent; there is nothing to read.
	unchanged bool
}

// get asks for one document. Where known is not empty, only for one that differs from it. A feed that is asked too often and
// says when to come again is asked again then. The error is a *problem.Problem that says what to mend.
func (f *fetch) get(ctx context.Context, address *url.URL, known schema.Validator) (*answer, error) {
	for waited := time.Duration(0); ; {
		a, wait, err := f.try(ctx, address, known)
		if waited += wait; wait == 0 || waited > f.limits.patience {
			return a, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, causeOf(ctx, ctx.Err())
		}
	}
}

// try asks for one document once. Wait is when the feed says to come again, where that is why there is none.
func (f *fetch) try(ctx context.Context, address *url.URL, known schema.Validator) (_ *answer, wait time.Duration, _ error) {
	ctx, cancel := context.WithCancelCause(ctx)
	watch := time.AfterFunc(f.limits.idle, func() { cancel(errSlow) })
	handedOver := false
	defer func() {
		if !handedOver {
			watch.Stop()
			cancel(nil)
		}
	}()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, 0, problem.Field("url", "The address of the feed cannot be used. Correct it.")
	}
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set("Accept", "application/json, text/csv;q=0.9, */*;q=0.1")
	request.Header.Set("Accept-Encoding", "gzip")
	if known.ETag != "" {
		request.Header.Set("If-None-Match", known.ETag)
	}
	if known.LastModified != "" {
		request.Header.Set("If-Modified-Since", known.LastModified)
	}
	response, err := f.client.Do(request)
	watch.Stop()
	if err != nil {
		return nil, 0, unreachable(address.Host, causeOf(ctx, err))
	}
	a := &answer{validator: schema.Validator{
		URL: address.String(), ETag: header(response, "ETag"), LastModified: header(response, "Last-Modified"),
	}}
	switch {
	case response.StatusCode == http.StatusNotModified && known != (schema.Validator{}):
		response.Body.Close()
		a.unchanged, a.ReadCloser = true, http.NoBody
		return a, 0, nil
	case response.StatusCode != http.StatusOK:
		response.Body.Close()
		return nil, comeAgain(response), refusedBy(address.Host, response.StatusCode)
	}
	handedOver = true
	a.ReadCloser = &body{fetch: f, ctx: ctx, cancel: cancel, watch: watch, from: response.Body, host: address.Host}
	if err := a.ReadCloser.(*body).unpack(); err != nil {
		return nil, 0, errors.Join(err, a.Close())
	}
	return a, 0, nil
}

// comeAgain is after how long a server that is asked too often wants to be asked again; 0 where it does not say so.
func comeAgain(r *http.Response) time.Duration {
	seconds, err := strconv.Atoi(r.Header.Get("Retry-After"))
	if err != nil || seconds < 0 || r.StatusCode != http.StatusTooManyRequests && r.StatusCode != http.StatusServiceUnavailable {
		return 0
	}
	return max(time.Duration(min(seconds, 24*60*60))*time.Second, time.Second)
}

// header gives a validator that is short enough to keep.
func header(r *http.Response, name string) string {
	if v := r.Header.Get(name); len(v) <= 200 {
		return v
	}
	return ""
}

// body is what comes in, unpacked, counted and watched.
type body struct {
	fetch    *fetch
	ctx      context.Context
	cancel   context.CancelCauseFunc
	watch    *time.Timer
	from     io.ReadCloser
	unpacked io.Reader
	host     string
}

// unpack looks at the first bytes: what is compressed says so itself, whether or not its server does.
func (b *body) unpack() error {
	buffered := bufio.NewReaderSize(bounded{b}, 32<<10)
	magic, err := buffered.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return b.explain(err)
	}
	b.unpacked = buffered
	if bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		if b.unpacked, err = gzip.NewReader(buffered); err != nil {
			return b.explain(errDamaged)
		}
	}
	return nil
}

// bounded is what comes in as it comes: what unpacks to nothing is bounded, too.
type bounded struct{ of *body }

func (r bounded) Read(p []byte) (int, error) {
	r.of.watch.Reset(r.of.fetch.limits.idle) // what is done with the bytes takes the time that it takes
	n, err := r.of.from.Read(p)
	r.of.watch.Stop()
	if r.of.fetch.came.Add(int64(n)) > r.of.fetch.limits.bytes {
		return 0, errTooMuch
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = causeOf(r.of.ctx, err)
	}
	return n, err
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.unpacked.Read(p)
	if b.fetch.read.Add(int64(n)) > b.fetch.limits.bytes {
		return 0, b.explain(errTooMuch)
	}
	var corrupt flate.CorruptInputError
	if errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) || errors.As(err, &corrupt) {
		err = errDamaged
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = b.explain(err)
	}
	return n, err
}

func (b *body) explain(err error) error { return unreachable(b.host, err) }

func (b *body) Close() error {
	b.watch.Stop()
	err := b.from.Close()
	b.cancel(nil)
	return err
}

// causeOf is why a context ended, where that is why something failed.
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// unreachable says why an answer did not come, or not whole, and what to do. It names the host and no more of the address,
// which may hold a key.
func unreachable(host string, err error) error {
	say := func(format string, args ...any) error {
		return problem.New(problem.BadUserInput, format, args...).Because(withoutURL(err))
	}
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var network net.Error
	switch {
	case errors.Is(err, outbound.ErrPrivate):
		return say("%s is not at a public address, and the catalogue is fetched from public ones only. Correct the address; "+
			"where the feed is meant to be inside, allow private addresses for this source and for the server.", host)
	case errors.Is(err, errSlow):
		return say("%s stopped answering in the middle. It is tried again by itself; if it goes on, tell those who run the feed.", host)
	case errors.Is(err, errTooMuch):
		return say("The feed at %s is longer than is taken at once. Ask those who run it for a smaller one, or for the services of your area only.", host)
	case errors.Is(err, errRedirects):
		return say("%s sends its readers on more than %d times. Give the address where the feed is in the end.", host, maxRedirects)
	case errors.Is(err, errDowngrade):
		return say("%s sends its readers on to an address that is not safe to use. Give the address where the feed is in the end.", host)
	case errors.Is(err, errDamaged):
		return say("What %s sends is compressed and damaged. It is tried again by itself; if it goes on, tell those who run the feed.", host)
	case errors.As(err, &dns):
		return say("There is no host %s, or its name cannot be looked up now. Check the address.", host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return say("The certificate of %s has expired, so what it sends cannot be trusted. Tell those who run the feed.", host)
	case errors.As(err, &certificate), errors.As(err, &unknown):
		return say("The certificate of %s is not good, so what it sends cannot be trusted. Tell those who run the feed.", host)
	case errors.As(err, &record):
		return say("%s does not speak TLS there. Check the address: does it begin with https:// where it should be http://?", host)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, errBusy):
		return err
	case errors.As(err, &network) && network.Timeout():
		return say("%s does not answer. It is tried again by itself; if it goes on, check the address.", host)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &network):
		return say("%s cannot be reached, or hung up. It is tried again by itself; if it goes on, check the address.", host)
	}
	return say("%s did not answer as a server of feeds does. Check the address.", host)
}

// withoutURL is a client's error without the address that it repeats.
func withoutURL(err error) error {
	if client := (*url.Error)(nil); errors.As(err, &client) {
		return client.Err
	}
	return err
}

// refusedBy says what a status means for whoever set the source.
func refusedBy(host string, status int) error {
	say := func(format string, args ...any) error { return problem.New(problem.BadUserInput, format, args...) }
	answers := fmt.Sprintf("%s answers %d (%s)", host, status, http.StatusText(status))
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return say("%s. Ask those who run the feed whether its address or its key has changed.", answers)
	case status == http.StatusNotFound, status == http.StatusGone:
		return problem.New(problem.BadUserInput, "%s. Correct the address of the feed.", answers).Because(errMissing)
	case status == http.StatusTooManyRequests:
		return say("%s: the feed is asked too often. Give it a longer refresh.", answers)
	case status >= 500:
		return say("%s. It is tried again by itself; if it goes on, tell those who run the feed.", answers)
	}
	return say("%s, which is no catalogue. Check the address of the feed.", answers)
}
