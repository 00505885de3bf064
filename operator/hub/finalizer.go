package hub

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/operator/step"
)

// guard puts the finalizer on a hub that is to be archived before there is anything to archive, and takes it off one
// that is to be retained.
func (r *Reconciler) guard(ctx context.Context, w *work) step.Outcome {
	var err error
	if w.hub.Spec.DeletionPolicy == v1alpha1.Archive {
		err = r.hold(ctx, w)
	} else {
		err = r.release(ctx, w.hub)
	}
	if err != nil {
		return step.Failed(err, v1alpha1.ReasonProgressing, "The hub's finalizer cannot be set: %v. It is tried again.", err)
	}
	return step.Done(v1alpha1.ReasonApplied, "The finalizer is as deletionPolicy says.")
}

// hold puts the finalizer on, with the ODS code under which the tenant is to be archived.
func (r *Reconciler) hold(ctx context.Context, w *work) error {
	if controllerutil.ContainsFinalizer(w.hub, v1alpha1.Finalizer) && w.hub.Annotations[v1alpha1.ArchiveTrust] == w.odsCode {
		return nil
	}
	u := step.Identity(w.hub)
	u.SetFinalizers([]string{v1alpha1.Finalizer})
	u.SetAnnotations(map[string]string{v1alpha1.ArchiveTrust: w.odsCode})
	if err := r.Client.Apply(ctx, client.ApplyConfigurationFromUnstructured(u), step.FieldOwner, client.ForceOwnership); err != nil {
		return fmt.Errorf("put the finalizer on: %w", err)
	}
	return nil
}

// release takes the finalizer and what belongs to it off, whoever put it on. A hub that has gone is released.
func (r *Reconciler) release(ctx context.Context, hub *v1alpha1.Hub) error {
	if !controllerutil.ContainsFinalizer(hub, v1alpha1.Finalizer) {
		return nil
	}
	released := hub.DeepCopy()
	controllerutil.RemoveFinalizer(released, v1alpha1.Finalizer)
	delete(released.Annotations, v1alpha1.ArchiveTrust)
	patch := client.MergeFromWithOptions(hub, client.MergeFromWithOptimisticLock{}) // the list of finalizers is replaced whole
	if err := r.Client.Patch(ctx, released, patch, step.FieldOwner); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("take the finalizer off: %w", err)
	}
	return nil
}

// finalise archives the tenant of a hub that is being deleted, where its policy says so, and lets the hub go.
func (r *Reconciler) finalise(ctx context.Context, w *work) (ctrl.Result, error) {
	if !controllerutil.ContainsFinalizer(w.hub, v1alpha1.Finalizer) {
		return ctrl.Result{}, nil
	}
	skip := w.hub.Annotations[v1alpha1.SkipArchive] == "true"
	if w.hub.Spec.DeletionPolicy == v1alpha1.Archive && !skip {
		err := w.report.Run(ctx, []step.Step{
			{Condition: v1alpha1.ConditionTenantReady, Run: func(ctx context.Context) step.Outcome { return r.archive(ctx, w) }},
		})
		if err != nil {
			return ctrl.Result{}, err
		}
		if c := w.report.Condition(v1alpha1.ConditionTenantReady); c.Reason != v1alpha1.ReasonArchived {
			gauges.note(w, false)
			notYet := step.Outcome{Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonArchiving, Message: c.Message}
			return w.report.Finish(ctx, r.Client, r.Recorder, notYet, r.Resync)
		}
		step.Tell(r.Recorder, w.hub, corev1.EventTypeNormal, v1alpha1.ReasonArchived, "Archive", "The tenant was archived. It refuses work, and its data is kept.")
	}
	if skip {
		step.Tell(r.Recorder, w.hub, corev1.EventTypeWarning, "ArchiveSkipped", "Archive",
			"The tenant was not archived, as the annotation %s says. Where the API still runs, the hub is still open.", v1alpha1.SkipArchive)
	}
	return ctrl.Result{}, r.release(ctx, w.hub)
}

func (r *Reconciler) archive(ctx context.Context, w *work) step.Outcome {
	odsCode := w.hub.Annotations[v1alpha1.ArchiveTrust]
	if odsCode == "" {
		return step.Blocked(r.Resync, v1alpha1.ReasonArchiving,
			"The annotation %s was taken away, so it is not known which tenant to archive. Set it to the trust's ODS code, or set %s to \"true\".",
			v1alpha1.ArchiveTrust, v1alpha1.SkipArchive)
	}
	if err := r.API.ArchiveHub(ctx, odsCode, w.hub.Name); err != nil {
		o := step.Asked(err, w.report.Before(v1alpha1.ConditionTenantReady), time.Now())
		o.Message += fmt.Sprintf(" The hub goes once its tenant is archived. If the API is gone for good: kubectl annotate hub %s --namespace %s %s=true",
			w.hub.Name, w.hub.Namespace, v1alpha1.SkipArchive)
		return o
	}
	return step.Outcome{Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonArchived, Message: "The tenant refuses work, and its data is kept."}
}
