// Package cases runs the GraphQL cases in testdata: one file for each, named after what it shows. Each runs twice: as the
// API serves it, and by gqlgen's executor over Ent alone.
//
// A file is a txtar archive. Its first lines say what it shows. Then each step is a request, in a section
// "-- role@hub --", followed by the answer that it must get, in a section "-- answer --" as JSON. In an answer "<any>"
// stands for anything and "<name>" for a value that is bound where it first stands and must be the same wherever it
// stands later; requests may use it. The same role@hub is the same member of staff throughout a file.
package cases
