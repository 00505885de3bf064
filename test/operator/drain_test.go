package operator

import (
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/operator/drain"
	"liferooms.io/liferooms/test/kubetest"
)

// TestNothingIsStrandedByAnUninstall: with nobody left to take the finalizer off, a hub goes all the same.
func TestNothingIsStrandedByAnUninstall(t *testing.T) {
	server := kubetest.Start(t)
	namespace, other := server.Namespace(t), server.Namespace(t)
	ctx, c := t.Context(), server.Client
	one := int32(1)
	labels := map[string]string{"app": "operator"}
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "liferooms-operator"},
		Spec: appsv1.DeploymentSpec{Replicas: &one, Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "operator", Image: "operator"}}}}}}
	if err := c.Create(ctx, deployment); err != nil {
		t.Fatal(err)
	}
	holder, seconds, renewed := "a-pod-that-was-killed", int32(2), metav1.NowMicro()
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "liferooms-operator"},
		Spec: coordinationv1.LeaseSpec{HolderIdentity: &holder, LeaseDurationSeconds: &seconds, RenewTime: &renewed}}
	if err := c.Create(ctx, lease); err != nil {
		t.Fatal(err)
	}
	for _, in := range []string{namespace, other} {
		for _, name := range []string{"bootle", "walton"} {
			hub := &v1alpha1.Hub{ObjectMeta: metav1.ObjectMeta{Namespace: in, Name: name, Finalizers: []string{v1alpha1.Finalizer, "example.org/other"}},
				Spec: v1alpha1.HubSpec{TrustRef: v1alpha1.TrustRef{Name: "mersey-care"}, DisplayName: name, DeletionPolicy: v1alpha1.Archive}}
			if err := c.Create(ctx, hub); err != nil {
				t.Fatal(err)
			}
		}
	}
	leaving := &v1alpha1.Hub{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "bootle"}}
	if err := c.Delete(ctx, leaving); err != nil {
		t.Fatal(err)
	}

	options := drain.Options{Namespace: namespace, Deployment: "liferooms-operator", Lease: "liferooms-operator", Patience: time.Second}
	for range 2 { // done again it changes nothing
		if err := drain.Run(ctx, c, options); err != nil {
			t.Fatal(err)
		}
	}
	if waited := time.Since(renewed.Time); waited < time.Duration(seconds)*time.Second {
		t.Errorf("the lease was held and drain took %v", waited)
	}
	if err := c.Get(ctx, client.ObjectKeyFromObject(deployment), deployment); err != nil || *deployment.Spec.Replicas != 0 {
		t.Errorf("the operator is not stopped: %v, %v", *deployment.Spec.Replicas, err)
	}
	hubs := &v1alpha1.HubList{}
	if err := c.List(ctx, hubs); err != nil {
		t.Fatal(err)
	}
	for _, h := range hubs.Items {
		switch {
		case h.Namespace == namespace && (len(h.Finalizers) != 1 || h.Finalizers[0] != "example.org/other"):
			t.Errorf("%s has the finalizers %v", h.Name, h.Finalizers)
		case h.Namespace == other && len(h.Finalizers) != 2:
			t.Errorf("%s of another namespace was touched: %v", h.Name, h.Finalizers)
		}
	}
}
