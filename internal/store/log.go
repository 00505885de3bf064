package store

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// ForLog is the error's text without what Postgres repeats of the values it was given, which may be personal data: it
// does so where it refuses a value (class 22) or a row (class 23).
func ForLog(err error) string {
	text := err.Error()
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Message == "" || pg.Code[:2] != "22" && pg.Code[:2] != "23" {
		return text
	}
	named := "refused"
	if pg.ConstraintName != "" {
		named = "refused by " + pg.ConstraintName
	}
	return strings.ReplaceAll(text, pg.Message, named)
}
