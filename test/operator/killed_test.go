package operator

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/operator/hub"
	"liferooms.io/liferooms/operator/platform"
)

// killer ends a context at the nth moment: before or after any request to Kubernetes or to the API.
type killer struct {
	mu      sync.Mutex
	moments int
	at      int
	kill    context.CancelFunc
}

func (k *killer) moment() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.moments++; k.moments == k.at {
		k.kill()
	}
}

// around makes a moment before and after a request.
func (k *killer) around(request func() error) error {
	k.moment()
	err := request()
	k.moment()
	return err
}

// client is c, with moments.
func (k *killer) client(c client.WithWatch) client.Client {
	return interceptor.NewClient(c, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			return k.around(func() error { return c.Get(ctx, key, o, opts...) })
		},
		List: func(ctx context.Context, c client.WithWatch, o client.ObjectList, opts ...client.ListOption) error {
			return k.around(func() error { return c.List(ctx, o, opts...) })
		},
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			return k.around(func() error { return c.Delete(ctx, o, opts...) })
		},
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
			return k.around(func() error { return c.Patch(ctx, o, p, opts...) })
		},
		Apply: func(ctx context.Context, c client.WithWatch, o runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
			return k.around(func() error { return c.Apply(ctx, o, opts...) })
		},
		SubResourceApply: func(ctx context.Context, c client.Client, sub string, o runtime.ApplyConfiguration, opts ...client.SubResourceApplyOption) error {
			return k.around(func() error { return c.SubResource(sub).Apply(ctx, o, opts...) })
		},
	})
}

// TestTheOperatorIsKilledAnywhere: whenever a reconcile is cut short, the next one ends where an uninterrupted one would.
func TestTheOperatorIsKilledAnywhere(t *testing.T) {
	w := newWorld(t)
	stop := w.operate()
	w.apply(plainTrust)
	w.trustSettles("mersey-care", metav1.ConditionTrue, v1alpha1.ReasonReady)
	stop()

	// reconcile runs one reconcile that is killed at a moment, and reports whether it came that far.
	reconcile := func(name string, at int) (killed bool) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		k := &killer{at: at, kill: cancel}
		w.Way.Around(k.moment)
		defer w.Way.Around(nil)
		options := w.options()
		options.Routes.Kind, options.Routes.Known = hub.Ingress, []schema.GroupVersionKind{hub.Ingress}
		c := k.client(w.kube.Client)
		r := &hub.Reconciler{Client: c, Documents: c, API: options.API, Recorder: events.NewFakeRecorder(100), Routes: options.Routes, Resync: resync}
		_, err := r.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKey{Namespace: w.namespace, Name: name}})
		if err != nil && ctx.Err() == nil {
			t.Errorf("%s, to be killed at %d, failed by itself: %v", name, at, err)
		}
		return ctx.Err() != nil
	}
	const never = -1
	cut := 0
	for at, alive := 1, true; alive; at++ {
		name := fmt.Sprintf("hub-%d", at)
		w.apply(strings.NewReplacer("bootle", name, "Bootle", name).Replace(plainHub))
		w.change(name, func(h *v1alpha1.Hub) { h.Spec.DeletionPolicy = v1alpha1.Archive })
		killed := reconcile(name, at)
		reconcile(name, never)
		h, tenant := w.hub(name), w.tenant("RW4", name)
		if tenant == nil || tenant.State != platform.HubStateLive || len(tenant.Needs) != 2 || len(tenant.RoleGrants) != 2 || tenant.Id != h.Status.TenantID {
			t.Errorf("killed at %d: the tenant is %+v", at, tenant)
		}
		if !slices.Contains(h.Finalizers, v1alpha1.Finalizer) || h.Status.ObservedGeneration != h.Generation || len(h.Status.Conditions) != 4 ||
			slices.ContainsFunc(h.Status.Conditions, func(c metav1.Condition) bool { return c.Status != metav1.ConditionTrue }) {
			t.Errorf("killed at %d: finalizers %v, conditions %s", at, h.Finalizers, summary(h.Status.Conditions))
		}
		ingress := &networkingv1.Ingress{}
		if err := w.kube.Client.Get(t.Context(), client.ObjectKeyFromObject(h), ingress); err != nil || !metav1.IsControlledBy(ingress, h) {
			t.Errorf("killed at %d: the Ingress is %+v, %v", at, ingress, err)
		}

		w.delete(hubNamed(name))
		alive = reconcile(name, at) || killed
		reconcile(name, never)
		w.gone(name)
		if tenant := w.tenant("RW4", name); tenant.State != platform.HubStateArchived {
			t.Errorf("killed at %d of its deletion: the tenant is %s", at, tenant.State)
		}
		if killed {
			cut++
		}
	}
	if cut < 15 {
		t.Errorf("a reconcile was cut short in %d places only", cut)
	}
	t.Logf("a reconcile was cut short in %d places", cut)
}
