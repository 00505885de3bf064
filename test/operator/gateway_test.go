package operator

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/operator/hub"
	"liferooms.io/liferooms/operator/manager"
)

// gatewayAPI is the module whose definitions are installed.
const gatewayAPI = "sigs.k8s.io/gateway-api@v1.6.3"

func TestRoutesOfTheGatewayAPI(t *testing.T) {
	w := newWorld(t)
	gateway := func(o *manager.Options) {
		o.RouteMode, o.Routes.Gateway = manager.RoutesGateway, types.NamespacedName{Namespace: "gateways", Name: "public"}
	}
	w.apply(plainTrust)
	w.apply(plainHub)
	stop := w.operate(gateway)
	w.settles("bootle", v1alpha1.ConditionRouteReady, metav1.ConditionFalse, v1alpha1.ReasonGatewayAPIMissing)
	stop()

	// Where the definitions are missing, auto falls back to an Ingress; it goes once the route takes over.
	auto := func(o *manager.Options) { gateway(o); o.RouteMode = manager.RoutesAuto }
	stop = w.operate(auto)
	w.settles("bootle", v1alpha1.ConditionRouteReady, metav1.ConditionTrue, v1alpha1.ReasonRouted)
	stop()

	installGatewayAPI(t, w)
	w.operate(auto)
	w.settles("bootle", v1alpha1.ConditionRouteReady, metav1.ConditionFalse, v1alpha1.ReasonRoutePending)
	key := types.NamespacedName{Namespace: w.namespace, Name: "bootle"}
	if err := w.kube.Client.Get(t.Context(), key, &networkingv1.Ingress{}); !apierrors.IsNotFound(err) {
		t.Errorf("the former Ingress stays: %v", err)
	}
	route := &unstructured.Unstructured{}
	route.SetGroupVersionKind(hub.HTTPRoute)
	if err := w.kube.Client.Get(t.Context(), key, route); err != nil {
		t.Fatal(err)
	}
	hostnames, _, _ := unstructured.NestedStringSlice(route.Object, "spec", "hostnames")
	if len(hostnames) != 1 || hostnames[0] != "bootle.example.org" {
		t.Errorf("the route is for %v", hostnames)
	}

	// What the gateway's controller says of the route is what the hub says.
	says := func(condition, status, reason string) {
		t.Helper()
		if err := w.kube.Client.Get(t.Context(), key, route); err != nil {
			t.Fatal(err)
		}
		route.Object["status"] = map[string]any{"parents": []any{map[string]any{
			"controllerName": "example.org/gateway", "parentRef": map[string]any{"name": "public", "namespace": "gateways"},
			"conditions": []any{map[string]any{"type": condition, "status": status, "reason": reason, "message": reason,
				"observedGeneration": route.GetGeneration(), "lastTransitionTime": "2026-01-01T00:00:00Z"}},
		}}}
		if err := w.kube.Client.Status().Update(t.Context(), route); err != nil {
			t.Fatal(err)
		}
	}
	says("Accepted", "False", "NoMatchingListenerHostname")
	w.settles("bootle", v1alpha1.ConditionRouteReady, metav1.ConditionFalse, v1alpha1.ReasonRouteRefused)
	w.settles("bootle", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonRouteRefused)
	says("Accepted", "True", "Accepted")
	w.ready("bootle")
}

// installGatewayAPI brings the Gateway API's own definitions, from its module.
func installGatewayAPI(t *testing.T, w *world) {
	t.Helper()
	out, err := exec.Command("go", "mod", "download", "-json", gatewayAPI).Output()
	if err != nil {
		t.Fatal(err)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		t.Fatal(err)
	}
	definitions := envtest.CRDInstallOptions{Paths: []string{filepath.Join(module.Dir, "config", "crd", "standard", "gateway.networking.k8s.io_httproutes.yaml")}}
	if _, err := envtest.InstallCRDs(w.kube.Config, definitions); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := envtest.UninstallCRDs(w.kube.Config, definitions); err != nil {
			t.Error(err)
		}
	})
}
