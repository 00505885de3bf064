// Package pgtest gives tests real databases: one private server per test process, and per test a fresh database copied
// from a template in some milliseconds.
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }
//
//	var template = pgtest.Template{Prepare: migrate}
//
//	func TestSomething(t *testing.T) {
//		db := template.Database(t)
//		pool, err := pgxpool.New(t.Context(), db.URL("liferooms_app"))
//
// Where LIFEROOMS_TEST_POSTGRES holds the URL of the superuser `postgres` on a running server that trusts its clients, it
// is used instead of starting one, so that many test processes can share it.
package pgtest
