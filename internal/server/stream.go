package server

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/signin"
	"liferooms.io/liferooms/internal/viewer"
)

const (
	// pingEvery keeps proxies from closing a silent stream, and lets the app tell a dead line from a quiet desk.
	pingEvery = 12 * time.Second
	// eventLimit is how long one event may take to leave: who does not read loses the stream and connects again.
	eventLimit = 20 * time.Second
	// maxStreams is how many streams one viewer may hold: a tab holds one.
	maxStreams = 30
)

// streams counts the open streams and ends them when the server drains.
type streams struct {
	drained chan struct{}
	once    sync.Once

	mu       sync.Mutex
	byViewer map[uuid.UUID]int
	open     int
}

func newStreams() *streams {
	return &streams{drained: make(chan struct{}), byViewer: map[uuid.UUID]int{}}
}

// drain ends every stream and refuses new ones.
func (s *streams) drain() { s.once.Do(func() { close(s.drained) }) }

func (s *streams) enter(staff uuid.UUID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byViewer[staff] >= maxStreams {
		return false
	}
	s.byViewer[staff]++
	s.open++
	return true
}

func (s *streams) leave(staff uuid.UUID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	if s.byViewer[staff]--; s.byViewer[staff] == 0 {
		delete(s.byViewer, staff)
	}
}

func (s *streams) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// stream answers with events until the operation ends, the caller goes, the server drains, or the caller's sign-in or
// roles are no longer what they were: that is looked at before each event and with each ping.
func (e *endpoint) stream(ctx context.Context, x *exchange) {
	if !e.streams.enter(x.caller.Viewer.StaffID) {
		refuse(x.w, x.r, http.StatusTooManyRequests, problem.New(problem.Limited, "Too many live views are open. Close some tabs and try again."))
		return
	}
	defer e.streams.leave(x.caller.Viewer.StaffID)
	ctx, stop := context.WithCancel(ctx)
	defer stop()

	ctx, operation, refusal := e.prepare(ctx, x)
	line := entryOf(ctx)
	defer func() { e.metrics.count(line.operation, line.code) }()

	h := x.w.Header()
	h.Set("Content-Type", eventStream+"; charset=utf-8")
	h["Cache-Control"] = noStoreValue
	h.Set("X-Accel-Buffering", "no") // nginx would hold the events back
	out := &events{w: x.w, control: http.NewResponseController(x.w)}
	x.w.WriteHeader(http.StatusOK)
	if out.send(":\n\n") != nil {
		return
	}
	if len(refusal) > 0 {
		response := x.exec.DispatchError(graphql.WithOperationContext(ctx, operation), refusal)
		line.code = codeOf(response)
		_ = out.next(response)
		_ = out.complete() // the caller has gone: nobody to tell
		return
	}

	next, ctx := x.exec.DispatchOperation(ctx, operation)
	responses := make(chan *graphql.Response)
	go func() {
		defer close(responses)
		for response := next(ctx); response != nil; response = next(ctx) {
			select {
			case responses <- response:
			case <-ctx.Done():
				return
			}
		}
	}()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		select {
		case response, more := <-responses:
			if !more {
				_ = out.complete()
				return
			}
			if ended := e.standing(x.r, x.caller); ended != nil {
				line.code = end(ctx, x.exec, out, ended)
				return
			}
			line.code = codeOf(response)
			if out.next(response) != nil {
				return
			}
		case <-ping.C:
			if ended := e.standing(x.r, x.caller); ended != nil {
				line.code = end(ctx, x.exec, out, ended)
				return
			}
			if out.send(": ping\n\n") != nil {
				return
			}
		case <-e.streams.drained:
			_ = out.complete()
			return
		case <-ctx.Done():
			return
		}
	}
}

func end(ctx context.Context, exec graphql.GraphExecutor, out *events, why error) problem.Code {
	response := exec.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(why)})
	_ = out.next(response)
	_ = out.complete() // the caller has gone: nobody to tell
	return codeOf(response)
}

// standing tells whether the caller is still who they were when the stream began, with the same roles.
func (e *endpoint) standing(r *http.Request, before *signin.Caller) error {
	now, err := e.signIn.Authenticate(r)
	if err != nil {
		return err
	}
	same := now.Viewer.StaffID == before.Viewer.StaffID && slices.EqualFunc(now.Viewer.Hubs, before.Viewer.Hubs, func(a, b viewer.Hub) bool {
		return a.ID == b.ID && slices.Equal(a.Roles, b.Roles)
	})
	if !same {
		return problem.New(problem.Forbidden, "Your roles have changed. Load the page again.")
	}
	return nil
}

// events writes server-sent events, each within its own time.
type events struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func (e *events) send(text string) error {
	_ = e.control.SetWriteDeadline(time.Now().Add(eventLimit)) // not supported: the connection's own deadline holds
	if _, err := e.w.Write([]byte(text)); err != nil {
		return err
	}
	return e.control.Flush()
}

func (e *events) next(response *graphql.Response) error {
	var text bytes.Buffer
	encode(&text, response)
	return e.send("event: next\ndata: " + text.String() + "\n\n")
}

func (e *events) complete() error { return e.send("event: complete\ndata:\n\n") }
