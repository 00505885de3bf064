// Package postgres runs a private Postgres server for `liferooms dev` and for tests: found on the machine, started as
// an unprivileged user, reached over a Unix socket that nobody else can open, and gone when its starter is gone.
package postgres
