package hub

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/operator/step"
)

// findTrust finds the hub's trust, which the API must have taken once.
func (r *Reconciler) findTrust(ctx context.Context, w *work) step.Outcome {
	name := w.hub.Spec.TrustRef.Name
	trust := &v1alpha1.Trust{}
	err := r.Client.Get(ctx, client.ObjectKey{Namespace: w.hub.Namespace, Name: name}, trust)
	switch {
	case apierrors.IsNotFound(err):
		return step.Blocked(r.Resync, v1alpha1.ReasonTrustNotFound,
			"There is no Trust %s in this namespace. Apply it, or mend spec.trustRef in a new Hub.", name)
	case err != nil:
		return step.Failed(err, v1alpha1.ReasonTrustNotReady, "The Trust %s cannot be read: %v. It is tried again.", name, err)
	case trust.Status.AppliedGeneration == 0:
		why := "It was not looked at yet."
		if c := meta.FindStatusCondition(trust.Status.Conditions, v1alpha1.ConditionReady); c != nil {
			why = c.Message
		}
		return step.Waiting(r.Resync, v1alpha1.ReasonTrustNotReady, "The hub is set up once its trust is. Trust %s: %s", name, why)
	}
	if made := w.hub.Annotations[v1alpha1.ArchiveTrust]; made != "" && made != trust.Spec.ODSCode {
		return step.Blocked(r.Resync, v1alpha1.ReasonTrustChanged,
			"The hub was made in the trust %s, and the Trust %s is %s now. Apply that trust under its old name again, or make a new Hub.",
			made, name, trust.Spec.ODSCode)
	}
	w.odsCode = trust.Spec.ODSCode
	return step.Done(v1alpha1.ReasonApplied, "The trust is set up.")
}
