package main

import (
	"context"
	"errors"

	"liferooms.io/liferooms/internal/store"
)

// databaseFlags say how to reach the database as the app.
type databaseFlags struct {
	DatabaseURL    string `placeholder:"URL" help:"Postgres, as a role that is only a member of liferooms_app: postgres://role:password@host:5432/database."`
	MaxConnections int32  `default:"0" help:"The most connections to keep; 0: 8 for each processor."`
	Pooler         bool   `help:"A transaction-mode pooler is in front of Postgres."`
}

func (f databaseFlags) open(ctx context.Context) (*store.Store, error) {
	if f.DatabaseURL == "" {
		f.DatabaseURL = developmentDatabase()
	}
	if f.DatabaseURL == "" {
		return nil, errors.New("which database? Give --database-url or LIFEROOMS_DATABASE_URL")
	}
	return store.Open(ctx, store.Config{URL: f.DatabaseURL, MaxConns: f.MaxConnections, Pooler: f.Pooler})
}
