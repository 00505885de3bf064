// Package graph is the API: a hand-written GraphQL schema and thin resolvers over the domain packages.
//
// What a field may be seen by is said in the schema (@can, @signedIn) and checked once for a whole operation, before
// anything runs (permission.go). What an operation selects is loaded by as few statements as there are kinds of things in
// it, however many rows there are (load.go): children are never fetched row by row.
package graph

//go:generate go run -C .. ./graph/generate
