package hub

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/operator/step"
)

// readDocuments reads the documents of the catalogue's ConfigMaps, by the source's name. Where one cannot be read there
// is an outcome, and the tenant is left as it is: without the document its partners would be retired.
func (r *Reconciler) readDocuments(ctx context.Context, w *work) (map[string]string, *step.Outcome) {
	documents := map[string]string{}
	for _, source := range w.hub.Spec.Catalogue.Sources {
		if source.ConfigMap == nil {
			continue
		}
		name, key := source.ConfigMap.Name, source.ConfigMap.Key
		configMap := &corev1.ConfigMap{}
		err := r.Documents.Get(ctx, client.ObjectKey{Namespace: w.hub.Namespace, Name: name}, configMap)
		var outcome step.Outcome
		document, there := configMap.Data[key]
		if binary, ok := configMap.BinaryData[key]; ok {
			document, there = string(binary), true
		}
		switch {
		case apierrors.IsNotFound(err):
			outcome = step.Blocked(r.Resync, v1alpha1.ReasonConfigMapNotFound,
				"There is no ConfigMap %s in this namespace for the catalogue source %s. Make it: kubectl create configmap %s --namespace %s --from-file=%s=FILE. Until then the tenant stays as it was.",
				name, source.Name, name, w.hub.Namespace, key)
		case err != nil:
			outcome = step.Failed(err, v1alpha1.ReasonConfigMapNotFound, "The ConfigMap %s cannot be read: %v. It is tried again.", name, err)
		case !there:
			outcome = step.Blocked(r.Resync, v1alpha1.ReasonConfigMapNotFound,
				"The ConfigMap %s has no key %s, which the catalogue source %s names. Put the document there, or name another key. Until then the tenant stays as it was.", name, key, source.Name)
		case document == "":
			outcome = step.Blocked(r.Resync, v1alpha1.ReasonConfigMapUnusable,
				"The key %s of the ConfigMap %s is empty. Put the document of the catalogue source %s there, or take the source away.", key, name, source.Name)
		default:
			documents[source.Name] = document
			continue
		}
		return nil, &outcome
	}
	return documents, nil
}
