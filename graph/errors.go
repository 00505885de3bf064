package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"runtime/debug"
	"strings"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/request"
	"liferooms.io/liferooms/internal/store"
)

// Present turns any error into what a caller may see: a message, a code and the request's id. An internal error is
// logged here, once, with its cause. It is the server's error presenter.
func Present(ctx context.Context, err error) *gqlerror.Error {
	var g *gqlerror.Error
	path := graphql.GetPath(ctx)
	if !errors.As(err, &g) {
		return present(ctx, err, path)
	}
	// An error below the field's own path is about one of its arguments.
	argument := len(g.Path) > len(path)
	var p *problem.Problem
	if g.Err == nil || argument && !errors.As(g.Err, &p) {
		return presentParser(ctx, g)
	}
	return present(ctx, g.Err, g.Path)
}

func present(ctx context.Context, err error, path ast.Path) *gqlerror.Error {
	p := problem.Of(err)
	if p.Code == problem.Internal {
		slog.ErrorContext(ctx, "a request failed", "request", request.ID(ctx), "path", path.String(), "cause", causes(err))
	}
	extensions := map[string]any{"code": string(p.Code)}
	if id := request.ID(ctx); id != "" {
		extensions["requestId"] = id
	}
	if p.Field != "" {
		extensions["field"] = p.Field
	}
	return &gqlerror.Error{Err: err, Message: p.Message, Path: path, Extensions: extensions}
}

// causes is the whole chain of an error, for the log: a problem shows its sentence only and hides its cause behind it.
func causes(err error) string {
	said := store.ForLog(err)
	var p *problem.Problem
	if errors.As(err, &p) && p.Unwrap() != nil {
		said += ": " + causes(p.Unwrap())
	}
	return said
}

const maxMessage = 300

// quotedValue matches what the parser repeats of a document or of a variable.
var quotedValue = regexp.MustCompile(`"[^"]{60,}"`)

// presentParser presents what the library says of a document or its variables. It is about the caller's own text, so
// they may see it, but not without bound, and without a guess at what else the schema holds.
func presentParser(ctx context.Context, g *gqlerror.Error) *gqlerror.Error {
	message, _, _ := strings.Cut(g.Message, " Did you mean ")
	message = quotedValue.ReplaceAllString(message, `"…"`)
	if len(message) > maxMessage {
		cut := maxMessage
		for !utf8.RuneStart(message[cut]) {
			cut--
		}
		message = message[:cut] + "…"
	}
	extensions := map[string]any{"code": string(problem.BadUserInput)}
	for _, limited := range []string{"COMPLEXITY_LIMIT_EXCEEDED"} {
		if g.Extensions["code"] == limited {
			extensions["code"] = string(problem.Limited)
		}
	}
	if id := request.ID(ctx); id != "" {
		extensions["requestId"] = id
	}
	return &gqlerror.Error{Message: message, Path: g.Path, Locations: g.Locations, Extensions: extensions}
}

// recovered turns a panic of a resolver into an error whose log entry says where.
func recovered(_ context.Context, r any) error {
	return fmt.Errorf("panic: %v\n%s", r, debug.Stack())
}
