package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
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
	body := encode(&graphql.Response{Errors: gqlerror.List{asGraphQL(r.Context(), p)}})
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
