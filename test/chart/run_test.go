package chart

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	corev1 "k8s.io/api/core/v1"

	"liferooms.io/liferooms/internal/postgres"
)

// makeDatabase does what CloudNativePG does with bootstrap.initdb and managed.roles, on a Postgres without it.
func makeDatabase(t *testing.T, objects []object) *postgres.Server {
	t.Helper()
	server := startPostgres(t)
	i := slices.IndexFunc(objects, func(o object) bool { return o.GetKind() == "Cluster" })
	var cluster struct {
		Bootstrap struct {
			Initdb struct {
				Database, Owner string
				PostInitSQL     []string
			}
		}
		Managed struct {
			Roles []struct {
				Name    string
				Login   bool
				Inherit bool
				InRoles []string
			}
		}
	}
	text, err := json.Marshal(objects[i].Object["spec"])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &cluster); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), server.URL(postgres.Superuser, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	initdb := cluster.Bootstrap.Initdb
	statements := append([]string{
		"create role " + initdb.Owner + " login",
		"create database " + initdb.Database + " owner " + initdb.Owner,
	}, initdb.PostInitSQL...)
	for _, role := range cluster.Managed.Roles {
		if !role.Login || !role.Inherit || len(role.InRoles) != 1 {
			t.Errorf("the role is %+v", role)
		}
		statements = append(statements, "create role "+role.Name+" login inherit in role "+strings.Join(role.InRoles, ", "))
	}
	for _, sql := range statements {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	return server
}

// startPostgres starts a Postgres for one test, with no roles but the superuser.
func startPostgres(t *testing.T) *postgres.Server {
	t.Helper()
	server, err := postgres.Start(context.WithoutCancel(t.Context()), postgres.Options{Disposable: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

func build(t *testing.T, program string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), filepath.Base(program))
	made := exec.CommandContext(t.Context(), "go", "build", "-o", binary, program)
	made.Dir = "../.."
	if out, err := made.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", program, err, out)
	}
	return binary
}

// environment is the container's, but with the database where it is here.
func environment(t *testing.T, c corev1.Container, database *postgres.Server) []string {
	t.Helper()
	var all []string
	for _, e := range c.Env {
		if strings.HasPrefix(e.Name, "PG") { // the password and the certificate, which are not asked for here
			continue
		}
		if e.ValueFrom != nil {
			t.Fatalf("%s: nothing here gives %s", c.Name, e.Name)
		}
		if u, err := url.Parse(e.Value); err == nil && u.Scheme == "postgres" {
			e.Value = database.URL(u.User.Username(), strings.TrimPrefix(u.Path, "/"))
		}
		all = append(all, e.Name+"="+e.Value)
	}
	return all
}

// freePort is a port of the loopback that nobody listened at a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return port
}

// answers waits until the address answers well, for as long as a startup probe would.
func answers(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = errors.New(response.Status)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", address, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// scrape gives the names of the series that are told at the address.
func scrape(t *testing.T, address string) []string {
	t.Helper()
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for name, family := range families {
		names = append(names, name)
		if family.GetType().String() == "HISTOGRAM" {
			names = append(names, name+"_bucket", name+"_sum", name+"_count")
		}
	}
	return names
}

// asked are all queries of Prometheus in the chart, by the panel or the alert that asks.
func asked(t *testing.T) map[string][]string {
	t.Helper()
	objects := render(t, "--values", valuesFiles(t)["cnpg"])
	all := map[string][]string{}
	var board struct {
		Panels []struct {
			Title   string
			Type    string
			Targets []struct{ Expr string }
		}
		Templating struct {
			List []struct {
				Name  string
				Query any
			}
		}
	}
	text := find[*corev1.ConfigMap](t, objects, "liferooms-dashboard").Data["liferooms.json"]
	if err := json.Unmarshal([]byte(text), &board); err != nil {
		t.Fatal(err)
	}
	for _, p := range board.Panels {
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("the panel %q asks for nothing", p.Title)
		}
		for _, target := range p.Targets {
			all["the panel "+p.Title] = append(all["the panel "+p.Title], target.Expr)
		}
	}
	for _, variable := range board.Templating.List {
		if query, ok := variable.Query.(map[string]any); ok {
			all["the variable "+variable.Name] = []string{fmt.Sprint(query["query"])}
		}
	}
	for _, group := range find[*monitoringv1.PrometheusRule](t, objects, "liferooms").Spec.Groups {
		for _, rule := range group.Rules {
			all["the alert "+rule.Alert] = []string{rule.Expr.String()}
		}
	}
	for _, named := range regexp.MustCompile("`(liferooms_[a-z_]+)`").FindAllStringSubmatch(readFile(t, guide), -1) {
		all["docs/operate.md, "+named[1]] = []string{named[1]}
	}
	if len(all) < 20 {
		t.Fatalf("only %d questions", len(all))
	}
	return all
}

// metricsIn gives the names of metrics in a query: what is left without the selectors, groupings, functions and numbers.
func metricsIn(query string) []string {
	for _, noise := range []string{
		`\{[^}]*\}`, `\[[^\]]*\]`, `\b(by|on|without|ignoring)\s*\([^)]*\)`, `\b[a-z_]+\(`, `\b(and|or|unless|offset|sum|max|min|avg|count)\b`, `"[^"]*"`, `\$\w+`,
		`, namespace\)`, // of label_values
	} {
		query = regexp.MustCompile(noise).ReplaceAllString(query, " ")
	}
	return regexp.MustCompile(`\b[a-z_][a-z0-9_]*\b`).FindAllString(query, -1)
}

func TestMetricsIn(t *testing.T) {
	for query, want := range map[string][]string{
		`sum(max by (namespace, hub) (liferooms_hub_ready))`:                                               {"liferooms_hub_ready"},
		`histogram_quantile(0.95, sum by (le) (rate(a_bucket{namespace="$namespace"}[$__rate_interval])))`: {"a_bucket"},
		`max by (pod) (a{x="y"} / b) > 0.9 and on (pod) rate(c_total[5m]) > 1`:                             {"a", "b", "c_total"},
		`label_values(d, namespace)`:                 {"d"},
		`count(e == 0) or vector(0)`:                 {"e"},
		`absent(up{service="liferooms-api"} == 1)`:   {"up"},
		`topk(10, sum by (operation) (rate(f[5m])))`: {"f"},
	} {
		if got := metricsIn(query); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}
