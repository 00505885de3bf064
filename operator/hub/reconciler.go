package hub

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/operator/platform"
	"liferooms.io/liferooms/operator/step"
)

// Reconciler keeps hubs what their resources say.
type Reconciler struct {
	Client client.Client
	// Documents reads ConfigMaps by name, from the API server and not from a cache, which would hold them all.
	Documents client.Reader
	API       *platform.Client
	Recorder  events.EventRecorder
	Routes    Routes
	// Resync is how often a hub that is well is compared again.
	Resync time.Duration
}

// work is what the steps of one reconcile tell one another.
type work struct {
	hub    *v1alpha1.Hub
	report *step.Report
	// odsCode is the code of the hub's trust.
	odsCode string
	// tenant is the hub in Life Rooms, once it is what the resource says.
	tenant *platform.Hub
}

// Reconcile makes the tenant, its catalogue and its route what the resource says.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	hub := &v1alpha1.Hub{}
	if err := r.Client.Get(ctx, request.NamespacedName, hub); err != nil {
		if client.IgnoreNotFound(err) == nil {
			gauges.forget(request.NamespacedName)
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	w := &work{hub: hub, report: step.NewReport(hub)}
	if !hub.DeletionTimestamp.IsZero() {
		return r.finalise(ctx, w)
	}
	err := w.report.Run(ctx, []step.Step{
		{Condition: v1alpha1.ConditionTenantReady, Run: func(ctx context.Context) step.Outcome { return r.findTrust(ctx, w) }},
		{Condition: v1alpha1.ConditionTenantReady, Run: func(ctx context.Context) step.Outcome { return r.guard(ctx, w) }},
		{Condition: v1alpha1.ConditionTenantReady, Run: func(ctx context.Context) step.Outcome { return r.applyTenant(ctx, w) }},
		{Condition: v1alpha1.ConditionCatalogueSynced, Run: func(context.Context) step.Outcome { return r.reportCatalogue(w) }},
		{Condition: v1alpha1.ConditionRouteReady, Run: func(ctx context.Context) step.Outcome { return r.applyRoute(ctx, w) }},
	})
	if err != nil {
		return ctrl.Result{}, err
	}
	sum := ready(w)
	gauges.note(w, sum.Status == metav1.ConditionTrue)
	return w.report.Finish(ctx, r.Client, r.Recorder, sum, r.Resync)
}

// ready sums the conditions up: whether people can be served. A catalogue that was taken before and cannot be refreshed
// serves people still; one that was never taken does not.
func ready(w *work) step.Outcome {
	for _, name := range []string{v1alpha1.ConditionTenantReady, v1alpha1.ConditionRouteReady} {
		if c := w.report.Condition(name); c.Status != metav1.ConditionTrue {
			return step.Outcome{Status: metav1.ConditionFalse, Reason: c.Reason, Message: c.Message}
		}
	}
	if w.hub.Spec.Suspend {
		return step.Outcome{Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonSuspended,
			Message: "The hub takes no work, and says so to its staff. Set spec.suspend to false to open it again."}
	}
	if c := w.report.Condition(v1alpha1.ConditionCatalogueSynced); c.Status != metav1.ConditionTrue {
		if c.Reason == v1alpha1.ReasonSourceFailed && w.hub.Status.LastSyncTime != nil {
			return step.Done(v1alpha1.ReasonStaleCatalogue, "%s", c.Message)
		}
		return step.Outcome{Status: metav1.ConditionFalse, Reason: c.Reason, Message: c.Message}
	}
	if w.hub.Status.URL == "" {
		return step.Done(v1alpha1.ReasonReady, "The hub is open.")
	}
	return step.Done(v1alpha1.ReasonReady, "The hub is open at %s.", w.hub.Status.URL)
}
