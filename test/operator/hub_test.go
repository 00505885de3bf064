package operator

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/operator/manager"
	"liferooms.io/liferooms/operator/platform"
)

func example(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "examples", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// plain is a trust and a hub with little in them.
const plainTrust = `
apiVersion: liferooms.io/v1alpha1
kind: Trust
metadata: {name: mersey-care}
spec: {odsCode: RW4, name: Mersey Care}
`

const plainHub = `
apiVersion: liferooms.io/v1alpha1
kind: Hub
metadata: {name: bootle}
spec:
  trustRef: {name: mersey-care}
  displayName: Life Rooms Bootle
  hostnames: [bootle.example.org]
  needs: [{code: money, name: Money}, {code: housing, name: Housing}]
  rooms: [{name: Studio, capacity: 12}]
  roleGrants: [{group: desk, role: Reception}, {group: advisors, role: Advisor}]
`

func TestARollOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.operate()
	w.apply(example(t, "mersey-care.yaml"))
	w.ready("walton", "southport")
	w.apply(example(t, "bootle.yaml"))
	w.ready("bootle")

	tenant := w.tenant("RW4", "bootle")
	if tenant.State != platform.HubStateLive || tenant.Name != "Life Rooms Bootle" || !slices.Equal(tenant.Hostnames, []string{"bootle.liferooms.example.org"}) ||
		len(tenant.Needs) != 4 || tenant.Needs[3].Name != "Feeling isolated" || len(tenant.RoleGrants) != 3 || len(tenant.Rooms) != 1 {
		t.Errorf("the tenant is %+v", tenant)
	}
	h := w.hub("bootle")
	if h.Status.URL != "http://bootle.liferooms.example.org" || h.Status.TenantID != tenant.Id || h.Status.LastSyncTime == nil ||
		h.Status.Partners == nil || *h.Status.Partners != 2 || *h.Status.Services != 2 {
		t.Errorf("the status is %+v", h.Status)
	}
	if !slices.Contains(h.Finalizers, v1alpha1.Finalizer) || len(w.hub("walton").Finalizers) != 0 {
		t.Errorf("finalizers: bootle %v, walton %v", h.Finalizers, w.hub("walton").Finalizers)
	}
	ingress := &networkingv1.Ingress{}
	if err := w.kube.Client.Get(t.Context(), client.ObjectKeyFromObject(h), ingress); err != nil || !metav1.IsControlledBy(ingress, h) ||
		ingress.Spec.Rules[0].Host != "bootle.liferooms.example.org" || ingress.Spec.Rules[0].HTTP.Paths[0].Backend.Service.Name != "liferooms-api" {
		t.Errorf("the Ingress is %+v, %v", ingress.Spec, err)
	}
	w.eventually("events tell of it", func(context.Context) error {
		if events := w.events("bootle"); !slices.Contains(events, "Created") || !slices.Contains(events, "Ready") {
			return fmt.Errorf("%v", events)
		}
		return nil
	})
	if got := columns(t, w, "get", "hubs", "bootle"); !slices.Equal(got[0], []string{"NAME", "READY", "URL", "PARTNERS", "SERVICES", "LAST", "SYNC", "AGE"}) ||
		!slices.Equal(got[1][:5], []string{"bootle", "True", "http://bootle.liferooms.example.org", "2", "2"}) {
		t.Errorf("kubectl get hubs reads %v", got)
	}
	if got := columns(t, w, "get", "hubs", "-o", "wide"); !slices.Equal(got[0][7:], []string{"REASON", "GENERATION", "AGE"}) {
		t.Errorf("kubectl get hubs -o wide reads %v", got[0])
	}
	if got := columns(t, w, "get", "trusts"); !slices.Equal(got[0], []string{"NAME", "READY", "ODS", "HUBS", "AGE"}) || !slices.Equal(got[1][:4], []string{"mersey-care", "True", "RW4", "3"}) {
		t.Errorf("kubectl get trusts reads %v", got)
	}
}

// columns are the words that kubectl prints, by line.
func columns(t *testing.T, w *world, args ...string) [][]string {
	t.Helper()
	var lines [][]string
	for line := range strings.Lines(w.kubectl(args...)) {
		lines = append(lines, strings.Fields(line))
	}
	return lines
}

func TestAppliedAgainNothingIsWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.operate()
	manifests := example(t, "mersey-care.yaml") + "\n---\n" + example(t, "bootle.yaml")
	w.apply(manifests)
	w.ready("walton", "southport", "bootle")
	w.eventually("events tell of it", func(context.Context) error {
		if events := w.events("bootle"); !slices.Contains(events, "Ready") {
			return fmt.Errorf("%v", events)
		}
		return nil
	})
	before := w.hub("bootle")

	told := len(w.events("bootle"))
	w.Way.Asked()
	w.apply(manifests)
	w.kubectl("annotate", "hub", "--all", "example.org/look=again")
	w.kubectl("annotate", "trust", "--all", "example.org/look=again")
	asked := map[string]int{}
	w.eventually("everything was compared twice", func(context.Context) error {
		for _, operation := range w.Way.Asked() {
			asked[operation]++
		}
		if asked["ReadTrust"] < 2 || asked["ReadHub"] < 6 {
			return fmt.Errorf("asked %v", asked)
		}
		return nil
	})
	if asked["SendTrust"]+asked["SendHub"]+asked["SendArchive"] > 0 {
		t.Errorf("asked %v", asked)
	}
	after := w.hub("bootle")
	if after.Generation != before.Generation {
		t.Errorf("the generation was %d and is %d", before.Generation, after.Generation)
	}
	if events := w.events("bootle"); len(events) != told {
		t.Errorf("nothing had changed, and the events are %v", events)
	}
	if statusWritten(after).After(statusWritten(before)) {
		t.Error("the status was written, and nothing had changed")
	}
}

// statusWritten is when the operator last wrote the status.
func statusWritten(h *v1alpha1.Hub) time.Time {
	for _, f := range h.ManagedFields {
		if f.Manager == "liferooms-operator" && f.Subresource == "status" {
			return f.Time.Time
		}
	}
	return time.Time{}
}

// TestKubectlFindsNothingChanged: whoever applies a folder again reads "unchanged", and looks where it says otherwise.
func TestKubectlFindsNothingChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.operate()
	file := w.write("goodTrust.yaml", []byte(goodTrust+"---\n"+strings.ReplaceAll(goodHub, "bootle", "formby")+"---\n"+example(t, "bootle.yaml")))
	w.kubectl("apply", "-f", file)
	w.eventually("the operator has looked at all", func(context.Context) error {
		if w.trust("mersey-care").Status.ObservedGeneration == 0 || w.hub("bootle").Status.ObservedGeneration == 0 {
			return errors.New("not yet")
		}
		return nil
	})
	for line := range strings.Lines(w.kubectl("apply", "-f", file)) {
		if !strings.HasSuffix(line, " unchanged\n") {
			t.Errorf("applied again: %s", line)
		}
	}
}

func TestAnEditArrives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.operate()
	w.apply(plainTrust)
	w.apply(plainHub)
	w.ready("bootle")
	began := time.Now()
	w.change("bootle", func(h *v1alpha1.Hub) {
		h.Spec.DisplayName = "Life Rooms at Bootle Strand"
		h.Spec.Needs = []v1alpha1.Need{{Code: "housing", Name: "A home"}}
		h.Spec.Hostnames = []string{"strand.example.org", "bootle.example.org"}
	})
	w.ready("bootle")
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("it took %v", took)
	}
	tenant := w.tenant("RW4", "bootle")
	if tenant.Name != "Life Rooms at Bootle Strand" || len(tenant.Needs) != 1 || tenant.Needs[0].Name != "A home" || len(tenant.Hostnames) != 2 {
		t.Errorf("the tenant is %+v", tenant)
	}
	if url := w.hub("bootle").Status.URL; url != "http://strand.example.org" {
		t.Errorf("the address is %s", url)
	}
	ingress := &networkingv1.Ingress{}
	if err := w.kube.Client.Get(t.Context(), types.NamespacedName{Namespace: w.namespace, Name: "bootle"}, ingress); err != nil || len(ingress.Spec.Rules) != 2 {
		t.Errorf("the Ingress has %v, %v", ingress.Spec.Rules, err)
	}
}

func TestDriftIsPutRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.operate()
	w.apply(plainTrust)
	w.apply(plainHub)
	w.ready("bootle")
	for range 2 { // the same drift, put right each time it comes back
		_, changed, err := w.API.ApplyHub(t.Context(), platform.ApplyHubInput{
			Trust: "RW4", Slug: "bootle", Name: "Life Rooms Bootle", TimeZone: "Europe/London", Hostnames: []string{"bootle.example.org"},
			OpeningHours: []platform.OpeningHoursInput{}, OpeningExceptions: []platform.OpeningExceptionInput{},
			Needs: []platform.NeedInput{{Code: "money", Name: "Renamed by hand"}}, Modules: platform.AllModule, Rooms: []platform.RoomInput{},
			RoleGrants: []platform.GroupRoleInput{}, CatalogueSources: []platform.CatalogueSourceInput{},
		})
		if err != nil || len(changed) == 0 {
			t.Fatal(changed, err)
		}
		w.eventually("the drift is put right", func(context.Context) error {
			tenant := w.tenant("RW4", "bootle")
			if len(tenant.Needs) != 2 || tenant.Needs[0].Name != "Money" || len(tenant.RoleGrants) != 2 || len(tenant.Rooms) != 1 {
				return fmt.Errorf("the tenant is %+v", tenant)
			}
			return nil
		})
	}
	w.eventually("an event tells of it", func(context.Context) error {
		if events := w.events("bootle"); !slices.Contains(events, "DriftCorrected") {
			return fmt.Errorf("%v", events)
		}
		return nil
	})

	ingress := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "bootle"}}
	if err := w.kube.Client.Delete(t.Context(), ingress); err != nil {
		t.Fatal(err)
	}
	w.eventually("the Ingress is made again", func(ctx context.Context) error {
		return w.kube.Client.Get(ctx, client.ObjectKeyFromObject(ingress), ingress)
	})
}

func TestSuspend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.operate()
	w.apply(plainTrust)
	w.apply(plainHub)
	w.ready("bootle")
	w.change("bootle", func(h *v1alpha1.Hub) { h.Spec.Suspend = true })
	w.settles("bootle", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSuspended)
	if tenant := w.tenant("RW4", "bootle"); tenant.State != platform.HubStateSuspended || len(tenant.Needs) != 2 {
		t.Errorf("the tenant is %+v", tenant)
	}
	w.change("bootle", func(h *v1alpha1.Hub) { h.Spec.Suspend = false })
	w.ready("bootle")
	if tenant := w.tenant("RW4", "bootle"); tenant.State != platform.HubStateLive {
		t.Errorf("the tenant is %s", tenant.State)
	}
}

func (w *world) gone(name string) {
	w.t.Helper()
	w.eventually("hub "+name+" is gone", func(ctx context.Context) error {
		h := &v1alpha1.Hub{}
		err := w.kube.Client.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: name}, h)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return errors.Join(fmt.Errorf("finalizers %v, conditions %s", h.Finalizers, summary(h.Status.Conditions)), err)
	})
}

func (w *world) delete(object client.Object) {
	w.t.Helper()
	object.SetNamespace(w.namespace)
	if err := w.kube.Client.Delete(w.t.Context(), object); err != nil {
		w.t.Fatal(err)
	}
}

func hubNamed(name string) *v1alpha1.Hub {
	return &v1alpha1.Hub{ObjectMeta: metav1.ObjectMeta{Name: name}}
}

func TestDeletion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.operate()
	w.apply(plainTrust)
	w.apply(plainHub)
	w.apply(strings.NewReplacer("bootle", "formby", "Bootle", "Formby").Replace(plainHub))
	w.change("bootle", func(h *v1alpha1.Hub) { h.Spec.DeletionPolicy = v1alpha1.Archive })
	w.ready("bootle", "formby")

	// The trust's resource may go first: the hub knows which tenant is its own.
	w.delete(&v1alpha1.Trust{ObjectMeta: metav1.ObjectMeta{Name: "mersey-care"}})
	w.delete(hubNamed("bootle"))
	w.delete(hubNamed("formby"))
	w.gone("bootle")
	w.gone("formby")
	if tenant := w.tenant("RW4", "bootle"); tenant == nil || tenant.State != platform.HubStateArchived || len(tenant.Hostnames) != 0 {
		t.Errorf("archived, the tenant is %+v", tenant)
	}
	if tenant := w.tenant("RW4", "formby"); tenant == nil || tenant.State != platform.HubStateLive {
		t.Errorf("retained, the tenant is %+v", tenant)
	}

	// Applied again, the hub is open again with what it had.
	w.apply(plainTrust)
	w.apply(plainHub)
	w.ready("bootle")
	if tenant := w.tenant("RW4", "bootle"); tenant.State != platform.HubStateLive {
		t.Errorf("applied again, the tenant is %s", tenant.State)
	}
}

func TestAFinalizerComesAndGoesWithThePolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.operate()
	w.apply(plainTrust)
	w.apply(plainHub)
	w.ready("bootle")
	w.change("bootle", func(h *v1alpha1.Hub) { h.Spec.DeletionPolicy = v1alpha1.Archive })
	w.ready("bootle")
	if h := w.hub("bootle"); !slices.Contains(h.Finalizers, v1alpha1.Finalizer) || h.Annotations[v1alpha1.ArchiveTrust] != "RW4" {
		t.Errorf("Archive: finalizers %v, annotations %v", h.Finalizers, h.Annotations)
	}
	w.change("bootle", func(h *v1alpha1.Hub) { h.Spec.DeletionPolicy = v1alpha1.Retain })
	w.ready("bootle")
	if h := w.hub("bootle"); len(h.Finalizers) != 0 || h.Annotations[v1alpha1.ArchiveTrust] != "" {
		t.Errorf("Retain: finalizers %v, annotations %v", h.Finalizers, h.Annotations)
	}
}

func TestTheAPIIsDownAndComesBack(t *testing.T) {
	w := newWorld(t)
	w.operate()
	w.apply(example(t, "mersey-care.yaml"))
	w.ready("walton")
	shut := time.Now()
	w.Way.Shut(true)
	w.change("walton", func(h *v1alpha1.Hub) { h.Spec.DisplayName = "Changed meanwhile" })
	first := w.settles("walton", v1alpha1.ConditionTenantReady, metav1.ConditionFalse, v1alpha1.ReasonAPIUnreachable)
	said, _, _ := strings.Cut(strings.TrimPrefix(first.Message, "The API has not answered since "), ": ")
	if since, err := time.Parse(time.RFC3339, said); err != nil || since.Sub(shut).Abs() > soon {
		t.Errorf("shut at %v, the message is %q", shut, first.Message)
	}
	w.settles("walton", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonAPIUnreachable)
	h := w.hub("walton")
	if h.Status.Partners == nil || *h.Status.Partners != 2 || h.Status.URL == "" || h.Status.LastSyncTime == nil {
		t.Errorf("what is known is lost: %+v", h.Status)
	}
	// However often it is tried, the message stays: since when, and not when last.
	before := failures(t, "Hub", v1alpha1.ConditionTenantReady)
	w.kubectl("annotate", "hub", "walton", "example.org/look=again")
	w.eventually("it was tried again", func(context.Context) error {
		if count := failures(t, "Hub", v1alpha1.ConditionTenantReady) - before; count < 3 {
			return fmt.Errorf("%v tries failed", count)
		}
		return nil
	})
	if c := meta.FindStatusCondition(w.hub("walton").Status.Conditions, v1alpha1.ConditionTenantReady); c.Message != first.Message {
		t.Errorf("the message was %q and is %q", first.Message, c.Message)
	}

	w.Way.Shut(false)
	w.ready("walton", "southport")
	if tenant := w.tenant("RW4", "walton"); tenant.Name != "Changed meanwhile" {
		t.Errorf("the tenant is %+v", tenant)
	}
}

func TestAHubWhoseAPIIsGoneForGoodCanGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.operate()
	w.apply(plainTrust)
	w.apply(plainHub)
	w.change("bootle", func(h *v1alpha1.Hub) { h.Spec.DeletionPolicy = v1alpha1.Archive })
	w.ready("bootle")
	w.Way.Shut(true)
	w.delete(hubNamed("bootle"))
	c := w.settles("bootle", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonArchiving)
	if way := "kubectl annotate hub bootle --namespace " + w.namespace + " " + v1alpha1.SkipArchive + "=true"; !strings.Contains(c.Message, way) {
		t.Errorf("the message is %q and does not say %q", c.Message, way)
	}
	w.kubectl("annotate", "hub", "bootle", v1alpha1.SkipArchive+"=true")
	w.gone("bootle")
}

func TestAHostnameIsOneHubs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.operate()
	w.apply(plainTrust)
	w.apply(plainHub)
	w.ready("bootle")
	w.apply(strings.Replace(plainHub, "name: bootle", "name: formby", 1))
	c := w.settles("formby", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonHostnameTaken)
	if !strings.Contains(c.Message, "Choose another host name") || strings.Contains(c.Message, "Bootle") {
		t.Errorf("the message is %q", c.Message)
	}
	w.settles("formby", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonHostnameTaken)
	ingress := &networkingv1.Ingress{}
	if err := w.kube.Client.Get(t.Context(), types.NamespacedName{Namespace: w.namespace, Name: "formby"}, ingress); !apierrors.IsNotFound(err) {
		t.Errorf("a route leads the other's host name astray: %v, %v", ingress.Spec.Rules, err)
	}
	w.change("formby", func(h *v1alpha1.Hub) { h.Spec.Hostnames = []string{"formby.example.org"} })
	w.ready("formby")
	if c := meta.FindStatusCondition(w.hub("formby").Status.Conditions, v1alpha1.ConditionStalled); c != nil {
		t.Errorf("it is ready, and stalled: %+v", c)
	}
}

func TestACatalogueFromAConfigMap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.operate()
	w.apply(plainTrust)
	w.apply(plainHub)
	w.ready("bootle")
	w.change("bootle", func(h *v1alpha1.Hub) {
		h.Spec.Catalogue.Sources = []v1alpha1.CatalogueSource{{Name: "partners", ConfigMap: &v1alpha1.ConfigMapSource{Name: "partners", Key: "services.json"}}}
	})
	c := w.settles("bootle", v1alpha1.ConditionTenantReady, metav1.ConditionFalse, v1alpha1.ReasonConfigMapNotFound)
	if !strings.Contains(c.Message, "kubectl create configmap partners --namespace "+w.namespace+" --from-file=services.json=FILE") {
		t.Errorf("the message is %q", c.Message)
	}
	document := func(names ...string) string {
		var services []string
		for i, name := range names {
			services = append(services, fmt.Sprintf(`{"id":"5f0d3b1e-0c51-4d5a-9a67-3a4f1c1b0a0%d","name":"%s","status":"active",
				"organization":{"id":"5f0d3b1e-0c51-4d5a-9a67-3a4f1c1b0b01","name":"Partner","description":"A partner."}}`, i, name))
		}
		return "[" + strings.Join(services, ",") + "]"
	}
	configMap := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "partners"}, Data: map[string]string{"other": "{}"}}
	if err := w.kube.Client.Create(t.Context(), configMap); err != nil {
		t.Fatal(err)
	}
	w.eventually("the missing key is told of", func(context.Context) error {
		c := meta.FindStatusCondition(w.hub("bootle").Status.Conditions, v1alpha1.ConditionTenantReady)
		if !strings.Contains(c.Message, "has no key services.json") {
			return errors.New(c.Message)
		}
		return nil
	})
	for count, names := range map[int32][]string{1: {"Walking group"}, 3: {"Walking group", "Debt advice", "Choir"}} {
		configMap.Data = map[string]string{"services.json": document(names...)}
		if err := w.kube.Client.Update(t.Context(), configMap); err != nil {
			t.Fatal(err)
		}
		w.eventually(fmt.Sprintf("%d services are there", count), func(context.Context) error {
			h := w.hub("bootle")
			if h.Status.Services == nil || *h.Status.Services != count {
				return fmt.Errorf("%s", summary(h.Status.Conditions))
			}
			return nil
		})
		w.ready("bootle")
	}
}

func TestACatalogueThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.operate()
	w.apply(plainTrust)
	w.apply(plainHub)
	w.ready("bootle")
	w.change("bootle", func(h *v1alpha1.Hub) {
		h.Spec.Catalogue.Sources = []v1alpha1.CatalogueSource{{Name: "nowhere", URL: &v1alpha1.URLSource{Href: "https://127.0.0.1:1/services"}}}
	})
	c := w.settles("bootle", v1alpha1.ConditionCatalogueSynced, metav1.ConditionFalse, v1alpha1.ReasonSourceFailed)
	if !strings.Contains(c.Message, "The source nowhere fails since ") {
		t.Errorf("the message is %q", c.Message)
	}
	w.settles("bootle", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSourceFailed)
	w.settles("bootle", v1alpha1.ConditionTenantReady, metav1.ConditionTrue, v1alpha1.ReasonApplied)
	w.settles("bootle", v1alpha1.ConditionRouteReady, metav1.ConditionTrue, v1alpha1.ReasonRouted)
}

func TestAHubWaitsForItsTrust(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.operate()
	w.apply(plainHub)
	w.settles("bootle", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonTrustNotFound)
	w.apply(plainTrust)
	w.ready("bootle")
}

func TestFortyHubsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.operate()
	w.apply(plainTrust)
	var names []string
	began := time.Now()
	for i := range 40 {
		name := fmt.Sprintf("hub-%d", i)
		names = append(names, name)
		w.apply(strings.NewReplacer("bootle", name, "Bootle", name).Replace(plainHub))
	}
	w.ready(names...)
	t.Logf("40 hubs were ready after %v", time.Since(began).Round(100*time.Millisecond))
	for _, name := range names {
		if tenant := w.tenant("RW4", name); tenant == nil || tenant.State != platform.HubStateLive || tenant.Hostnames[0] != name+".example.org" {
			t.Errorf("%s is %+v", name, tenant)
		}
	}
	if asked := w.Way.Asked(); len(sent(asked)) != 41 {
		t.Errorf("one trust and 40 hubs took %d changes", len(sent(asked)))
	}
}

func TestRoutesAreMadeAsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(plainTrust)
	w.apply(plainHub)
	stop := w.operate(func(o *manager.Options) {
		o.RouteMode = manager.RoutesIngress
		o.Routes.IngressClass = "nginx"
		o.Routes.Scheme = "https"
	})
	w.ready("bootle")
	ingress := &networkingv1.Ingress{}
	key := types.NamespacedName{Namespace: w.namespace, Name: "bootle"}
	if err := w.kube.Client.Get(t.Context(), key, ingress); err != nil || *ingress.Spec.IngressClassName != "nginx" || ingress.Spec.TLS[0].Hosts[0] != "bootle.example.org" {
		t.Errorf("the Ingress is %+v, %v", ingress.Spec, err)
	}
	if url := w.hub("bootle").Status.URL; url != "https://bootle.example.org" {
		t.Errorf("the address is %s", url)
	}
	stop()

	stop = w.operate(func(o *manager.Options) { o.RouteMode = manager.RoutesNone })
	w.settles("bootle", v1alpha1.ConditionRouteReady, metav1.ConditionTrue, v1alpha1.ReasonNotRouted)
	if err := w.kube.Client.Get(t.Context(), key, ingress); !apierrors.IsNotFound(err) {
		t.Errorf("told to make no routes, the Ingress stays: %v", err)
	}
	stop()

	// An Ingress of the hub's name that is somebody else's is not touched.
	theirs := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "bootle"}, Spec: networkingv1.IngressSpec{
		DefaultBackend: &networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{Name: "theirs", Port: networkingv1.ServiceBackendPort{Number: 80}}}}}
	if err := w.kube.Client.Create(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	w.operate()
	w.settles("bootle", v1alpha1.ConditionRouteReady, metav1.ConditionFalse, v1alpha1.ReasonRouteNameTaken)
	w.settles("bootle", v1alpha1.ConditionTenantReady, metav1.ConditionTrue, v1alpha1.ReasonApplied)
	if err := w.kube.Client.Get(t.Context(), key, ingress); err != nil || len(ingress.Spec.Rules) != 0 {
		t.Errorf("another's Ingress is %+v, %v", ingress.Spec, err)
	}
	w.delete(theirs)
	w.ready("bootle")
}

func TestTheOperatorIsLetInByItsTokenOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.operate()
	w.apply(plainTrust)
	good, err := os.ReadFile(w.Token)
	if err != nil {
		t.Fatal(err)
	}
	// Another account of the same cluster, and the same account for another audience.
	for _, bad := range []string{w.token("somebody-else", "liferooms"), w.token("liferooms-operator", "")} {
		w.write("operator-token", []byte(bad))
		if err := w.API.Check(t.Context()); platform.KindOf(err) != platform.SignIn {
			t.Errorf("let in: %v", err)
		}
	}
	w.apply(plainHub)
	w.kubectl("annotate", "trust", "mersey-care", "example.org/look=again")
	w.eventually("the trust says so", func(ctx context.Context) error {
		trust := &v1alpha1.Trust{}
		if err := w.kube.Client.Get(ctx, types.NamespacedName{Namespace: w.namespace, Name: "mersey-care"}, trust); err != nil {
			return err
		}
		if c := meta.FindStatusCondition(trust.Status.Conditions, v1alpha1.ConditionReady); c == nil || c.Reason != v1alpha1.ReasonSignInRefused {
			return fmt.Errorf("%s", summary(trust.Status.Conditions))
		}
		return nil
	})
	w.write("operator-token", good) // as Kubernetes puts a new one into the pod
	w.ready("bootle")
	if err := w.API.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// metric is the value of one of the operator's gauges for a hub of this world; false where there is none.
func (w *world) metric(name, hub string) (float64, bool) {
	w.t.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if family.GetName() == name && labels["namespace"] == w.namespace && labels["hub"] == hub {
				return m.GetGauge().GetValue(), true
			}
		}
	}
	return 0, false
}

func TestMonitoringSeesEachHub(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.operate()
	w.apply(example(t, "mersey-care.yaml"))
	w.ready("walton")
	for name, within := range map[string]float64{"liferooms_hub_ready": 1, "liferooms_hub_catalogue_sync_age_seconds": 120, "liferooms_hub_catalogue_rows_refused": 0} {
		if value, there := w.metric(name, "walton"); !there || value < 0 || value > within || name == "liferooms_hub_ready" && value != 1 {
			t.Errorf("%s is %v, %v", name, value, there)
		}
	}
	w.change("walton", func(h *v1alpha1.Hub) { h.Spec.Suspend = true })
	w.settles("walton", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSuspended)
	if value, there := w.metric("liferooms_hub_ready", "walton"); !there || value != 0 {
		t.Errorf("suspended, liferooms_hub_ready is %v, %v", value, there)
	}
	w.delete(hubNamed("walton"))
	w.gone("walton")
	w.eventually("monitoring forgets the hub", func(context.Context) error {
		if value, there := w.metric("liferooms_hub_ready", "walton"); there {
			return fmt.Errorf("liferooms_hub_ready is %v", value)
		}
		return nil
	})
}

// TestHubsOfOtherNamespaces runs alone: its operator looks after the hubs of every test.
func TestHubsOfOtherNamespaces(t *testing.T) {
	w := newWorld(t)
	elsewhere := w.kube.Namespace(t)
	home := w.namespace
	w.namespace = elsewhere
	w.apply(plainTrust)
	w.apply(plainHub)
	stop := w.operate(func(o *manager.Options) { o.Namespace = home; o.Routes.Service.Namespace = home })
	w.namespace = home
	w.apply(strings.NewReplacer("RW4", "RW5", "Mersey Care", "Another").Replace(plainTrust))
	w.apply(strings.ReplaceAll(plainHub, "bootle", "formby"))
	w.ready("formby")
	w.namespace = elsewhere
	if conditions := w.hub("bootle").Status.Conditions; len(conditions) > 0 {
		t.Errorf("a hub of another namespace was looked at: %s", summary(conditions))
	}
	stop()
	// An API server that other tests share holds trusts of the same code, and hubs at the same host name, elsewhere; one
	// operator sees them all.
	w.delete(&v1alpha1.Trust{ObjectMeta: metav1.ObjectMeta{Name: "mersey-care"}})
	w.delete(hubNamed("bootle"))
	w.apply(strings.ReplaceAll(plainTrust, "RW4", "RXELSEWHERE"))
	w.apply(strings.ReplaceAll(plainHub, "bootle", "hale"))
	w.operate(func(o *manager.Options) {
		o.Namespace = home
		o.Routes.Service.Namespace = home
		o.AllNamespaces = true
	})
	c := w.settles("hale", v1alpha1.ConditionRouteReady, metav1.ConditionFalse, v1alpha1.ReasonRouteFailed)
	if !strings.Contains(c.Message, "Put the hub into the namespace "+home) {
		t.Errorf("the message is %q", c.Message)
	}
	w.settles("hale", v1alpha1.ConditionTenantReady, metav1.ConditionTrue, v1alpha1.ReasonApplied)
}
