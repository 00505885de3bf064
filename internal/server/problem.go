package server

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/request"
	"liferooms.io/liferooms/internal/store"
)

var errPanic = errors.New("panic")

// refuse answers before an operation runs, in the shape of a GraphQL error, whatever was accepted: a refusal must be
// readable to whoever asked.
func refuse(w http.ResponseWriter, r *http.Request, status int, p *problem.Problem) {
	report(r.Context(), p)
	entryOf(r.Context()).code = p.Code
	var body bytes.Buffer
	encode(&body, &graphql.Response{Errors: gqlerror.List{asGraphQL(r.Context(), p)}})
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the caller has gone: nobody to tell
}

func asGraphQL(ctx context.Context, p *problem.Problem) *gqlerror.Error {
	extensions := map[string]any{"code": p.Code, "requestId": request.ID(ctx)}
	if p.Field != "" {
		extensions["field"] = p.Field
	}
	return &gqlerror.Error{Message: p.Message, Extensions: extensions}
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
		"error", store.ForLog(cause), "request", request.ID(ctx))
}
