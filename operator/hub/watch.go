package hub

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"liferooms.io/liferooms/operator/api/v1alpha1"
)

// SetUp has the manager run the reconciler: on a change of a hub, of its trust, of a ConfigMap or a hub that its
// catalogue comes from, and of its route. Of ConfigMaps no more than the metadata is watched.
func (r *Reconciler) SetUp(m ctrl.Manager, options controller.Options) error {
	changed := predicate.Or(predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{})
	b := ctrl.NewControllerManagedBy(m).
		For(&v1alpha1.Hub{}, builder.WithPredicates(changed)).
		Watches(&v1alpha1.Trust{}, r.hubsThat(ofTrust), builder.WithPredicates(trustWasApplied)).
		Watches(&v1alpha1.Hub{}, r.hubsThat(takeFromHub), builder.WithPredicates(tenantAppeared)).
		WatchesMetadata(&corev1.ConfigMap{}, r.hubsThat(takeFromConfigMap)).
		WithOptions(options)
	for _, kind := range r.Routes.Known {
		route := &unstructured.Unstructured{}
		route.SetGroupVersionKind(kind)
		b = b.Owns(route)
	}
	return b.Complete(r)
}

// hubsThat gives the hubs of an object's namespace that have to do with it.
func (r *Reconciler) hubsThat(concern func(*v1alpha1.Hub, client.Object) bool) handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, object client.Object) []reconcile.Request {
		hubs := &v1alpha1.HubList{}
		if err := r.Client.List(ctx, hubs, client.InNamespace(object.GetNamespace())); err != nil {
			// From a cache that is in step, which does not fail but when the operator ends.
			ctrl.LoggerFrom(ctx).Error(err, "list the hubs that a change is about")
			return nil
		}
		var requests []reconcile.Request
		for _, hub := range hubs.Items {
			if concern(&hub, object) {
				requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&hub)})
			}
		}
		return requests
	})
}

func ofTrust(hub *v1alpha1.Hub, trust client.Object) bool {
	return hub.Spec.TrustRef.Name == trust.GetName()
}

func takeFromHub(hub *v1alpha1.Hub, other client.Object) bool {
	return slices.ContainsFunc(hub.Spec.Catalogue.Sources, func(s v1alpha1.CatalogueSource) bool {
		return s.Hub != nil && s.Hub.Name == other.GetName()
	})
}

func takeFromConfigMap(hub *v1alpha1.Hub, configMap client.Object) bool {
	return slices.ContainsFunc(hub.Spec.Catalogue.Sources, func(s v1alpha1.CatalogueSource) bool {
		return s.ConfigMap != nil && s.ConfigMap.Name == configMap.GetName()
	})
}

var trustWasApplied = predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
	return e.ObjectOld.(*v1alpha1.Trust).Status.AppliedGeneration != e.ObjectNew.(*v1alpha1.Trust).Status.AppliedGeneration
}}

var tenantAppeared = predicate.Funcs{
	CreateFunc: func(event.CreateEvent) bool { return false },
	UpdateFunc: func(e event.UpdateEvent) bool {
		return e.ObjectOld.(*v1alpha1.Hub).Status.TenantID != e.ObjectNew.(*v1alpha1.Hub).Status.TenantID
	},
	DeleteFunc: func(event.DeleteEvent) bool { return false },
}
