package architecture

import (
	"encoding/json"
	"errors"
	"go/doc"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "liferooms.io/liferooms"

type pkg struct {
	ImportPath string
	Dir        string
	Doc        string
	Imports    []string
	Deps       []string
	GoFiles    []string
}

// packages are this module's, by path relative to it.
func packages(t *testing.T) map[string]pkg {
	t.Helper()
	list := exec.Command("go", "list", "-deps", "-json=ImportPath,Dir,Doc,Imports,Deps,GoFiles", "./...")
	list.Dir = filepath.Join("..", "..")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]pkg{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if path, ours := strings.CutPrefix(p.ImportPath, module+"/"); ours {
			all[path] = p
		}
	}
}

func within(path string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return path == f || strings.HasPrefix(path, f+"/") })
}

// layer is how far a package is from the data: one may import its own layer only within one folder, and lower ones.
// cmd → internal/server → graph → internal/<domain> → internal/store → ent.
func layer(path string) int {
	switch {
	case within(path, "internal/viewer", "internal/problem", "internal/request", "internal/paging", "internal/access",
		"internal/entpgx", "internal/postgres", "internal/openreferral", "internal/outbound", "web", "operator"):
		return 0 // leaves, tools and clients, which know nothing of the data model
	case within(path, "ent"):
		return 1
	case within(path, "internal/store"):
		return 2
	case within(path, "internal/server"):
		return 5
	case within(path, "graph"):
		return 4
	case within(path, "internal"):
		return 3 // a domain
	case within(path, "cmd"):
		return 6
	}
	return 7 // tests, documentation
}

func TestImportsPointDown(t *testing.T) {
	for path, p := range packages(t) {
		for _, imported := range p.Imports {
			target, ours := strings.CutPrefix(imported, module+"/")
			if !ours {
				continue
			}
			if layer(target) > layer(path) {
				t.Errorf("%s imports %s, which stands above it", path, target)
			}
		}
	}
}

func TestLeavesImportNothingOfOurs(t *testing.T) {
	all := packages(t)
	for _, leaf := range []string{"internal/viewer", "internal/problem", "internal/request", "internal/entpgx", "internal/postgres"} {
		for _, imported := range all[leaf].Imports {
			if strings.HasPrefix(imported, module) {
				t.Errorf("%s imports %s; it is a leaf", leaf, imported)
			}
		}
	}
	for _, imported := range all["ent/schema"].Deps {
		if strings.HasPrefix(imported, module) {
			t.Errorf("ent/schema depends on %s; it imports no generated code", imported)
		}
	}
}

// TestScopeIsSetInTheStoreOnly: no other package opens the database past the walls, or sets what the walls read.
func TestScopeIsSetInTheStoreOnly(t *testing.T) {
	for path, p := range packages(t) {
		if within(path, "internal/store", "internal/entpgx", "internal/postgres", "test", "ent/migrate/diff") {
			continue
		}
		for _, imported := range p.Imports {
			if within(imported, "github.com/jackc/pgx/v5/pgxpool", "database/sql", "github.com/jackc/pgx/v5/stdlib", module+"/internal/entpgx") && !within(path, "ent") {
				t.Errorf("%s imports %s; the database is opened in internal/store", path, imported)
			}
		}
	}
	grep := exec.Command("git", "grep", "-nE", `app\.(hubs|trust)\b|set_config`, "--", "*.go", ":!internal/store", ":!internal/entpgx", ":!test")
	grep.Dir = filepath.Join("..", "..")
	out, err := grep.Output()
	var exit *exec.ExitError
	if err == nil {
		t.Errorf("the scope is set outside internal/store:\n%s", out)
	} else if !errors.As(err, &exit) || exit.ExitCode() != 1 { // 1: no match
		t.Fatal(err)
	}
}

func TestNothingHereDependsOnKubernetes(t *testing.T) {
	for path, p := range packages(t) {
		if !within(path, "internal", "graph", "ent") {
			continue
		}
		for _, dep := range p.Deps {
			if strings.HasPrefix(dep, "k8s.io/") || strings.HasPrefix(dep, "sigs.k8s.io/") {
				t.Errorf("%s depends on %s", path, dep)
			}
		}
	}
}

// TestTheOperatorIsAClient: tenant rules live once, behind the API.
func TestTheOperatorIsAClient(t *testing.T) {
	for path, p := range packages(t) {
		if !within(path, "operator", "cmd/liferooms-operator") {
			continue
		}
		for _, dep := range p.Deps {
			if within(dep, module+"/ent", module+"/graph", module+"/internal/store") {
				t.Errorf("%s depends on %s", path, dep)
			}
		}
	}
}

// TestEveryPackageSaysWhatItIs: a sentence that begins with the package's name, in doc.go (main.go of a command).
func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for path, p := range packages(t) {
		generated := within(path, "ent") && !within(path, "ent/schema", "ent/migrate/diff")
		if generated || within(path, "graph/internal") && len(p.GoFiles) == 0 || len(p.GoFiles) == 0 {
			continue
		}
		if !strings.HasPrefix(p.Doc, "Package ") && !strings.HasPrefix(p.Doc, "Command ") {
			t.Errorf("%s has no sentence that says what it is (doc: %q)", path, p.Doc)
			continue
		}
		file := "doc.go"
		if strings.HasPrefix(p.Doc, "Command ") {
			file = "main.go"
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, file), nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil || parsed.Doc == nil || new(doc.Package).Synopsis(parsed.Doc.Text()) == "" {
			t.Errorf("%s: the package's sentence belongs into %s", path, file)
		}
	}
}

// TestNoJunkRooms: a package is named for what it holds.
func TestNoJunkRooms(t *testing.T) {
	for path := range packages(t) {
		switch filepath.Base(path) {
		case "util", "utils", "helpers", "helper", "common", "misc", "models", "model", "shared", "lib":
			t.Errorf("%s is named for nothing that it holds", path)
		}
	}
}
