// Package store opens Ent over Postgres, and is the only place where the scope of a tenant is set.
//
// Four walls stand between tenants, each alone enough for its attack: an interceptor and a hook on the Ent client
// (walls.go), composite foreign keys and row-level security (ent/migrate/migrations), and a test over the catalogue of
// the database that a new table has both (walls_test.go). Every table is on exactly one list in scope.go.
package store
