package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/request"
)

var errPanic = errors.New("panic")

// refuse answers before an operation runs, in the shape of a GraphQL error, whatever was accepted: a refusal must be
// readable to whoever asked.
func refuse(w http.ResponseWriter, r *http.Request, status int, p *problem.Problem) {
	report(r.Context(), p)
	entryOf(r.Context()).code = p.Code
	body, err := json.Marshal(graphql.Response{Errors: gqlerror.List{asGraphQL(r.Context(), p)}})
	if err != nil { // a problem is text
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller has gone: nobody to tell
}

func asGraphQL(ctx context.Context, p *problem.Problem) *gqlerror.Error {
	extensions := map[string]any{"code": p.Code, "requestId": request.ID(ctx)}
	if p.Field != "" {
		extensions["field"] = p.Field
	}
	return &gqlerror.Error{Message: p.Message, Extensions: extensions}
}

// present turns every error of an operation into what its caller may see. What a resolver gives is a problem or it is
// ours alone; what gqlgen and its parser say about the document and its variables is the caller's to mend.
func present(ctx context.Context, err error) *gqlerror.Error {
	p, located := problemOf(err)
	report(ctx, p)
	entryOf(ctx).code = p.Code
	presented := asGraphQL(ctx, p)
	if located != nil {
		presented.Path, presented.Locations = located.Path, located.Locations
	}
	if presented.Path == nil {
		presented.Path = graphql.GetPath(ctx)
	}
	return presented
}

func problemOf(err error) (*problem.Problem, *gqlerror.Error) {
	located, ok := err.(*gqlerror.Error)
	if !ok {
		return problem.Of(err), nil
	}
	var p *problem.Problem
	switch {
	case errors.As(located.Err, &p):
		return p, located
	case brokenPromise[located.Message]:
		return problem.Of(errors.New(located.Message)), located
	case problem.Of(located.Err) != nil && problem.Of(located.Err).Code == problem.Limited:
		return problem.Of(located.Err), located
	}
	return problem.New(problem.BadUserInput, "%s", sentence(located.Message)), located
}

// brokenPromise holds gqlgen's own words for a resolver that breaks the schema: a fault of ours, not the caller's.
var brokenPromise = map[string]bool{
	"must not be null": true,
	"the requested element is null which the schema does not allow": true,
}

// maxMessage bounds what a parser's message repeats of a document, in bytes.
const maxMessage = 300

// sentence makes a parser's message one: bounded, with a capital and a full stop, and without control characters.
func sentence(message string) string {
	message = strings.TrimPrefix(message, "input: ")
	message = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(message, "?"))
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "…"
	}
	if message == "" {
		return "The operation cannot be read."
	}
	message = strings.ToUpper(message[:1]) + message[1:]
	if !strings.HasSuffix(message, ".") && !strings.HasSuffix(message, "…") {
		message += "."
	}
	return message
}

// report writes what the caller is not told to the log, once. Refusals that are the caller's to mend are not news.
func report(ctx context.Context, p *problem.Problem) {
	cause := p.Unwrap()
	if cause == nil || errors.Is(cause, context.Canceled) || errors.Is(cause, errPanic) {
		return
	}
	level := slog.LevelWarn
	if p.Code == problem.Internal {
		level = slog.LevelError
	}
	slog.Log(ctx, level, "an operation failed", "code", p.Code, "operation", entryOf(ctx).operation,
		"error", forLog(cause), "request", request.ID(ctx))
}

// forLog is the error's text without what Postgres repeats of the values it was given: those may be personal data.
func forLog(err error) string {
	text := err.Error()
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Message != "" {
		named := "refused"
		if pg.ConstraintName != "" {
			named = "refused by " + pg.ConstraintName
		}
		text = strings.ReplaceAll(text, pg.Message, named)
	}
	return text
}

// recovered is what becomes of a panic in a resolver: a line in the log with its stack, and a problem of ours.
func recovered(ctx context.Context, fault any) error {
	slog.ErrorContext(ctx, "a resolver panicked", "operation", entryOf(ctx).operation, "request", request.ID(ctx),
		"panic", fmt.Sprint(fault), "stack", string(debug.Stack()))
	return problem.Of(errPanic)
}
