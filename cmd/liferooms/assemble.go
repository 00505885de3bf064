package main

import (
	"context"
	"net"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/catalogue"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/freshness"
	"liferooms.io/liferooms/internal/provision"
	"liferooms.io/liferooms/internal/server"
	"liferooms.io/liferooms/internal/signin"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/web"
)

// assembled is the server with what it stands on.
type assembled struct {
	server *server.Server
	log    *audit.Log
}

// assemble puts the server together. The public URL is the server's, in signIn and links too.
func assemble(s *store.Store, c server.Config, signIn signin.Config, sources catalogue.Config, links freshness.Config) (_ *assembled, err error) {
	log := audit.New(s)
	defer func() {
		if err != nil {
			log.Close()
		}
	}()
	signIn.PublicURL = c.PublicURL
	people, err := signin.New(s, log, signIn)
	if err != nil {
		return nil, err
	}
	links.Contact = c.PublicURL
	sources.Also = append(sources.Also, freshness.NewChecker(s, links).Work())
	feeds, err := catalogue.New(s, directory.New(s, log), sources)
	if err != nil {
		return nil, err
	}
	made, err := server.New(c, server.Parts{
		Store: s, Log: log, SignIn: people, Sources: feeds, App: web.Handler(), Documents: web.Documents(),
		Provision: provision.Config{Keys: signIn.Keys, PlainHTTP: signIn.PublicScheme == "http"},
	})
	if err != nil {
		return nil, err
	}
	return &assembled{made, log}, nil
}

// Run serves until ctx ends; see server.Server.Run.
func (a *assembled) Run(ctx context.Context, app []net.Listener, metrics net.Listener) error {
	return a.server.Run(ctx, app, metrics)
}

// Close writes what is still to be recorded. Close the store after it.
func (a *assembled) Close() { a.log.Close() }
