package trust

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/operator/platform"
	"liferooms.io/liferooms/operator/step"
)

// readSecretsEvery is how often the client secrets of a trust are read again: the operator may get the Secrets that it
// is told of and watch none, so that it sees no other.
const readSecretsEvery = time.Minute

// Reconciler keeps trusts what their resources say.
type Reconciler struct {
	Client client.Client
	// Secrets reads Secrets by name, from the API server and not from a cache, which would list them.
	Secrets  client.Reader
	API      *platform.Client
	Recorder events.EventRecorder
	// Resync is how often a trust that is well is compared again.
	Resync time.Duration
}

// SetUp has the manager run the reconciler: on a change of a trust, and where a hub that names it comes or goes.
func (r *Reconciler) SetUp(m ctrl.Manager, options controller.Options) error {
	comesOrGoes := predicate.Funcs{UpdateFunc: func(event.UpdateEvent) bool { return false }}
	changed := predicate.Or(predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{})
	return ctrl.NewControllerManagedBy(m).
		For(&v1alpha1.Trust{}, builder.WithPredicates(changed)).
		Watches(&v1alpha1.Hub{}, handler.EnqueueRequestsFromMapFunc(trustOf), builder.WithPredicates(comesOrGoes)).
		WithOptions(options).
		Complete(r)
}

func trustOf(_ context.Context, object client.Object) []reconcile.Request {
	hub := object.(*v1alpha1.Hub)
	return []reconcile.Request{{NamespacedName: client.ObjectKey{Namespace: hub.Namespace, Name: hub.Spec.TrustRef.Name}}}
}

// work is what the steps of one reconcile tell one another.
type work struct {
	trust  *v1alpha1.Trust
	report *step.Report
	// secrets are the client secrets by issuer.
	secrets map[string]string
}

// Reconcile makes the trust in Life Rooms what the resource says.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	trust := &v1alpha1.Trust{}
	if err := r.Client.Get(ctx, request.NamespacedName, trust); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !trust.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	w := &work{trust: trust, report: step.NewReport(trust), secrets: map[string]string{}}
	err := w.report.Run(ctx, []step.Step{
		{Condition: v1alpha1.ConditionSecretsFound, Run: func(ctx context.Context) step.Outcome { return r.findSecrets(ctx, w) }},
		{Condition: v1alpha1.ConditionTrustApplied, Run: func(ctx context.Context) step.Outcome { return r.onlyOne(ctx, w) }},
		{Condition: v1alpha1.ConditionTrustApplied, Run: func(ctx context.Context) step.Outcome { return r.apply(ctx, w) }},
	})
	if err != nil {
		return ctrl.Result{}, err
	}
	if err := r.countHubs(ctx, trust); err != nil {
		return ctrl.Result{}, err
	}
	return w.report.Finish(ctx, r.Client, r.Recorder, ready(w.report), r.resync(trust))
}

func (r *Reconciler) resync(trust *v1alpha1.Trust) time.Duration {
	for _, p := range trust.Spec.IdentityProviders {
		if p.ClientSecretRef != nil {
			return min(r.Resync, readSecretsEvery)
		}
	}
	return r.Resync
}

func ready(report *step.Report) step.Outcome {
	for _, name := range []string{v1alpha1.ConditionSecretsFound, v1alpha1.ConditionTrustApplied} {
		if c := report.Condition(name); c.Status != metav1.ConditionTrue {
			return step.Outcome{Status: metav1.ConditionFalse, Reason: c.Reason, Message: c.Message}
		}
	}
	return step.Done(v1alpha1.ReasonReady, "The trust is set up as this resource says.")
}

func (r *Reconciler) countHubs(ctx context.Context, trust *v1alpha1.Trust) error {
	hubs := &v1alpha1.HubList{}
	if err := r.Client.List(ctx, hubs, client.InNamespace(trust.Namespace)); err != nil {
		return fmt.Errorf("count the trust's hubs: %w", err)
	}
	count := int32(0)
	for _, h := range hubs.Items {
		if h.Spec.TrustRef.Name == trust.Name {
			count++
		}
	}
	trust.Status.Hubs = &count
	return nil
}
