// Package server is the API and the app over HTTP: addresses, limits, headers, health, metrics, and what the server does
// by the clock.
//
// A request passes edge (its id, its log line, headers, panics), then the mux. POST /graphql is one endpoint of our own over
// gqlgen's executor: gqlgen's transports echo what they cannot read and know nothing of sessions.
package server
