// Command generate writes the API's executor: gqlgen's, without what only costs time here.
//
// gqlgen starts a goroutine for each element of a list. All that a list shows was loaded before (load.go), so nothing in
// it waits, and the goroutines cost more than a quarter of the CPU of a list of fifty. And it makes ready for @defer in
// every object, a tenth of the CPU of a long list; the API refuses @defer (permission.go). Both by `make bench --profile`.
//
// And where a mutation's row was read by a compiled statement (payloads.go), its JSON is there already.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"
)

func main() {
	cfg, err := config.LoadConfig("gqlgen.yml")
	if err != nil {
		log.Fatal(err)
	}
	if err := api.Generate(cfg); err != nil {
		log.Fatal(err)
	}
	generated, err := os.ReadFile(cfg.Exec.Filename)
	if err != nil {
		log.Fatal(err)
	}
	for costly, instead := range map[string]string{
		"graphql.MarshalSliceConcurrently(":           "marshalSlice(",
		"deferred := graphql.NewDeferredGroup(ctx)\n": "var deferred graphql.DeferredGroup\n",
	} {
		if !bytes.Contains(generated, []byte(costly)) {
			log.Fatalf("gqlgen no longer writes %q; look at what it does instead", costly)
		}
		generated = bytes.ReplaceAll(generated, []byte(costly), []byte(instead))
	}
	for _, row := range []string{"Conversation", "Person", "Signpost", "Visit", "Organisation", "Service", "Location", "ServiceAtLocation", "Schedule"} {
		head := fmt.Appendf(nil, "func (ec *executionContext) _%[1]s(ctx context.Context, sel ast.SelectionSet, obj *ent.%[1]s) graphql.Marshaler {\n", row)
		if bytes.Count(generated, head) != 1 {
			log.Fatalf("gqlgen no longer writes %q; look at what it does instead", head)
		}
		generated = bytes.Replace(generated, head, append(head, "\tif read := alreadyRead(ctx, obj); read != nil {\n\t\treturn read\n\t}\n"...), 1)
	}
	if err := os.WriteFile(cfg.Exec.Filename, generated, 0o644); err != nil {
		log.Fatal(err)
	}
}
