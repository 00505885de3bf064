package graph_test

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"liferooms.io/liferooms/graph"
)

var update = flag.Bool("update", false, "write the golden files of SQL anew")

// TestSQL: each document of testdata/sql becomes the statement beside it. The first lines of a document may say its
// variables, as comments of JSON.
func TestSQL(t *testing.T) {
	files, err := filepath.Glob("testdata/sql/*.graphql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".graphql"), func(t *testing.T) {
			document, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var variables map[string]any
			if line, _, _ := strings.Cut(string(document), "\n"); strings.HasPrefix(line, "# {") {
				if err := json.Unmarshal([]byte(strings.TrimPrefix(line, "#")), &variables); err != nil {
					t.Fatal(err)
				}
			}
			got := explain(t, string(document), variables).SQL + "\n"
			golden := strings.TrimSuffix(file, ".graphql") + ".sql"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("another statement (-want +got); where that is meant: go test ./graph -run TestSQL -update\n%s", diff)
			}
		})
	}
}

// explain gives the statement of a document's one operation.
func explain(t testing.TB, document string, variables map[string]any) *graph.Explanation {
	t.Helper()
	all, err := graph.Explain(&graph.Resolver{}, document, variables)
	if err != nil {
		t.Fatalf("%s\n%v", document, err)
	}
	if all[0].SQL == "" {
		t.Fatalf("%s\nis not compiled because of %s", document, all[0].Because)
	}
	return all[0]
}

// FuzzNoInputReachesSQL: whatever values an operation brings, in its document or as variables, its statement is the same.
func FuzzNoInputReachesSQL(f *testing.F) {
	for _, seed := range []string{"Robert'); drop table persons; --", `\`, "$1", "@hub", "'", "E'\\x01", "\x01!\x02", "%s", "walton", "é😀", "a:b"} {
		f.Add(seed, 3)
	}
	const harmless = "x"
	f.Fuzz(func(t *testing.T, s string, n int) {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			return // no document holds it
		}
		for _, document := range []string{
			`query ($s: String!, $n: Int, $id: ID!) { hub(slug: $s) { people(search: $s, first: $n, after: $s) { nodes { id } pageInfo { endCursor } } person(id: $id) { visits(after: $s) { nodes { id } } }
				services(filter: {text: $s, needs: [$s]}, after: $s) { edges { cursor } } staff(after: $s) { nodes { name } } findStaff(search: $s) { name } } }`,
			`{ hub(slug: LITERAL) { people(search: LITERAL, after: LITERAL) { nodes { id } } possibleDuplicates(of: {givenName: LITERAL}) { id }
				services(filter: {text: LITERAL, needs: [LITERAL]}, first: 5) { edges { cursor } } findStaff(search: LITERAL) { name } visits(before: LITERAL) { nodes { id } } } }`,
		} {
			with := func(value string, number int) string {
				literal, err := json.Marshal(value) // a string of JSON is one of GraphQL
				if err != nil {
					t.Fatal(err)
				}
				return explain(t, strings.ReplaceAll(document, "LITERAL", string(literal)), map[string]any{"s": value, "n": number, "id": value}).SQL
			}
			if want, got := with(harmless, 1), with(s, n); got != want {
				t.Errorf("%q is in the statement:\n%s", s, cmp.Diff(want, got))
			}
		}
	})
}

// TestAliasesAreNames: an alias is a key of the answer, and the only thing of a document that its statement holds. The
// grammar of GraphQL bounds its letters; the statement holds it as text.
func TestAliasesAreNames(t *testing.T) {
	sql := explain(t, `{ select: hub(slug: "walton") { drop_table: needs { __proto: id, _1: name } } }`, nil).SQL
	for _, key := range []string{`"select":`, `"drop_table":`, `"__proto":`, `"_1":`} {
		if strings.Count(sql, key) != 1 {
			t.Errorf("%s is %d times in %s", key, strings.Count(sql, key), sql)
		}
	}
	if _, err := graph.Explain(&graph.Resolver{}, `{ a'b: hub(slug: "walton") { id } }`, nil); err == nil {
		t.Error("an alias with a quote is taken")
	}
}

// BenchmarkCompile compiles the app's operations, the largest first. A plan is compiled once for its shape.
func BenchmarkCompile(b *testing.B) {
	documents := slices.Collect(maps.Values(appsDocuments(b)))
	slices.SortFunc(documents, func(a, b string) int { return len(b) - len(a) })
	for _, document := range documents {
		all, err := graph.Explain(&graph.Resolver{}, document, nil)
		if err != nil {
			b.Fatal(err)
		}
		if all[0].SQL == "" {
			continue
		}
		b.Run(all[0].Operation, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := all[0].Compile(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
