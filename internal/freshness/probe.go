package freshness

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"liferooms.io/liferooms/internal/outbound"
)

// A result is what asking for a link came to.
type result string

const (
	fine   result = "fine"
	moved  result = "moved"  // for good, and what it leads to is fine
	failed result = "failed" // people who follow it get nothing
	unsure result = "unsure" // a program cannot tell
)

// finding is what was found out about a link.
type finding struct {
	result   result
	status   int // of the last answer; 0: there was none
	movedTo  string
	message  string
	answered bool // somebody was there
	alone    bool // nobody was asked: the address itself says it
}

// maxHops bounds how often a reader is sent on.
const maxHops = 5

// prober asks for links. It is made for one run, within which it remembers what sites want of programs.
type prober struct {
	client *http.Client
	agent  string // the User-Agent, with where to ask about it
	limit  time.Duration
	robots robots
}

// newClient makes a client for pages that others chose. It uses no proxy, since it must see the address that it connects
// to, keeps no cookies, and leaves redirects to the prober.
func newClient(allowPrivate bool, roots *x509.CertPool) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: outbound.Control(allowPrivate)}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
			MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ask finds out about one link. The error is that of ctx.
func (p *prober) ask(ctx context.Context, link string) (finding, error) {
	at, err := url.Parse(link)
	if err != nil || at.Hostname() == "" || at.Scheme != "http" && at.Scheme != "https" || at.User != nil {
		return finding{result: unsure, message: "It is not written as a web address.", alone: true}, nil
	}
	if forExamples(at.Hostname()) {
		return finding{result: unsure, message: "It is a name for examples, at which nobody is.", alone: true}, nil
	}
	forGood, first := true, at
	for hop := 0; ; hop++ {
		if hop > maxHops {
			return finding{result: unsure, message: "It sends its readers on and on.", answered: true}, nil
		}
		if !p.robots.allow(ctx, p, at) {
			return finding{result: unsure, message: "The site asks programs to keep away from this page.", answered: true}, ctx.Err()
		}
		response, err := p.request(ctx, at)
		if err != nil {
			if ctx.Err() != nil {
				return finding{}, ctx.Err()
			}
			return unreachable(err), nil
		}
		to, err := response.Location()
		redirects := response.StatusCode >= 300 && response.StatusCode < 400 && response.StatusCode != http.StatusNotModified
		if !redirects || err != nil {
			return p.end(response.StatusCode, first, at, hop > 0 && forGood), nil
		}
		if to.Scheme != "http" && to.Scheme != "https" || to.User != nil {
			return finding{result: unsure, status: response.StatusCode, message: "It leads to something that is no web page.", answered: true}, nil
		}
		forGood = forGood && (response.StatusCode == http.StatusMovedPermanently || response.StatusCode == http.StatusPermanentRedirect)
		if to.Fragment == "" {
			to.Fragment = first.Fragment
		}
		at = to
	}
}

// end says what the last answer means.
func (p *prober) end(status int, first, last *url.URL, forGood bool) finding {
	f := finding{status: status, answered: true}
	switch {
	case status == http.StatusNotFound, status == http.StatusGone:
		f.result, f.message = failed, fmt.Sprintf("There is no such page any more (%d).", status)
	case status < 200 || status > 299:
		f.result, f.message = unsure, fmt.Sprintf("The site does not show this page to programs, or not now (%d).", status)
	case forGood && last.String() != first.String() && len(last.String()) <= 1000:
		f.result, f.movedTo, f.message = moved, last.String(), "The page has moved for good."
		if strings.Trim(last.Path, "/") == "" && strings.Trim(first.Path, "/") != "" {
			f.message = "The page is gone: its readers are sent to a front page."
		}
	default:
		f.result = fine
	}
	return f
}

// request asks for a page without its body: by HEAD, and by GET where that gets no good answer, since many sites know only
// the one.
func (p *prober) request(ctx context.Context, at *url.URL) (*http.Response, error) {
	response, err := p.send(ctx, http.MethodHead, at)
	if err == nil && response.StatusCode < 400 || ctx.Err() != nil || err != nil && !mayDislikeHead(err) {
		return response, err
	}
	if err == nil && (response.StatusCode == http.StatusTooManyRequests || response.StatusCode == http.StatusServiceUnavailable) {
		return response, nil // it has said that it is asked too much
	}
	return p.send(ctx, http.MethodGet, at)
}

func (p *prober) send(ctx context.Context, method string, at *url.URL) (*http.Response, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.limit, errSlow)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, at.String(), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", p.agent)
	request.Header.Set("Accept", "text/html, */*;q=0.5")
	response, err := p.client.Do(request)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, err
	}
	return response, response.Body.Close()
}

var errSlow = errors.New("no answer within the time")

// mayDislikeHead reports whether a GET may fare better: the site was there and said nothing of use.
func mayDislikeHead(err error) bool {
	return errors.Is(err, errSlow) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
}

// unreachable says why there was no answer, and whether a person would have got none either.
func unreachable(err error) finding {
	is := func(r result, message string) finding { return finding{result: r, message: message} }
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var network net.Error
	switch {
	case errors.Is(err, outbound.ErrPrivate):
		return is(unsure, "It is inside a network, where nobody from outside comes.")
	case errors.As(err, &dns) && dns.IsNotFound:
		return is(failed, "There is no site of this name.")
	case errors.As(err, &dns), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return is(unsure, "The site could not be looked for.") // the fault may well be ours
	case errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &alert):
		return is(failed, "Its certificate is not good, so browsers warn people off.")
	case errors.Is(err, errSlow), errors.As(err, &network) && network.Timeout():
		return is(failed, "The site does not answer.")
	}
	return is(failed, "The site cannot be reached.")
}

// forExamples reports whether a host's name is one that no site can have (RFC 2606, RFC 6761).
func forExamples(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, name := range []string{"example", "test", "invalid", "example.org", "example.com", "example.net"} {
		if host == name || strings.HasSuffix(host, "."+name) {
			return true
		}
	}
	return false
}
