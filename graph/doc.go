// Package graph is the API: a hand-written GraphQL schema and thin resolvers over the domain packages.
//
// What a field may be seen by is said in the schema (@can, @signedIn) and checked once for a whole operation, before
// anything runs (permission.go). A read runs as one compiled statement where all of it is declared (declared.go and package
// compile); otherwise, and for whatever a compiled statement cannot say, gqlgen's executor answers it over Ent, which loads what
// an operation selects by as few statements as there are kinds of things in it, however many rows there are (load.go): children
// are never fetched row by row. The two answer the same, and are held against each other by test/secondopinion.
//
// A part of the API has up to three files of one name: frontdesk, person, referral, directory, finder, duplicates,
// catalogue_edit, taxonomy, sources, partner, freshness, staff, hub and platform.
//
//	x.graphql        its types, and who may see them
//	x.resolvers.go   a method for each of its fields that has one: gqlgen adds them, and keeps what they say
//	x.go             what takes more than a few lines there, and its fields as they are compiled where declared.go does not say it
//
// The other files are about how operations run, whatever they ask for:
//
//	resolver.go     what the API stands on, and the server made of it
//	permission.go   who may ask for it
//	execution.go    whether it runs as a statement; live.go the same for those who watch, explain.go shows it
//	declared.go     what compiled statements know of each type
//	selection.go    what is asked of an object
//	load.go         what Ent loads for that; sessions.go works out the next times of a service
//	list.go         one page of a list by Ent
//	payloads.go     the rows that mutations answer with
//	viewer.go       who asks
//	errors.go       what a caller is told of an error
//	marshal.go      stands in for a part of gqlgen (graph/generate)
//
// generated.go and models_gen.go are gqlgen's.
package graph

//go:generate go run -C .. ./graph/generate
