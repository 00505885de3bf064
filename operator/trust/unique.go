package trust

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/operator/step"
)

// onlyOne keeps two resources from describing one trust in turns: the older one has it.
func (r *Reconciler) onlyOne(ctx context.Context, w *work) step.Outcome {
	all := &v1alpha1.TrustList{}
	if err := r.Client.List(ctx, all); err != nil {
		return step.Failed(err, v1alpha1.ReasonProgressing, "The trusts cannot be listed: %v. It is tried again.", err)
	}
	for _, other := range all.Items {
		if other.UID != w.trust.UID && other.Spec.ODSCode == w.trust.Spec.ODSCode && older(&other, w.trust) {
			return step.Blocked(time.Minute, v1alpha1.ReasonODSCodeTaken,
				"The Trust %s has the ODS code %s already. Name that one in the hubs' trustRef and delete this one, or mend the code.",
				client.ObjectKeyFromObject(&other), w.trust.Spec.ODSCode)
		}
	}
	return step.Done(v1alpha1.ReasonApplied, "No other Trust has this ODS code.")
}

func older(a, b *v1alpha1.Trust) bool {
	if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.CreationTimestamp.Before(&b.CreationTimestamp)
	}
	return a.UID < b.UID
}
