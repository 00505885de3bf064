package chart

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"sigs.k8s.io/yaml"

	"liferooms.io/liferooms/internal/postgres"
	"liferooms.io/liferooms/internal/seal"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/test/helm"
)

const guide = "../../docs/operate.md"

// block is what stands between a pair of fences in the guide.
type block struct{ language, text string }

func blocks(t *testing.T) []block {
	t.Helper()
	var all []block
	for _, found := range regexp.MustCompile("(?ms)^( *)```([a-z]*)\n(.*?)^ *```$").FindAllStringSubmatch(readFile(t, guide), -1) {
		text := regexp.MustCompile("(?m)^"+found[1]).ReplaceAllString(found[3], "")
		all = append(all, block{found[2], text})
	}
	if len(all) < 30 {
		t.Fatalf("only %d blocks", len(all))
	}
	return all
}

// What the guide's commands need and is not here is left out: what builds images, what waits for pods, and Postgres' own tools.
var notHere = regexp.MustCompile(`^(docker |pg_dump |pg_restore |helm test |kubectl -n liferooms (logs|wait) )`)

// TestTheGuide follows docs/operate.md from beginning to end at a real API server: every command, and every YAML.
func TestTheGuide(t *testing.T) {
	c := newCluster(t)
	binary, err := helm.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for link, target := range map[string]string{
		"bin/helm": binary, "bin/kubectl": c.Kubectl, "charts": "../../charts",
		"mersey-care.yaml": "../../docs/examples/mersey-care.yaml", "bootle.yaml": "../../docs/examples/bootle.yaml",
	} {
		absolute, err := filepath.Abs(target)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, link)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(absolute, filepath.Join(folder, link)); err != nil {
			t.Fatal(err)
		}
	}
	shell := func(script string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "PATH="+folder+"/bin:"+os.Getenv("PATH"), "KUBECONFIG="+c.kubeconfig,
			"HELM_CACHE_HOME="+folder, "HELM_CONFIG_HOME="+folder, "HELM_DATA_HOME="+folder)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s\n%v\n%s", script, err, out)
		}
	}
	ran := 0
	for _, b := range blocks(t) {
		switch {
		case b.language == "yaml" && strings.Contains(b.text, "\nkind: "):
			if err := os.WriteFile(filepath.Join(folder, "resource.yaml"), []byte(b.text), 0o600); err != nil {
				t.Fatal(err)
			}
			shell("kubectl apply --validate=strict -f resource.yaml")
		case b.language == "yaml":
			writeValues(t, filepath.Join(folder, "liferooms.yaml"), b.text)
		case b.language == "":
			for _, command := range commands(b.text) {
				if notHere.MatchString(command) {
					continue
				}
				shell(here(command))
				ran++
				if strings.Contains(command, "patch secret liferooms-secret-key") {
					keys, err := seal.ParseKeys(string(c.secret(t, "liferooms", "liferooms-secret-key")["key"]))
					if err != nil || keys.Len() != 2 {
						t.Errorf("after the rotation there are %d keys: %v", keys.Len(), err)
					}
				}
			}
		case b.language != "sql":
			t.Errorf("what is a block of %s?", b.language)
		}
	}
	if ran < 30 {
		t.Errorf("only %d commands were run", ran)
	}
}

// commands are the lines of a block, with those that go on joined, and those that set a variable with what uses it.
func commands(text string) []string {
	text = strings.ReplaceAll(text, "\\\n", " ")
	var all []string
	assigned := ""
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if regexp.MustCompile(`^[A-Z]+=`).MatchString(line) {
			assigned += line + "\n"
			continue
		}
		all = append(all, assigned+strings.TrimSpace(line))
	}
	return all
}

// here makes a command one for an API server without anything that runs pods: nothing is waited for, and hooks are not run.
// The definitions are shared with other tests: they stay.
func here(command string) string {
	command = strings.ReplaceAll(command, " --wait ", " ")
	command = strings.TrimSuffix(command, " --wait")
	switch {
	case strings.HasPrefix(command, "helm install"):
		return command + " --take-ownership"
	case strings.HasPrefix(command, "helm uninstall"):
		return command + " --no-hooks"
	case strings.HasPrefix(command, "kubectl delete crd"):
		return command + " --dry-run=server"
	case strings.Contains(command, "rollout restart"): // which is refused twice within a second
		return "once() {\n" + command + "\n}\nfor _ in $(seq 20); do once && exit 0; sleep 0.2; done; exit 1"
	case strings.HasPrefix(command, "kubectl delete namespace"):
		return command + " --wait=false"
	}
	return command
}

// writeValues keeps the reader's file of values: a block that names the whole file, or publicURL, is all of it; another one is
// an addition. Monitoring resources are checked as they are rendered: their definitions are not here.
func writeValues(t *testing.T, file, text string) {
	t.Helper()
	var values map[string]any
	if err := yaml.UnmarshalStrict([]byte(text), &values); err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	if _, whole := values["publicURL"]; !whole {
		var before map[string]any
		if err := yaml.Unmarshal([]byte(readFile(t, file)), &before); err != nil {
			t.Fatal(err)
		}
		maps.Copy(before, values)
		values = before
	}
	made, err := yaml.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, made, 0o600); err != nil {
		t.Fatal(err)
	}
	render(t, "--values", file)
}

// TestTheGuidesRoles: a database made by the guide's SQL is one that can be migrated and served from.
func TestTheGuidesRoles(t *testing.T) {
	server := startPostgres(t)
	conn, err := pgx.Connect(t.Context(), server.URL(postgres.Superuser, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	ran := 0
	for _, b := range blocks(t) {
		if b.language != "sql" {
			continue
		}
		for _, statement := range strings.Split(strings.TrimSpace(b.text), "\n") {
			if _, err := conn.Exec(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
			ran++
		}
	}
	if ran != 8 {
		t.Errorf("%d statements", ran)
	}
	if _, err := store.Migrate(t.Context(), server.URL("liferooms_owner", "liferooms")); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Config{URL: server.URL("liferooms_server", "liferooms")})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
}

// firstColumn gives what stands in code in the first column of the guide's table under that heading.
func firstColumn(t *testing.T, heading string) []string {
	t.Helper()
	_, table, found := strings.Cut(readFile(t, guide), heading)
	if !found {
		t.Fatalf("the guide has no table %q", heading)
	}
	table, _, _ = strings.Cut(table, "\n\n")
	var names []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Za-z]+)` \\|[^|]+\\|[^|]+\\|$").FindAllStringSubmatch(table, -1) {
		names = append(names, row[1])
	}
	slices.Sort(names)
	return names
}

// TestTheGuideKnowsEveryReason, and no other.
func TestTheGuideKnowsEveryReason(t *testing.T) {
	parsed, err := parser.ParseFile(token.NewFileSet(), "../../operator/api/v1alpha1/conditions.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "Reason") {
			reason, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			reasons = append(reasons, reason)
		}
		return true
	})
	slices.Sort(reasons)
	if diff := cmp.Diff(reasons, firstColumn(t, "| Reason | What it means | What to do |")); diff != "" {
		t.Error(diff)
	}
}

// TestTheGuideKnowsEveryAlert, and no other.
func TestTheGuideKnowsEveryAlert(t *testing.T) {
	var alerts []string
	for _, group := range find[*monitoringv1.PrometheusRule](t, render(t, "--values", valuesFiles(t)["cnpg"]), "liferooms").Spec.Groups {
		for _, rule := range group.Rules {
			alerts = append(alerts, rule.Alert)
			if rule.Annotations["summary"] == "" || rule.Annotations["description"] == "" || rule.Labels["severity"] == "" {
				t.Errorf("%s does not say what it is", rule.Alert)
			}
		}
	}
	slices.Sort(alerts)
	if diff := cmp.Diff(alerts, firstColumn(t, "| Alert | What it means | What to do |")); diff != "" {
		t.Error(diff)
	}
}
