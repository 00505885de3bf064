package freshness

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/temoto/robotstxt"
)

const (
	// robot is what sites may call the prober in their robots.txt (RFC 9309).
	robot = "LifeRooms-Links"
	// maxRobots bounds what is read of a robots.txt.
	maxRobots = 512 << 10
)

// robots remembers what sites want of programs. What is asked of one site at a time is asked once.
type robots struct {
	mu    sync.Mutex
	sites map[string]*robotstxt.Group // nil: nothing is known against it
}

// allow reports whether the site lets programs see a page. A robots.txt that cannot be had forbids nothing: what is wrong
// is found out with the page itself.
func (r *robots) allow(ctx context.Context, p *prober, page *url.URL) bool {
	wants := r.of(ctx, p, page)
	return wants == nil || wants.Test(page.RequestURI())
}

// delay is how long the site wants to be left alone between two requests.
func (r *robots) delay(page *url.URL) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if wants := r.sites[siteOf(page)]; wants != nil {
		return wants.CrawlDelay
	}
	return 0
}

func (r *robots) of(ctx context.Context, p *prober, page *url.URL) *robotstxt.Group {
	r.mu.Lock()
	wants, known := r.sites[siteOf(page)]
	r.mu.Unlock()
	if known {
		return wants
	}
	wants = p.readRobots(ctx, page)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sites == nil {
		r.sites = map[string]*robotstxt.Group{}
	}
	r.sites[siteOf(page)] = wants
	return wants
}

func siteOf(page *url.URL) string { return page.Scheme + "://" + page.Host }

func (p *prober) readRobots(ctx context.Context, page *url.URL) *robotstxt.Group {
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, siteOf(page)+"/robots.txt", nil)
	if err != nil {
		return nil
	}
	request.Header.Set("User-Agent", p.agent)
	response, err := p.client.Do(request)
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxRobots))
	if err != nil || response.StatusCode >= 300 && response.StatusCode < 400 {
		return nil
	}
	read, err := robotstxt.FromStatusAndBytes(response.StatusCode, body)
	if err != nil {
		return nil
	}
	return read.FindGroup(robot)
}
