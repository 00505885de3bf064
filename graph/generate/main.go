// Command generate writes the API's executor: gqlgen's, with lists marshalled one element after the other.
//
// gqlgen starts a goroutine for each element of a list. All that a list shows was loaded before (load.go), so nothing in
// it waits, and the goroutines cost more than a quarter of the CPU of a list of fifty (`make bench`, by profile).
package main

import (
	"bytes"
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
	inOrder := bytes.ReplaceAll(generated, []byte("graphql.MarshalSliceConcurrently("), []byte("marshalSlice("))
	if bytes.Equal(inOrder, generated) {
		log.Fatal("gqlgen no longer marshals lists by MarshalSliceConcurrently; look at what it does instead")
	}
	if err := os.WriteFile(cfg.Exec.Filename, inOrder, 0o644); err != nil {
		log.Fatal(err)
	}
}
