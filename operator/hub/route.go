package hub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/operator/step"
)

// The kinds of route.
var (
	Ingress   = schema.GroupVersionKind{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"}
	HTTPRoute = schema.GroupVersionKind{Group: "gateway.networking.k8s.io", Version: "v1", Kind: "HTTPRoute"}
)

// Routes says how host names are led to the API.
type Routes struct {
	// Kind is Ingress or HTTPRoute; the zero value: no routes are made.
	Kind schema.GroupVersionKind
	// Known are the kinds that the cluster has; a hub's route of another of them is taken away.
	Known []schema.GroupVersionKind
	// Gateway is the one that HTTPRoutes name as their parent.
	Gateway types.NamespacedName
	// IngressClass is the class of an Ingress; empty: the cluster's default.
	IngressClass string
	// Service is the API's, and Port its port.
	Service types.NamespacedName
	Port    int64
	// Scheme is http or https: how people reach a hub.
	Scheme string
}

// routeSettles is how long a gateway is given to take a route before it is looked at again; a change is seen at once.
const routeSettles = 30 * time.Second

// lookAgainAtFormer is when it is looked whether a route of a former hub has gone.
const lookAgainAtFormer = time.Second

// applyRoute leads the hub's host names to the API. It waits for the tenant: until then the API has not said that the
// names are this hub's.
func (r *Reconciler) applyRoute(ctx context.Context, w *work) step.Outcome {
	if w.tenant == nil {
		return step.Skipped()
	}
	hostnames := w.hub.Spec.Hostnames
	w.hub.Status.URL = ""
	if len(hostnames) > 0 {
		w.hub.Status.URL = r.Routes.Scheme + "://" + hostnames[0]
	}
	wanted := r.Routes.Kind
	if len(hostnames) == 0 {
		wanted = schema.GroupVersionKind{}
	}
	for _, kind := range r.Routes.Known {
		if kind != wanted {
			if err := r.removeRoute(ctx, w.hub, kind); err != nil {
				return step.Failed(err, v1alpha1.ReasonRouteFailed, "The hub's former %s cannot be taken away: %v. It is tried again.", kind.Kind, err)
			}
		}
	}
	switch {
	case len(hostnames) == 0:
		return step.Done(v1alpha1.ReasonNoHostnames, "The hub has no host name of its own; people choose it at the address of the app.")
	case r.Routes.Kind.Empty():
		return step.Done(v1alpha1.ReasonNotRouted, "The operator makes no routes (--routes none). Lead the host names to the Service %s yourself.", r.Routes.Service)
	case !slices.Contains(r.Routes.Known, wanted):
		return step.Blocked(r.Resync, v1alpha1.ReasonGatewayAPIMissing,
			"The cluster does not know HTTPRoutes. Install the Gateway API and restart the operator, or run it with --routes ingress.")
	case wanted == Ingress && w.hub.Namespace != r.Routes.Service.Namespace:
		return step.Blocked(r.Resync, v1alpha1.ReasonRouteFailed,
			"An Ingress leads to a Service of its own namespace only. Put the hub into the namespace %s, or run the operator with --gateway.", r.Routes.Service.Namespace)
	}
	return r.putRoute(ctx, w.hub)
}

// putRoute applies the hub's route and says what has become of it.
func (r *Reconciler) putRoute(ctx context.Context, hub *v1alpha1.Hub) step.Outcome {
	kind := r.Routes.Kind
	there, err := r.getRoute(ctx, hub, kind)
	if err != nil {
		return step.Failed(err, v1alpha1.ReasonRouteFailed, "The hub's %s cannot be read: %v. It is tried again.", kind.Kind, err)
	}
	if there != nil && isOfFormer(there, hub) {
		if err := r.Client.Delete(ctx, there, client.Preconditions{UID: ptr.To(there.GetUID())}); client.IgnoreNotFound(err) != nil {
			return step.Failed(err, v1alpha1.ReasonRouteFailed, "The %s of the hub's former resource cannot be taken away: %v. It is tried again.", kind.Kind, err)
		}
		return step.Waiting(lookAgainAtFormer, v1alpha1.ReasonRoutePending, "The %s of the hub's former resource is being taken away.", kind.Kind)
	}
	if there != nil && !metav1.IsControlledBy(there, hub) {
		return step.Blocked(r.Resync, v1alpha1.ReasonRouteNameTaken,
			"The %s %s is there and is not this hub's. Delete it, and the hub's own is made.", kind.Kind, hub.Name)
	}
	route := r.route(hub)
	if err := r.Client.Apply(ctx, client.ApplyConfigurationFromUnstructured(route), step.FieldOwner, client.ForceOwnership); err != nil {
		var status apierrors.APIStatus
		if errors.As(err, &status) && apierrors.IsInvalid(err) {
			return step.Blocked(r.Resync, v1alpha1.ReasonRouteFailed, "The cluster does not take the %s: %s", kind.Kind, status.Status().Message)
		}
		return step.Failed(err, v1alpha1.ReasonRouteFailed, "The %s cannot be applied: %v. It is tried again.", kind.Kind, err)
	}
	if kind == HTTPRoute {
		return r.accepted(route)
	}
	return step.Done(v1alpha1.ReasonRouted, "The Ingress %s leads the host names to the API.", hub.Name)
}

// isOfFormer reports whether a route belongs to a hub of the same name that was deleted, and that the cluster has still
// to collect.
func isOfFormer(route *unstructured.Unstructured, hub *v1alpha1.Hub) bool {
	owner := metav1.GetControllerOf(route)
	return owner != nil && owner.APIVersion == v1alpha1.GroupVersion.String() && owner.Kind == "Hub" && owner.Name == hub.Name && owner.UID != hub.UID
}

// accepted reads what the gateway says of a route.
func (r *Reconciler) accepted(route *unstructured.Unstructured) step.Outcome {
	var parsed struct {
		Status struct {
			Parents []struct {
				ParentRef struct {
					Name      string `json:"name"`
					Namespace string `json:"namespace"`
				} `json:"parentRef"`
				Conditions []metav1.Condition `json:"conditions"`
			} `json:"parents"`
		} `json:"status"`
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(route.Object, &parsed); err != nil {
		return step.Failed(err, v1alpha1.ReasonRouteFailed, "The HTTPRoute's status cannot be read: %v. It is tried again.", err)
	}
	for _, parent := range parsed.Status.Parents {
		if parent.ParentRef.Name != r.Routes.Gateway.Name || parent.ParentRef.Namespace != "" && parent.ParentRef.Namespace != r.Routes.Gateway.Namespace {
			continue
		}
		accepted := meta.FindStatusCondition(parent.Conditions, "Accepted")
		resolved := meta.FindStatusCondition(parent.Conditions, "ResolvedRefs")
		for _, c := range []*metav1.Condition{accepted, resolved} {
			if c != nil && c.Status == metav1.ConditionFalse && c.ObservedGeneration == route.GetGeneration() {
				return step.Blocked(routeSettles, v1alpha1.ReasonRouteRefused, "The gateway %s refuses the route: %s (%s). Change the gateway, or the hub's host names.",
					r.Routes.Gateway, c.Message, c.Reason)
			}
		}
		if accepted != nil && accepted.Status == metav1.ConditionTrue && accepted.ObservedGeneration == route.GetGeneration() {
			return step.Done(v1alpha1.ReasonRouted, "The gateway %s leads the host names to the API.", r.Routes.Gateway)
		}
	}
	return step.Waiting(routeSettles, v1alpha1.ReasonRoutePending,
		"The gateway %s has not taken the route yet. If it goes on, look whether the gateway is there and its controller runs.", r.Routes.Gateway)
}

// route is the route of the hub as it should be.
func (r *Reconciler) route(hub *v1alpha1.Hub) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{}}
	u.SetGroupVersionKind(r.Routes.Kind)
	u.SetNamespace(hub.Namespace)
	u.SetName(hub.Name)
	u.SetLabels(map[string]string{"app.kubernetes.io/managed-by": "liferooms-operator", "app.kubernetes.io/part-of": "liferooms"})
	u.SetOwnerReferences([]metav1.OwnerReference{*metav1.NewControllerRef(hub, v1alpha1.GroupVersion.WithKind("Hub"))})
	if r.Routes.Kind == HTTPRoute {
		u.Object["spec"] = r.httpRouteSpec(hub)
	} else {
		u.Object["spec"] = r.ingressSpec(hub)
	}
	return u
}

func (r *Reconciler) httpRouteSpec(hub *v1alpha1.Hub) map[string]any {
	backend := map[string]any{"name": r.Routes.Service.Name, "port": r.Routes.Port}
	if hub.Namespace != r.Routes.Service.Namespace {
		backend["namespace"] = r.Routes.Service.Namespace // allowed by a ReferenceGrant there
	}
	return map[string]any{
		"parentRefs": []any{map[string]any{"name": r.Routes.Gateway.Name, "namespace": r.Routes.Gateway.Namespace}},
		"hostnames":  anys(hub.Spec.Hostnames),
		"rules":      []any{map[string]any{"backendRefs": []any{backend}}},
	}
}

func (r *Reconciler) ingressSpec(hub *v1alpha1.Hub) map[string]any {
	var rules []any
	for _, hostname := range hub.Spec.Hostnames {
		rules = append(rules, map[string]any{"host": hostname, "http": map[string]any{"paths": []any{map[string]any{
			"path": "/", "pathType": "Prefix",
			"backend": map[string]any{"service": map[string]any{"name": r.Routes.Service.Name, "port": map[string]any{"number": r.Routes.Port}}},
		}}}})
	}
	spec := map[string]any{"rules": rules}
	if r.Routes.IngressClass != "" {
		spec["ingressClassName"] = r.Routes.IngressClass
	}
	if r.Routes.Scheme == "https" {
		spec["tls"] = []any{map[string]any{"hosts": anys(hub.Spec.Hostnames)}} // with the class's default certificate
	}
	return spec
}

// getRoute is the route of that kind and the hub's name, nil where there is none.
func (r *Reconciler) getRoute(ctx context.Context, hub *v1alpha1.Hub, kind schema.GroupVersionKind) (*unstructured.Unstructured, error) {
	route := &unstructured.Unstructured{}
	route.SetGroupVersionKind(kind)
	if err := r.Client.Get(ctx, client.ObjectKeyFromObject(hub), route); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	return route, nil
}

// removeRoute deletes the route of that kind where it is the hub's.
func (r *Reconciler) removeRoute(ctx context.Context, hub *v1alpha1.Hub, kind schema.GroupVersionKind) error {
	route, err := r.getRoute(ctx, hub, kind)
	if err != nil || route == nil || !metav1.IsControlledBy(route, hub) {
		return err
	}
	if err := r.Client.Delete(ctx, route); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("delete the %s: %w", kind.Kind, err)
	}
	return nil
}

func anys(texts []string) []any {
	list := make([]any, 0, len(texts))
	for _, t := range texts {
		list = append(list, t)
	}
	return list
}
