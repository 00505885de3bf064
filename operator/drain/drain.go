package drain

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/operator/step"
)

// lookEvery is how often it is looked whether what is waited for has come.
const lookEvery = time.Second

// Options say what is drained.
type Options struct {
	// Namespace is the operator's own.
	Namespace     string
	AllNamespaces bool
	// Deployment and Lease are the operator's.
	Deployment, Lease string
	// Patience is how long hubs that are being deleted are waited for.
	Patience time.Duration
}

// Run drains. Done again it changes nothing.
func Run(ctx context.Context, c client.Client, o Options) error {
	if err := o.letGo(ctx, c); err != nil {
		return err
	}
	if err := o.stop(ctx, c); err != nil {
		return err
	}
	return o.strip(ctx, c)
}

// hubs lists the hubs; none where the cluster does not know the kind.
func (o Options) hubs(ctx context.Context, c client.Client) ([]v1alpha1.Hub, error) {
	var in []client.ListOption
	if !o.AllNamespaces {
		in = append(in, client.InNamespace(o.Namespace))
	}
	list := &v1alpha1.HubList{}
	err := c.List(ctx, list, in...)
	if meta.IsNoMatchError(err) || apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the hubs: %w", err)
	}
	return list.Items, nil
}

// letGo waits, while the operator still runs, for hubs that are being deleted.
func (o Options) letGo(ctx context.Context, c client.Client) error {
	var leaving int
	err := wait.PollUntilContextTimeout(ctx, lookEvery, o.Patience, true, func(ctx context.Context) (bool, error) {
		hubs, err := o.hubs(ctx, c)
		leaving = 0
		for _, h := range hubs {
			if !h.DeletionTimestamp.IsZero() {
				leaving++
			}
		}
		return leaving == 0, err
	})
	if wait.Interrupted(err) && ctx.Err() == nil {
		slog.WarnContext(ctx, "hubs are still being deleted; they go without being archived", "hubs", leaving)
		return nil
	}
	return err
}

// stop scales the operator down and waits until none has its lease, so that nothing puts finalizers back.
func (o Options) stop(ctx context.Context, c client.Client) error {
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: o.Namespace, Name: o.Deployment}}
	none := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"replicas":0}}`))
	err := c.SubResource("scale").Patch(ctx, deployment, none, client.WithSubResourceBody(&autoscalingv1.Scale{}))
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("stop the operator: %w", err)
	}
	slog.InfoContext(ctx, "the operator is told to stop", "deployment", o.Deployment)
	err = wait.PollUntilContextCancel(ctx, lookEvery, true, func(ctx context.Context) (bool, error) {
		lease := &coordinationv1.Lease{}
		err := c.Get(ctx, client.ObjectKey{Namespace: o.Namespace, Name: o.Lease}, lease)
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		return !held(lease, time.Now()), err
	})
	if err != nil {
		return fmt.Errorf("wait until the operator has stopped: %w", err)
	}
	return nil
}

// held reports whether somebody has the lease.
func held(lease *coordinationv1.Lease, now time.Time) bool {
	spec := lease.Spec
	if spec.HolderIdentity == nil || *spec.HolderIdentity == "" || spec.RenewTime == nil || spec.LeaseDurationSeconds == nil {
		return false
	}
	return now.Before(spec.RenewTime.Add(time.Duration(*spec.LeaseDurationSeconds) * time.Second))
}

// strip takes the finalizer off every hub.
func (o Options) strip(ctx context.Context, c client.Client) error {
	hubs, err := o.hubs(ctx, c)
	if err != nil {
		return err
	}
	for _, h := range hubs {
		if !controllerutil.ContainsFinalizer(&h, v1alpha1.Finalizer) {
			continue
		}
		err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
			now := &v1alpha1.Hub{}
			if err := c.Get(ctx, client.ObjectKeyFromObject(&h), now); err != nil {
				return err
			}
			without := now.DeepCopy()
			controllerutil.RemoveFinalizer(without, v1alpha1.Finalizer)
			return c.Patch(ctx, without, client.MergeFromWithOptions(now, client.MergeFromWithOptimisticLock{}), step.FieldOwner)
		})
		if client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("take the finalizer off hub %s: %w", client.ObjectKeyFromObject(&h), err)
		}
		slog.InfoContext(ctx, "took the finalizer off", "namespace", h.Namespace, "hub", h.Name)
	}
	return nil
}
