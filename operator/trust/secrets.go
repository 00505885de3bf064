package trust

import (
	"cmp"
	"context"
	"errors"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/operator/step"
)

// findSecrets reads the client secrets that the trust names.
func (r *Reconciler) findSecrets(ctx context.Context, w *work) step.Outcome {
	for _, p := range w.trust.Spec.IdentityProviders {
		if p.ClientSecretRef == nil {
			continue
		}
		name, key := p.ClientSecretRef.Name, cmp.Or(p.ClientSecretRef.Key, v1alpha1.DefaultSecretKey)
		secret := &corev1.Secret{}
		err := r.Secrets.Get(ctx, client.ObjectKey{Namespace: w.trust.Namespace, Name: name}, secret)
		switch {
		case apierrors.IsNotFound(err):
			err = errors.New("the Secret is not there")
			return missing(err, v1alpha1.ReasonSecretNotFound, "There is no Secret %s in this namespace for %s. Make it: kubectl create secret generic %s --namespace %s --from-literal=%s=…",
				name, p.Issuer, name, w.trust.Namespace, key)
		case apierrors.IsForbidden(err):
			return missing(err, v1alpha1.ReasonSecretForbidden,
				"The operator may not read the Secret %s. Add its name to operator.secrets in the chart's values.", name)
		case err != nil:
			return step.Failed(err, v1alpha1.ReasonSecretNotFound, "The Secret %s cannot be read: %v. It is tried again.", name, err)
		}
		value := strings.TrimSpace(string(secret.Data[key]))
		if value == "" {
			err = errors.New("the Secret has no such key")
			return missing(err, v1alpha1.ReasonSecretNotFound,
				"The Secret %s has nothing under the key %s. Put the client secret of %s there, or name another key in clientSecretRef.", name, key, p.Issuer)
		}
		w.secrets[p.Issuer] = value
	}
	return step.Done(v1alpha1.ReasonFound, "Every client secret was read.")
}

// missing: a person must act, and is likely to do so soon: it is tried again with growing pauses, for nothing tells of a
// Secret that appears.
func missing(err error, reason, format string, args ...any) step.Outcome {
	o := step.Failed(err, reason, format, args...)
	o.NeedsPerson = true
	return o
}
