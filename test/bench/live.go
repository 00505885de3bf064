package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"time"
)

const (
	// streamsPerViewer is how many streams one member of staff holds here: fewer than the server allows.
	streamsPerViewer = 25
	// liveChanges is how many people are checked in while everybody watches.
	liveChanges = 20
	// patience is how long a change may take to reach the last who watches.
	patience = time.Minute
)

const queueDocument = `subscription Queue($hub: String!) { queue(hub: $hub) {
	waiting { id arrivedAt state anonymous person { id displayName pronouns accessNeeds { id code note } } need { id name } }
	withAdvisor { id arrivedAt state anonymous person { id displayName pronouns accessNeeds { id code note } } need { id name } advisor { id name } }
} }`

// live opens the queue of one hub on many screens, checks people in, and measures how long each screen takes to show
// each: from when the check-in was asked for, so that the commit lies within.
func (b *bench) live(ctx context.Context, checkIn *operation) (row, error) {
	if err := b.again(ctx, checkIn); err != nil {
		return row{}, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	screens := make([]*screen, b.Live)
	var all sync.WaitGroup
	defer all.Wait()
	defer stop()
	for i := range screens {
		token, err := b.api.issuer.token(fmt.Sprint("live-", i/streamsPerViewer), group(b.database.region, 0, receptionist))
		if err != nil {
			return row{}, err
		}
		s, err := open(ctx, b.api.address, token, b.database.region.slug(0))
		if err != nil {
			return row{}, fmt.Errorf("screen %d: %w", i+1, err)
		}
		screens[i] = s
		all.Go(s.read)
	}
	desk := b.target(checkIn, subjectAPI)
	defer desk.close()
	rng := rand.New(rand.NewPCG(17, 0))
	var took []time.Duration
	began := time.Now()
	cpu := clock{server: b.api.cmd.Process.Pid, postmaster: b.database.postmaster}
	before := cpu.read()
	for range liveChanges {
		some, err := b.change(ctx, checkIn, desk, rng, screens)
		if err != nil {
			return row{}, err
		}
		took = append(took, some...)
	}
	after := cpu.read()
	s := sample{elapsed: time.Since(began), latencies: took, server: after.server - before.server, pg: after.pg - before.pg}
	return row{
		Operation: "live", Subject: subjectAPI, Hubs: b.database.region.hubs, Clients: b.Live, RPS: round(s.rps(), 1),
		P50: round(milliseconds(s.quantile(.5)), 3), P95: round(milliseconds(s.quantile(.95)), 3), P99: round(milliseconds(s.quantile(.99)), 3), APICPU: round(s.each(s.server), 4), PgCPU: round(s.each(s.pg), 4),
		Memory: round(float64(memoryOfFamily(cpu.server))/(1<<20), 1),
	}, nil
}

// change checks somebody in and gives how long each screen took to show them.
func (b *bench) change(ctx context.Context, checkIn *operation, desk *target, rng *rand.Rand, screens []*screen) ([]time.Duration, error) {
	r, err := checkIn.choose(rng)
	for err == nil && r.hub != 0 {
		r, err = checkIn.choose(rng)
	}
	if err != nil {
		return nil, err
	}
	began := time.Now()
	answer, err := desk.ask(r)
	if err != nil {
		return nil, err
	}
	made, err := ids(answer)
	if err != nil || len(made) == 0 {
		return nil, fmt.Errorf("the check-in made no visit: %v: %s", err, answer)
	}
	late := time.After(patience)
	took := make([]time.Duration, 0, len(screens))
	for i, s := range screens {
		for shown := (frame{}); !bytes.Contains(shown.queue, []byte(made[0])); {
			select {
			case shown = <-s.frames:
				if shown.err != nil {
					return nil, fmt.Errorf("screen %d: %w", i+1, shown.err)
				}
			case <-late:
				return nil, fmt.Errorf("screen %d of %d does not show a visit %s after it was made", i+1, len(screens), patience)
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			if bytes.Contains(shown.queue, []byte(made[0])) {
				took = append(took, shown.at.Sub(began))
			}
		}
	}
	return took, nil
}

// screen is one stream of a hub's queue.
type screen struct {
	conn   net.Conn
	in     *bufio.Reader
	frames chan frame
}

// frame is what a screen shows, since when.
type frame struct {
	at    time.Time
	queue []byte
	err   error
}

// open subscribes and waits until the queue is shown.
func open(ctx context.Context, address, token, hub string) (*screen, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connect to the server: %w", err)
	}
	context.AfterFunc(ctx, func() { _ = conn.Close() }) // reading ends with it
	body, err := json.Marshal(map[string]any{"query": queueDocument, "variables": map[string]string{"hub": hub}})
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\nContent-Length: %d\r\n\r\n%s",
		address, token, len(body), body); err != nil {
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	// Room for every change and the first frame: reading never waits for whoever looks.
	s := &screen{conn: conn, in: bufio.NewReaderSize(conn, 16<<10), frames: make(chan frame, 4*liveChanges)}
	if first := s.next(); first.err != nil {
		return nil, first.err
	}
	return s, nil
}

// read passes on each frame until the connection ends.
func (s *screen) read() {
	for {
		f := s.next()
		s.frames <- f
		if f.err != nil {
			return
		}
	}
}

// next reads the next event. Chunks of the transfer begin with a line of their own, which no event looks like.
func (s *screen) next() frame {
	for {
		line, err := s.in.ReadBytes('\n')
		if err != nil {
			return frame{err: fmt.Errorf("read the stream: %w", err)}
		}
		text := strings.TrimSpace(string(line[:min(len(line), 64)]))
		switch {
		case strings.HasPrefix(text, "HTTP/1.1 ") && !strings.HasPrefix(text, "HTTP/1.1 200"):
			return frame{err: fmt.Errorf("subscribe: the server answers %s", text)}
		case strings.HasPrefix(text, "event: complete"):
			return frame{err: errors.New("the server ended the stream")}
		case strings.HasPrefix(text, `data: {"data":`):
			return frame{at: time.Now(), queue: line}
		case strings.HasPrefix(text, `data: {"errors"`):
			return frame{err: fmt.Errorf("the server streams %s", line)}
		}
	}
}
