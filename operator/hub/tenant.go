package hub

import (
	"context"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/operator/platform"
	"liferooms.io/liferooms/operator/step"
)

// applyTenant compares the tenant with the resource and sends it only where they differ.
func (r *Reconciler) applyTenant(ctx context.Context, w *work) step.Outcome {
	documents, failed := r.readDocuments(ctx, w)
	if failed != nil {
		return *failed
	}
	before := w.report.Before(v1alpha1.ConditionTenantReady)
	input := desired(w.hub, w.odsCode, documents)
	tenant, err := r.API.Hub(ctx, w.odsCode, w.hub.Name)
	if err != nil {
		return step.Asked(err, before, time.Now())
	}
	if tenant == nil || len(differences(input, tenant)) > 0 {
		was := tenant
		var changed []string
		if tenant, changed, err = r.API.ApplyHub(ctx, input); err != nil {
			if platform.KindOf(err) == platform.Missing {
				return step.Waiting(r.Resync, v1alpha1.ReasonTrustNotReady, "The API does not know the trust %s. It is set up again at the Trust's next resync.", w.odsCode)
			}
			return step.Asked(err, before, time.Now())
		}
		r.tell(w.hub, was, before, changed)
	}
	w.tenant = tenant
	partners, services := int32(tenant.OrganisationCount), int32(tenant.ServiceCount)
	w.hub.Status.TenantID = tenant.Id
	w.hub.Status.Partners, w.hub.Status.Services = &partners, &services
	w.hub.Status.LastSyncTime = nil
	if at := tenant.CatalogueSyncedAt; at != nil {
		w.hub.Status.LastSyncTime = &metav1.Time{Time: at.Truncate(time.Second)} // as the resource holds it
	}
	return step.Done(v1alpha1.ReasonApplied, "The tenant is as this resource says.")
}

func (r *Reconciler) tell(hub *v1alpha1.Hub, was *platform.Hub, before *metav1.Condition, changed []string) {
	fields := strings.Join(changed, ", ")
	switch {
	case was == nil:
		step.Tell(r.Recorder, hub, corev1.EventTypeNormal, "Created", "Apply", "The tenant was set up.")
	case len(changed) == 0:
	case before != nil && before.Status == metav1.ConditionTrue && before.ObservedGeneration == hub.Generation:
		step.Tell(r.Recorder, hub, corev1.EventTypeNormal, "DriftCorrected", "Apply", "Something else had changed %s; put right.", fields)
	default:
		step.Tell(r.Recorder, hub, corev1.EventTypeNormal, "Updated", "Apply", "Changed: %s.", fields)
	}
}
