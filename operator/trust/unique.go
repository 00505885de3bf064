package trust

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/operator/step"
)

// onlyOne keeps two resources from describing one trust in turns: the older one has it. Kubernetes counts ages in seconds;
// of two made within one, the trust stays with that which has it.
func (r *Reconciler) onlyOne(ctx context.Context, w *work) step.Outcome {
	all := &v1alpha1.TrustList{}
	if err := r.Client.List(ctx, all); err != nil {
		return step.Failed(err, v1alpha1.ReasonProgressing, "The trusts cannot be listed: %v. It is tried again.", err)
	}
	for _, other := range all.Items {
		if other.UID != w.trust.UID && other.Spec.ODSCode == w.trust.Spec.ODSCode && before(&other, w.trust) {
			return step.Blocked(time.Minute, v1alpha1.ReasonODSCodeTaken,
				"The Trust %s has the ODS code %s already. Name that one in the hubs' trustRef and delete this one, or mend the code.",
				client.ObjectKeyFromObject(&other), w.trust.Spec.ODSCode)
		}
	}
	return step.Done(v1alpha1.ReasonApplied, "No other Trust has this ODS code.")
}

// before reports whether a has the trust rather than b.
func before(a, b *v1alpha1.Trust) bool {
	if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.CreationTimestamp.Before(&b.CreationTimestamp)
	}
	if first := wasFirst(a); first != wasFirst(b) {
		return first
	}
	return a.UID < b.UID
}

// wasFirst reports whether the resource was looked at and no other had its ODS code.
func wasFirst(t *v1alpha1.Trust) bool {
	applied := meta.FindStatusCondition(t.Status.Conditions, v1alpha1.ConditionTrustApplied)
	return applied != nil && applied.Reason != v1alpha1.ReasonODSCodeTaken
}
