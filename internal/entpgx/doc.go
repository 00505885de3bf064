// Package entpgx is Ent's driver over pgx's native pool. Every statement travels with its scope (settings that
// row-level security policies read) as one pipelined batch: one implicit transaction, one round trip, and nothing left
// on the connection afterwards, which makes it safe behind a transaction-mode pooler.
//
// # Poolers
//
// The scope never outlives its transaction, but pgx's default QueryExecModeCacheStatement keeps named prepared
// statements in the server's session. Behind a pooler that moves transactions between sessions and does not track
// prepared statements itself, set ConnConfig.DefaultQueryExecMode to pgx.QueryExecModeCacheDescribe: it keeps
// descriptions on this side only and still exchanges binary values.
//
// # Counting statements
//
// A pgx.BatchTracer on the pool's ConnConfig sees each statement of Ent as one TraceBatchStart, whether in a
// transaction or not: BEGIN and scope are further queries of the same batch. A commit, a rollback and a savepoint's end
// are seen by a pgx.QueryTracer.
package entpgx
