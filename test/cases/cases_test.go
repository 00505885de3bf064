package cases

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"liferooms.io/liferooms/internal/store/storetest"
	"liferooms.io/liferooms/internal/viewer"
	"liferooms.io/liferooms/test/apitest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { run(t, file) })
	}
}

func run(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(strings.TrimSpace(string(archive.Comment))) == 0 {
		t.Error("the file does not say what it shows")
	}
	if len(archive.Files) == 0 || len(archive.Files)%2 != 0 {
		t.Fatalf("%d sections; each request wants its answer", len(archive.Files))
	}
	w := storetest.New(t)
	furnish(t, w)
	api := apitest.New(t, w)
	staff := map[string]context.Context{}
	bound := map[string]any{}
	for i := 0; i < len(archive.Files); i += 2 {
		request, answer := archive.Files[i], archive.Files[i+1]
		if answer.Name != "answer" {
			t.Fatalf("section %q stands where an answer is due", answer.Name)
		}
		ctx, known := staff[request.Name]
		if !known {
			ctx = as(t, w, request.Name)
			staff[request.Name] = ctx
		}
		var want any
		if err := json.Unmarshal(answer.Data, &want); err != nil {
			t.Fatalf("answer %d: %v", i/2+1, err)
		}
		var got any
		if err := json.Unmarshal([]byte(api.Do(ctx, fill(string(request.Data), bound), nil).Raw), &got); err != nil {
			t.Fatal(err)
		}
		want = resolve(want, got, bound)
		if diff := cmp.Diff(want, got); diff != "" {
			pretty, _ := json.MarshalIndent(got, "", "  ")
			t.Fatalf("step %d, %s (-want +got):\n%s\ngot: %s", i/2+1, request.Name, diff, pretty)
		}
	}
}

// furnish gives each hub two needs and a partner with two services.
func furnish(t *testing.T, w *storetest.World) {
	t.Helper()
	for _, hub := range []viewer.Hub{w.Walton, w.Southport, w.Elsewhere} {
		ctx := w.Platform(hub)
		c := w.Store.Client(ctx)
		for i, need := range []string{"money", "isolation"} {
			c.Need.Create().SetCode(need).SetName(strings.ToUpper(need[:1]) + need[1:]).SetPosition(i).ExecX(ctx)
		}
		partner := c.Organisation.Create().SetSource("local").SetExternalID("p").SetName("Partner of " + hub.Slug).SaveX(ctx)
		for _, name := range []string{"Debt advice", "Walking group"} {
			c.Service.Create().SetSource("local").SetExternalID(name).SetOrganisationID(partner.ID).SetName(name + " " + hub.Slug).SetDescription(name).SetFree(true).ExecX(ctx)
		}
	}
}

// as reads "advisor@walton", "nobody", or "operator", who is the platform's.
func as(t *testing.T, w *storetest.World, who string) context.Context {
	t.Helper()
	if who == "nobody" {
		return context.Background()
	}
	if who == "operator" {
		return viewer.NewContext(context.Background(), &viewer.Viewer{Kind: viewer.Operator, Name: "Operator"})
	}
	role, slug, _ := strings.Cut(who, "@")
	name, _, _ := strings.Cut(role, " ") // "advisor 2@walton" is another advisor
	r := viewer.Role(strings.ToUpper(name))
	hub, known := map[string]viewer.Hub{"walton": w.Walton, "southport": w.Southport, "elsewhere": w.Elsewhere}[slug]
	if !known || !r.Valid() {
		t.Fatalf("section %q: want role@hub", who)
	}
	return w.As(t, hub, r)
}

var placeholder = regexp.MustCompile(`<([a-z][a-zA-Z0-9]*)>`)

func fill(request string, bound map[string]any) string {
	return placeholder.ReplaceAllStringFunc(request, func(p string) string {
		if v, ok := bound[p]; ok {
			return fmt.Sprint(v)
		}
		return p
	})
}

// resolve replaces the placeholders of an answer by what they are bound to, or binds them to what was got.
func resolve(want, got any, bound map[string]any) any {
	switch want := want.(type) {
	case string:
		if !placeholder.MatchString(want) || placeholder.FindString(want) != want {
			return want
		}
		if want == "<any>" {
			return got
		}
		if _, known := bound[want]; !known {
			bound[want] = got
		}
		return bound[want]
	case map[string]any:
		object, _ := got.(map[string]any)
		resolved := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(want)) {
			resolved[key] = resolve(want[key], object[key], bound)
		}
		return resolved
	case []any:
		list := reflect.ValueOf(got)
		resolved := make([]any, len(want))
		for i := range want {
			var at any
			if list.IsValid() && list.Kind() == reflect.Slice && i < list.Len() {
				at = list.Index(i).Interface()
			}
			resolved[i] = resolve(want[i], at, bound)
		}
		return resolved
	}
	return want
}
