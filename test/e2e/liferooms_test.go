//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestLifeRooms is one story, told in order: each chapter goes on where the one before ended.
func TestLifeRooms(t *testing.T) {
	w := newWorld(t)
	for _, chapter := range []struct {
		name string
		tell func(*testing.T, *world)
	}{
		{"Install", install},
		{"MerseyCare", merseyCare},
		{"Bootle", bootle},
		{"Answers", answers},
		{"SignIn", signIn},
		{"LeastRights", leastRights},
		{"ApplyAgain", applyAgain},
		{"Edit", edit},
		{"Drift", drift},
		{"Archive", archive},
		{"Upgrade", upgrade},
		{"OperatorKilled", operatorKilled},
		{"APIDown", apiDown},
		{"TwoHundredHubs", twoHundredHubs},
		{"Uninstall", uninstall},
	} {
		if !t.Run(chapter.name, func(t *testing.T) { chapter.tell(t, w) }) {
			t.FailNow() // what follows stands on it
		}
	}
}

func install(t *testing.T, w *world) {
	begun := time.Now()
	if _, err := w.runHelm(t.Context(), values, "install", release, chart, "--values=-", "--wait", "--timeout=5m"); err != nil {
		t.Fatal(err)
	}
	figure("helm install, until all is ready: %s", seconds(time.Since(begun)))
	if out, err := w.runHelm(t.Context(), "", "test", release, "--timeout=2m"); err != nil {
		t.Fatal(err)
	} else if !strings.Contains(out, "Succeeded") {
		t.Errorf("helm test says: %s", out)
	}
}

func merseyCare(t *testing.T, _ *world) {
	begun := time.Now()
	apply(t, example(t, "mersey-care.yaml"))
	kubectl(t, "wait", "--for=condition=Ready", "trusts/mersey-care", "hubs/walton", "hubs/southport", "--timeout=2m")
	figure("a trust and two hubs, until Ready: %s", seconds(time.Since(begun)))
}

func bootle(t *testing.T, _ *world) {
	begun := time.Now()
	apply(t, example(t, "bootle.yaml"))
	kubectl(t, "wait", "--for=condition=Ready", "hubs/bootle", "--timeout=60s")
	figure("Bootle, from kubectl apply until Ready: %s (bound: 60 s)", seconds(time.Since(begun)))

	lines := strings.Split(kubectl(t, "get", "hubs"), "\n")
	if got := strings.Join(regexp.MustCompile(`\s{2,}`).Split(strings.TrimSpace(lines[0]), -1), ","); got != "NAME,READY,URL,PARTNERS,SERVICES,LAST SYNC,AGE" {
		t.Errorf("kubectl get hubs shows %s", got)
	}
	if !regexp.MustCompile(`(?m)^bootle +True +https://` + regexp.QuoteMeta(bootleHost) + ` +2 +2 +\S+ +\S+$`).MatchString(strings.Join(lines, "\n")) {
		t.Errorf("kubectl get hubs shows\n%s", strings.Join(lines, "\n"))
	}
	t.Logf("\n%s", strings.Join(lines, "\n"))
}

// place is what the tests ask of a hub.
type place struct {
	Hub *struct {
		Name          string
		State         string
		Needs         []struct{ Code, Name string }
		Organisations struct{ TotalCount int }
	}
}

func askHub(slug string) map[string]any {
	return map[string]any{
		"query":     "query($hub: String!) { hub(slug: $hub) { name state needs { code name } organisations { totalCount } } }",
		"variables": map[string]any{"hub": slug},
	}
}

func answers(t *testing.T, w *world) {
	got := query[place](t, w.browser(t), bootleHost, askHub("bootle"), "Authorization", "Bearer "+w.token(t, "bea"))
	if len(got.Errors) > 0 || got.Data.Hub == nil {
		t.Fatalf("Bootle answers %+v", got)
	}
	var codes []string
	for _, need := range got.Data.Hub.Needs {
		codes = append(codes, need.Code)
	}
	if want := []string{"employment", "housing", "money", "isolation"}; !slices.Equal(codes, want) {
		t.Errorf("Bootle's needs are %v, want %v", codes, want)
	}
	if got.Data.Hub.Organisations.TotalCount != 2 || got.Data.Hub.Name != "Life Rooms Bootle" {
		t.Errorf("Bootle answers %+v, want two partners", got.Data.Hub)
	}
}

// signIn: who signs in sees the hubs that their groups grant, at whatever host name they come, and no other.
func signIn(t *testing.T, w *world) {
	for login, want := range map[string][]string{"bea": {"bootle"}, "fay": {"walton"}, "ada": {"bootle", "southport", "walton"}} {
		b := w.signIn(t, bootleHost, login)
		viewer := query[struct {
			Viewer struct{ Hubs []struct{ Slug string } }
		}](t, b, bootleHost, map[string]any{"documentId": document(t, "Viewer")})
		var hubs []string
		for _, hub := range viewer.Data.Viewer.Hubs {
			hubs = append(hubs, hub.Slug)
		}
		if slices.Sort(hubs); !slices.Equal(hubs, want) {
			t.Errorf("%s sees %v, want %v (%v)", login, hubs, want, viewer.Errors)
		}
		asked := query[struct{ Hub *struct{ ID string } }](t, b, bootleHost, map[string]any{"documentId": document(t, "Place"), "variables": map[string]any{"hub": "bootle"}})
		granted := asked.Data.Hub != nil && len(asked.Errors) == 0
		if granted != slices.Contains(want, "bootle") {
			t.Errorf("%s asks for Bootle: %+v", login, asked)
		}
		if !granted && (len(asked.Errors) != 1 || asked.Errors[0].Extensions.Code != "NOT_FOUND") {
			t.Errorf("%s is told %+v of Bootle, want that there is no such hub", login, asked.Errors)
		}
	}
	// Nobody sees it without signing in.
	stranger := query[place](t, w.browser(t), bootleHost, map[string]any{"documentId": document(t, "Place"), "variables": map[string]any{"hub": "bootle"}})
	if len(stranger.Errors) != 1 || stranger.Errors[0].Extensions.Code != "UNAUTHENTICATED" {
		t.Errorf("a stranger is answered %+v", stranger)
	}
}

// leastRights asks with the operator's own account, as somebody would who got hold of its token.
func leastRights(t *testing.T, _ *world) {
	token := strings.TrimSpace(kubectl(t, "create", "token", "liferooms-operator"))
	// The administrator's certificate would count before the token: a kubeconfig without it.
	as := func(args ...string) (string, error) {
		server := strings.TrimSpace(kubectl(t, "config", "view", "--minify", "--output=jsonpath={.clusters[0].cluster.server}"))
		return tryKubectl(t.Context(), "", append([]string{"--kubeconfig=/dev/null", "--server=" + server, "--insecure-skip-tls-verify", "--token=" + token}, args...)...)
	}
	if out, err := as("get", "secret", "mersey-care-sign-in", "--output=name"); err != nil {
		t.Errorf("the operator cannot read the secret that it was told of: %v%s", err, out)
	}
	for _, forbidden := range [][]string{
		{"get", "secret", "postgres-owner"},
		{"get", "secret", "postgres-app"},
		{"get", "secret", "liferooms-secret-key"},
		{"get", "secrets"},
		{"get", "secrets", "--all-namespaces"},
		{"get", "secret", "mersey-care-sign-in", "--namespace=kube-system"},
		{"delete", "secret", "mersey-care-sign-in"},
		{"get", "pods"},
		{"create", "configmap", "mine"},
		{"delete", "hub", "walton", "--wait=false"},
		{"get", "hubs", "--all-namespaces"},
		{"create", "token", "liferooms-api"},
	} {
		if out, err := as(forbidden...); err == nil || !strings.Contains(err.Error(), "orbidden") {
			t.Errorf("the operator's account may %v: %s%v", forbidden, out, err)
		}
	}
}

// metric adds up, over all API pods, the values of a metric's series whose labels match.
func metric(t *testing.T, name string, labels *regexp.Regexp) float64 {
	t.Helper()
	pods := strings.Fields(kubectl(t, "get", "pods", "--selector=app.kubernetes.io/component=api", "--field-selector=status.phase=Running", "--output=jsonpath={.items[*].metadata.name}"))
	var sum float64
	for _, pod := range pods {
		text := kubectl(t, "get", "--raw", "/api/v1/namespaces/"+namespace+"/pods/"+pod+":9090/proxy/metrics")
		for _, series := range regexp.MustCompile(`(?m)^`+name+`(\{.*\})? (\S+)$`).FindAllStringSubmatch(text, -1) {
			value, err := strconv.ParseFloat(series[2], 64)
			if err != nil {
				t.Fatal(err)
			}
			if labels.MatchString(series[1]) {
				sum += value
			}
		}
	}
	return sum
}

// rowsWritten counts what was ever written to the tables of a hub's setting-up.
func rowsWritten(t *testing.T) string {
	t.Helper()
	kubectl(t, "exec", "deployment/postgres", "--", "psql", "-d", "liferooms", "-qtAc", "select pg_stat_clear_snapshot()")
	return sql(t, `select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_user_tables where relname in
		('trusts', 'identity_providers', 'hubs', 'hostnames', 'needs', 'rooms', 'group_grants', 'catalogue_sources', 'organisations', 'services')`)
}

type object struct {
	Metadata struct {
		Generation      int
		ResourceVersion string
		Finalizers      []string
	}
	Status struct {
		ObservedGeneration int
		Conditions         []struct{ Type, Status, Reason, Message string }
	}
}

func (o object) condition(name string) (status, reason string) {
	for _, c := range o.Status.Conditions {
		if c.Type == name {
			return c.Status, c.Reason
		}
	}
	return "", ""
}

func applyAgain(t *testing.T, _ *world) {
	settled(t)
	reconciles := func() float64 {
		return operatorMetric(t, "controller_runtime_reconcile_total", "hub") + operatorMetric(t, "controller_runtime_reconcile_total", "trust")
	}
	// The operator reads once each time that it looks at a resource; whatever it wrote would be one operation more. Nobody
	// else sends operations now, and its documents are not the app's own.
	operations := func() float64 {
		return metric(t, "liferooms_operations_total", regexp.MustCompile(`operation="other"`))
	}
	versions := func() string {
		return kubectl(t, "get", "trusts,hubs", "--output=jsonpath={range .items[*]}{.metadata.name}: generation {.metadata.generation}, version {.metadata.resourceVersion}{'\\n'}{end}")
	}
	// What was set up just now may still be fetching its sources, and Postgres counts a little late.
	written := rowsWritten(t)
	eventually(t, 2*time.Minute, func() error {
		time.Sleep(20 * time.Second)
		was := written
		if written = rowsWritten(t); written != was {
			return fmt.Errorf("rows are still being written: %s, and then %s", was, written)
		}
		return nil
	})
	before, asked, looked := versions(), operations(), reconciles()
	for _, file := range []string{"mersey-care.yaml", "bootle.yaml"} {
		for line := range strings.Lines(apply(t, example(t, file))) {
			if !strings.HasSuffix(strings.TrimSpace(line), "unchanged") {
				t.Errorf("applied again: %s", line)
			}
		}
	}
	// Twice round: what was applied, and the resync.
	eventually(t, 90*time.Second, func() error {
		if done := reconciles() - looked; done < 8 {
			return fmt.Errorf("the operator has looked %v times", done)
		}
		return nil
	})
	eventually(t, 20*time.Second, func() error { // one may be under way
		if sent, done := operations()-asked, reconciles()-looked; sent > done || sent == 0 {
			return fmt.Errorf("the operator has looked %v times and sent %v operations: it writes", done, sent)
		}
		return nil
	})
	if after := versions(); after != before {
		t.Errorf("the resources were\n%s\nand are\n%s", before, after)
	}
	if now := rowsWritten(t); now != written {
		t.Errorf("rows written: %s before, %s after", written, now)
	}
	figure("applied again, and looked at %v times: each resource's version as before, no mutation, no row written", reconciles()-looked)
}

// settled waits until nothing is under way: catalogues are fetched by jobs of their own.
func settled(t *testing.T) {
	t.Helper()
	eventually(t, time.Minute, func() error {
		if left := sql(t, "select count(*) from river.river_job where state in ('available', 'running', 'retryable')"); left != "0" {
			return fmt.Errorf("%s jobs are under way", left)
		}
		return nil
	})
}

func operatorMetric(t *testing.T, name, controller string) float64 {
	t.Helper()
	pod := strings.TrimSpace(kubectl(t, "get", "pods", "--selector=app.kubernetes.io/component=operator", "--field-selector=status.phase=Running", "--output=jsonpath={.items[0].metadata.name}"))
	text := kubectl(t, "get", "--raw", "/api/v1/namespaces/"+namespace+"/pods/"+pod+":9090/proxy/metrics")
	var sum float64
	for _, series := range regexp.MustCompile(`(?m)^`+name+`\{.*controller="`+controller+`".*\} (\S+)$`).FindAllStringSubmatch(text, -1) {
		value, err := strconv.ParseFloat(series[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += value
	}
	return sum
}

func edit(t *testing.T, w *world) {
	token := w.token(t, "bea")
	begun := time.Now()
	kubectl(t, "patch", "hub", "bootle", "--type=json", `--patch=[
		{"op": "replace", "path": "/spec/displayName", "value": "Life Rooms at the Strand"},
		{"op": "add", "path": "/spec/needs/-", "value": {"code": "debt", "name": "Debt"}}]`)
	eventually(t, 15*time.Second, func() error {
		got, err := tryQuery[place](t.Context(), w.browser(t), bootleHost, askHub("bootle"), "Authorization", "Bearer "+token)
		if err != nil {
			return err
		}
		if h := got.Data.Hub; h == nil || h.Name != "Life Rooms at the Strand" || len(h.Needs) != 5 {
			return fmt.Errorf("Bootle answers %+v", got)
		}
		return nil
	})
	figure("an edit, until the API answers by it: %s (bound: 15 s)", seconds(time.Since(begun)))
	apply(t, example(t, "bootle.yaml"))
	eventually(t, 15*time.Second, func() error { return isReady(t, "bootle") })
}

// isReady says what is missing until a hub's status is about its present resource, and Ready.
func isReady(t *testing.T, hub string) error {
	t.Helper()
	o := get[object](t, "hub/"+hub)
	if status, reason := o.condition("Ready"); status != "True" || o.Status.ObservedGeneration != o.Metadata.Generation {
		return fmt.Errorf("hub %s is Ready %s (%s) at generation %d of %d", hub, status, reason, o.Status.ObservedGeneration, o.Metadata.Generation)
	}
	return nil
}

// drift: what is changed by hand is put right at the next resync.
func drift(t *testing.T, _ *world) {
	want := state(t, "bootle")
	sql(t, `update needs set name = 'Cash' where code = 'money' and hub_id = (select id from hubs where slug = 'bootle')`)
	sql(t, `delete from group_grants where role = 'MANAGER' and hub_id = (select id from hubs where slug = 'bootle')`)
	if got := state(t, "bootle"); got == want {
		t.Fatal("nothing was changed by hand")
	}
	took := eventually(t, 45*time.Second, func() error {
		if got := state(t, "bootle"); got != want {
			return fmt.Errorf("Bootle is\n%s\nwant\n%s", got, want)
		}
		return nil
	})
	figure("a need renamed and a grant removed in the database, until put right: %s (resync 15 s)", seconds(took))
}

// state is all that a resource sets up of a hub, as the database has it.
func state(t *testing.T, hub string) string {
	t.Helper()
	return sql(t, strings.ReplaceAll(`
		select 'hub', h.name, h.state, h.address, h.postcode, h.opening_hours::text from hubs h where slug = 'HUB'
		union all (select 'need', n.code, n.name, n.offered::text, n.position::text, '' from needs n join hubs h on h.id = n.hub_id where slug = 'HUB' order by n.code)
		union all (select 'room', r.name, r.capacity::text, '', '', '' from rooms r join hubs h on h.id = r.hub_id where slug = 'HUB' order by r.name)
		union all (select 'grant', g."group", g.role, '', '', '' from group_grants g join hubs h on h.id = g.hub_id where slug = 'HUB' order by 2, 3)
		union all (select 'hostname', n.name, '', '', '', '' from hostnames n join hubs h on h.id = n.hub_id where slug = 'HUB' order by n.name)
		union all (select 'source', s.name, s.kind, s.state, '', '' from catalogue_sources s join hubs h on h.id = s.hub_id where slug = 'HUB' order by s.name)
		union all (select 'partner', o.name, '', '', '', '' from organisations o join hubs h on h.id = o.hub_id where slug = 'HUB' order by o.name)`, "HUB", hub))
}

func archive(t *testing.T, w *world) {
	token := w.token(t, "bea")
	begun := time.Now()
	kubectl(t, "delete", "hub", "bootle", "--timeout=60s")
	figure("Bootle deleted with Archive, until gone: %s", seconds(time.Since(begun)))
	if got := sql(t, "select state from hubs where slug = 'bootle'"); got != "ARCHIVED" {
		t.Errorf("the tenant is %s", got)
	}
	kept := sql(t, `select count(*) from organisations o join hubs h on h.id = o.hub_id where slug = 'bootle'
		union all select count(*) from needs n join hubs h on h.id = n.hub_id where slug = 'bootle'`)
	if kept != "2\n5" { // with the need that was offered for a while
		t.Errorf("of the tenant's data there are left: %q partners and needs", kept)
	}
	// It refuses work. What it was is remembered for some seconds only.
	eventually(t, 30*time.Second, func() error {
		got, err := tryQuery[place](t.Context(), w.browser(t), waltonHost, askHub("bootle"), "Authorization", "Bearer "+token)
		if err != nil {
			return err
		}
		if got.Data.Hub != nil || len(got.Errors) != 1 || got.Errors[0].Extensions.Code != "FORBIDDEN" {
			return fmt.Errorf("the archived hub answers %+v", got)
		}
		return nil
	})
	apply(t, example(t, "bootle.yaml"))
	eventually(t, time.Minute, func() error { return isReady(t, "bootle") })
	eventually(t, 30*time.Second, func() error {
		got, err := tryQuery[place](t.Context(), w.browser(t), bootleHost, askHub("bootle"), "Authorization", "Bearer "+token)
		if err != nil {
			return err
		}
		if got.Data.Hub == nil || got.Data.Hub.State != "LIVE" || got.Data.Hub.Organisations.TotalCount != 2 {
			return fmt.Errorf("Bootle back again answers %+v", got)
		}
		return nil
	})
}

// loadFigures are what the load prints.
type loadFigures struct {
	Sent, Failed                  int
	Seconds, Median, P99, Longest float64
	Failures                      []string
}

func (f loadFigures) String() string {
	return fmt.Sprintf("%d requests in %.0f s (%.0f a second), %d failed, median %.1f ms, p99 %.0f ms, longest %.0f ms",
		f.Sent, f.Seconds, float64(f.Sent)/f.Seconds, f.Failed, f.Median, f.P99, f.Longest)
}

// startLoad sends requests for Bootle through the API's service, from within the cluster, until the function that it
// gives is called.
func (w *world) startLoad(t *testing.T, rate int) (stop func() loadFigures) {
	t.Helper()
	body, err := json.Marshal(askHub("bootle"))
	if err != nil {
		t.Fatal(err)
	}
	args, err := json.Marshal([]string{"load", "-url=http://liferooms-api:8080/graphql", "-host=" + bootleHost, "-token=" + w.token(t, "bea"),
		"-rate=" + strconv.Itoa(rate), "-body=" + string(body)})
	if err != nil {
		t.Fatal(err)
	}
	apply(t, strings.NewReplacer("ARGS", string(args), "RESTRICTED", restricted).Replace(`
apiVersion: v1
kind: Pod
metadata: {name: load, labels: {app.kubernetes.io/part-of: liferooms}}
spec:
  restartPolicy: Never
  containers: [{name: load, image: liferooms-props:e2e, imagePullPolicy: Never, args: ARGS, securityContext: RESTRICTED}]
`))
	kubectl(t, "wait", "--for=condition=Ready", "pod/load", "--timeout=60s")
	return func() loadFigures {
		t.Helper()
		kubectl(t, "exec", "load", "--", "/props", "stop")
		kubectl(t, "wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/load", "--timeout=60s")
		var f loadFigures
		lines := strings.Split(strings.TrimSpace(kubectl(t, "logs", "load")), "\n")
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &f); err != nil {
			t.Fatal(err)
		}
		kubectl(t, "delete", "pod", "load")
		return f
	}
}

func upgrade(t *testing.T, w *world) {
	stop := w.startLoad(t, 200)
	pods := kubectl(t, "get", "pods", "--selector=app.kubernetes.io/component=api", "--output=name")
	begun := time.Now()
	if _, err := w.runHelm(t.Context(), values+"commonLabels: {upgraded: once}\n", "upgrade", release, chart, "--values=-",
		"--set=api.podAnnotations.upgraded=once", "--wait", "--timeout=5m"); err != nil {
		t.Fatal(err)
	}
	// Until the former pods have drained and gone, too.
	for pod := range strings.Lines(pods) {
		kubectl(t, "wait", "--for=delete", strings.TrimSpace(pod), "--timeout=2m")
	}
	took := time.Since(begun)
	f := stop()
	figure("helm upgrade in %s, under load: %s", seconds(took), f)
	if f.Failed > 0 {
		t.Errorf("requests failed during the upgrade: %v", f.Failures)
	}
	if perSecond := float64(f.Sent) / f.Seconds; perSecond < 190 {
		t.Errorf("the load was %.0f requests a second, want 200", perSecond)
	}
}

func apiDown(t *testing.T, _ *world) {
	kubectl(t, "scale", "deployment/liferooms-api", "--replicas=0")
	begun := time.Now()
	said := eventually(t, 90*time.Second, func() error {
		if status, reason := get[object](t, "hub/bootle").condition("TenantReady"); status == "True" || reason != "APIUnreachable" {
			return fmt.Errorf("TenantReady is %s (%s)", status, reason)
		}
		return nil
	})
	figure("API gone, until the hub's conditions say so: %s", seconds(said))
	// It stays away for a minute, and the conditions do not waver.
	left := time.NewTimer(time.Minute - time.Since(begun))
	defer left.Stop()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for away := true; away; {
		select {
		case <-left.C:
			away = false
		case <-tick.C:
			if status, reason := get[object](t, "hub/bootle").condition("TenantReady"); reason != "APIUnreachable" {
				t.Errorf("while the API is away, TenantReady is %s (%s)", status, reason)
			}
		}
	}
	kubectl(t, "scale", "deployment/liferooms-api", "--replicas=2")
	kubectl(t, "rollout", "status", "deployment/liferooms-api", "--timeout=2m")
	healed := eventually(t, 2*time.Minute, func() error {
		for _, hub := range []string{"walton", "southport", "bootle"} {
			if err := isReady(t, hub); err != nil {
				return err
			}
		}
		return nil
	})
	figure("API back, until all hubs are Ready: %s", seconds(healed))
}

const manyHubs = 200

func twoHundredHubs(t *testing.T, w *world) {
	stop := w.startLoad(t, 20)
	var manifests strings.Builder
	names := map[string]bool{}
	for i := range manyHubs {
		name := fmt.Sprintf("hub-%03d", i)
		names[name] = true
		fmt.Fprintf(&manifests, `---
apiVersion: liferooms.io/v1alpha1
kind: Hub
metadata: {name: %[1]s, labels: {many: "true"}}
spec:
  trustRef: {name: mersey-care}
  displayName: Hub %[1]s
  hostnames: [%[1]s.liferooms.example.org]
  needs: [{code: money, name: Money}, {code: housing, name: Housing}]
  rooms: [{name: Room, capacity: 10}]
  roleGrants: [{group: liferooms-%[1]s-reception, role: Reception}]
  catalogue: {sources: [{name: walton, hub: {name: walton}}]}
  deletionPolicy: Archive
`, name)
	}
	begun := time.Now()
	apply(t, manifests.String())
	applied := time.Since(begun)
	eventually(t, 5*time.Minute, func() error {
		list := get[struct {
			Items []struct {
				object
				Metadata struct{ Name string }
			}
		}](t, "hubs", "--selector=many=true")
		waiting := maps.Clone(names)
		for _, hub := range list.Items {
			if status, _ := hub.condition("Ready"); status == "True" {
				delete(waiting, hub.Metadata.Name)
			}
		}
		if len(waiting) > 0 {
			return fmt.Errorf("%d of %d hubs are not Ready, such as %v", len(waiting), manyHubs, slices.Sorted(maps.Keys(waiting))[0])
		}
		return nil
	})
	took := time.Since(begun)
	f := stop()
	figure("%d hubs at once: applied in %s, all Ready after %s; meanwhile at Bootle %s", manyHubs, seconds(applied), seconds(took), f)
	if f.Failed > 0 {
		t.Errorf("the API was harmed: %v", f.Failures)
	}
	if restarts := kubectl(t, "get", "pods", "--selector=app.kubernetes.io/component=api", "--output=jsonpath={.items[*].status.containerStatuses[*].restartCount}"); strings.Trim(restarts, "0 ") != "" {
		t.Errorf("API pods have restarted: %s", restarts)
	}
	if got := sql(t, "select count(*) from hubs where slug like 'hub-%' and state = 'LIVE'"); got != strconv.Itoa(manyHubs) {
		t.Errorf("%s tenants are live, want %d", got, manyHubs)
	}
}

// uninstall: no resource keeps a finalizer that nobody would ever take off, so that the namespace can go.
func uninstall(t *testing.T, w *world) {
	begun := time.Now()
	if _, err := w.runHelm(t.Context(), "", "uninstall", release, "--wait", "--timeout=5m"); err != nil {
		t.Fatal(err)
	}
	figure("helm uninstall with %d hubs: %s", manyHubs+3, seconds(time.Since(begun)))
	list := get[struct{ Items []object }](t, "hubs,trusts")
	if len(list.Items) != manyHubs+4 {
		t.Errorf("%d resources stay, want all %d", len(list.Items), manyHubs+4)
	}
	for _, o := range list.Items {
		if len(o.Metadata.Finalizers) > 0 {
			t.Fatalf("a finalizer is stranded: %+v", o.Metadata)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if _, err := tryKubectl(ctx, "", "delete", "hubs,trusts", "--all"); err != nil {
		t.Error(err)
	}
	if got := sql(t, "select count(*) from hubs where state = 'LIVE'"); got != strconv.Itoa(manyHubs+3) {
		t.Errorf("%s tenants are live after the uninstall, want %d: their data is the database's", got, manyHubs+3)
	}
}
