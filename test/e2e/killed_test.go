//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// operatorKilled holds each step of a hub's life in its middle, kills the operator's pod there, and lets go: the hub ends
// as one that nothing happened to.
func operatorKilled(t *testing.T, _ *world) {
	apply(t, manifest("twin"))
	eventually(t, time.Minute, func() error { return isReady(t, "twin") })
	want := state(t, "twin")

	for _, step := range []struct {
		name  string
		table string // locked, so that the API waits within the step
		do    func(hub string)
	}{
		{name: "tenant", table: "hubs"},
		{name: "needs", table: "needs"},
		{name: "hostname", table: "hostnames"},
		{name: "catalogue", table: "organisations"},
	} {
		t.Run(step.name, func(t *testing.T) {
			hub := "killed-" + step.name
			release := lock(t, step.table)
			apply(t, manifest(hub))
			awaitLocked(t)
			killOperator(t)
			release()
			endsAs(t, hub, want)
		})
	}
	t.Run("trust", func(t *testing.T) {
		release := lock(t, "trusts")
		rename := func(to string) {
			kubectl(t, "patch", "trust", "mersey-care", "--type=merge", `--patch={"spec": {"name": "`+to+`"}}`)
		}
		rename("Mersey Care")
		awaitLocked(t)
		killOperator(t)
		release()
		eventually(t, 2*time.Minute, func() error {
			if name := sql(t, "select name from trusts"); name != "Mersey Care" {
				return fmt.Errorf("the trust is called %s", name)
			}
			return nil
		})
		rename("Mersey Care NHS Foundation Trust")
		kubectl(t, "wait", "--for=condition=Ready", "trust/mersey-care", "--timeout=60s")
	})
	t.Run("route", func(t *testing.T) {
		apply(t, `
apiVersion: v1
kind: ResourceQuota
metadata: {name: no-routes}
spec: {hard: {count/ingresses.networking.k8s.io: "0"}}
`)
		eventually(t, 30*time.Second, func() error { // the quota counts once its controller has seen it
			if out := kubectl(t, "get", "resourcequota", "no-routes", "--output=jsonpath={.status.hard}"); out == "" {
				return errors.New("the quota is not in force")
			}
			return nil
		})
		apply(t, manifest("killed-route"))
		eventually(t, time.Minute, func() error {
			if status, reason := get[object](t, "hub/killed-route").condition("RouteReady"); status == "True" || reason == "" {
				return fmt.Errorf("RouteReady is %s (%s)", status, reason)
			}
			return nil
		})
		killOperator(t)
		kubectl(t, "delete", "resourcequota", "no-routes")
		endsAs(t, "killed-route", want)
	})
	t.Run("archive", func(t *testing.T) {
		release := lock(t, "hubs")
		kubectl(t, "delete", "hub", "killed-tenant", "--wait=false")
		awaitLocked(t)
		killOperator(t)
		release()
		kubectl(t, "wait", "--for=delete", "hub/killed-tenant", "--timeout=90s")
		if got := sql(t, "select state from hubs where slug = 'killed-tenant'"); got != "ARCHIVED" {
			t.Errorf("the tenant is %s", got)
		}
	})
	kubectl(t, "delete", "hubs", "--selector=killed=true", "--timeout=90s")
	figure("operator killed in the middle of each of 7 steps: each hub ends as its undisturbed twin")
}

func manifest(hub string) string {
	return strings.ReplaceAll(`
apiVersion: liferooms.io/v1alpha1
kind: Hub
metadata: {name: HUB, labels: {killed: "true"}}
spec:
  trustRef: {name: mersey-care}
  displayName: A hub
  address: {lines: [Stanley Road], postcode: L20 3DL}
  openingHours: [{day: Monday, opens: "09:00", closes: "16:00"}]
  hostnames: [HUB.liferooms.example.org]
  needs: [{code: money, name: Money}, {code: housing, name: Housing}]
  rooms: [{name: Room, capacity: 10}]
  roleGrants: [{group: liferooms-hub-reception, role: Reception}]
  catalogue: {sources: [{name: walton, hub: {name: walton}}]}
  deletionPolicy: Archive
`, "HUB", hub)
}

func endsAs(t *testing.T, hub, want string) {
	t.Helper()
	eventually(t, 2*time.Minute, func() error { return isReady(t, hub) })
	if got := strings.ReplaceAll(state(t, hub), hub, "twin"); got != want {
		t.Errorf("%s ended as\n%s\nwant\n%s", hub, got, want)
	}
}

// lock holds a table so that nobody can even read it, until the function that it gives is called.
func lock(t *testing.T, table string) (release func()) {
	t.Helper()
	ended := make(chan error, 1)
	go func() {
		_, err := tryKubectl(t.Context(), "", "exec", "deployment/postgres", "--", "psql", "-d", "liferooms", "-c",
			"set application_name = 'holder'; begin; lock table "+table+" in access exclusive mode; select pg_sleep(300)")
		ended <- err
	}()
	eventually(t, 20*time.Second, func() error {
		if held := sql(t, "select count(*) from pg_locks l join pg_stat_activity a using (pid) where application_name = 'holder' and mode = 'AccessExclusiveLock' and granted"); held == "0" {
			return errors.New("the table is not locked yet")
		}
		return nil
	})
	return func() {
		t.Helper()
		sql(t, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holder'")
		<-ended // with the error that it was ended
	}
}

// awaitLocked waits until the API is stuck at the table: the operator is then in the middle of a step.
func awaitLocked(t *testing.T) {
	t.Helper()
	eventually(t, time.Minute, func() error {
		if stuck := sql(t, "select count(*) from pg_stat_activity where usename = 'liferooms_server' and wait_event_type = 'Lock'"); stuck == "0" {
			return errors.New("the API is not stuck yet")
		}
		return nil
	})
}

// killOperator kills the operator's pod at once, without a word.
func killOperator(t *testing.T) {
	t.Helper()
	kubectl(t, "delete", "pod", "--selector=app.kubernetes.io/component=operator", "--grace-period=0", "--force")
}
