// Package schema is the data model, by hand. It imports no generated code.
//
// Every table is a trust's or a hub's (or the platform's); internal/store holds the list. Foreign keys are composite
// and written in the migrations: Ent cannot express them.
package schema
