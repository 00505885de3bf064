package step

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"liferooms.io/liferooms/operator/api/v1alpha1"
)

// FieldOwner is the owner of all that the operator applies.
const FieldOwner = client.FieldOwner("liferooms-operator")

// Object is a resource whose status has conditions.
type Object interface {
	client.Object
	// StatusConditions are the object's conditions, to read and to change.
	StatusConditions() *[]metav1.Condition
	// Observed notes that the status is about this generation.
	Observed(generation int64)
}

// Step is a part of a reconcile. It is run again after any failure, of itself or another, and then does only what is
// still to be done.
type Step struct {
	// Condition is what the step's outcome becomes. Steps of one condition follow one another; the first that is not
	// done speaks for it.
	Condition string
	Run       func(context.Context) Outcome
}

// Report gathers what the steps of one reconcile come to.
type Report struct {
	object   Object
	before   Object
	outcomes map[string]Outcome
}

// NewReport begins a report on an object that was read just now.
func NewReport(object Object) *Report {
	return &Report{object: object, before: object.DeepCopyObject().(Object), outcomes: map[string]Outcome{}}
}

// Run runs the steps. It stops early only where ctx ends: a step that was cut short has nothing to say.
func (r *Report) Run(ctx context.Context, steps []Step) error {
	for _, s := range steps {
		if earlier, ran := r.outcomes[s.Condition]; ran && earlier.Status != metav1.ConditionTrue {
			continue
		}
		outcome := s.Run(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.outcomes[s.Condition] = outcome
		if outcome.Err != nil {
			reconcileErrors.WithLabelValues(kind(r.object), s.Condition).Inc()
		}
		if !outcome.skipped {
			r.Set(s.Condition, outcome)
		} else if meta.FindStatusCondition(*r.object.StatusConditions(), s.Condition) == nil {
			r.Set(s.Condition, Outcome{Status: metav1.ConditionUnknown, Reason: v1alpha1.ReasonProgressing, Message: "Not looked at yet."})
		}
	}
	return nil
}

// Set makes a condition of an outcome.
func (r *Report) Set(condition string, o Outcome) {
	meta.SetStatusCondition(r.object.StatusConditions(), metav1.Condition{
		Type: condition, Status: o.Status, Reason: o.Reason, Message: clip(o.Message, 32768), ObservedGeneration: r.object.GetGeneration(),
	})
}

// Condition is a condition as it is now; nil where it is not known.
func (r *Report) Condition(name string) *metav1.Condition {
	return meta.FindStatusCondition(*r.object.StatusConditions(), name)
}

// Before is a condition as it was before the reconcile; nil where it was not known.
func (r *Report) Before(name string) *metav1.Condition {
	return meta.FindStatusCondition(*r.before.StatusConditions(), name)
}

// Finish sets Ready and Stalled, writes the status where it changed, tells of a change of Ready, and says when to look
// again: at once with growing pauses where a step failed, else after the shortest time that a step named, or resync.
func (r *Report) Finish(ctx context.Context, c client.Client, recorder events.EventRecorder, ready Outcome, resync time.Duration) (ctrl.Result, error) {
	r.Set(v1alpha1.ConditionReady, ready)
	r.stall()
	r.object.Observed(r.object.GetGeneration())
	if err := r.write(ctx, c); err != nil {
		return ctrl.Result{}, err
	}
	was, is := r.Before(v1alpha1.ConditionReady), r.Condition(v1alpha1.ConditionReady)
	if was == nil || was.Status != is.Status || was.Reason != is.Reason {
		if is.Status == metav1.ConditionTrue {
			Tell(recorder, r.object, corev1.EventTypeNormal, is.Reason, "Reconcile", "%s", is.Message)
		} else if is.Reason != v1alpha1.ReasonProgressing {
			Tell(recorder, r.object, corev1.EventTypeWarning, is.Reason, "Reconcile", "%s", is.Message)
		}
	}
	var failed []error
	after := resync
	for _, o := range r.outcomes {
		if o.Err != nil {
			failed = append(failed, o.Err)
		}
		if o.After > 0 {
			after = min(after, o.After)
		}
	}
	if len(failed) > 0 {
		return ctrl.Result{}, errors.Join(failed...)
	}
	// A tenth more or less: what began together need not come back together.
	return ctrl.Result{RequeueAfter: after*9/10 + rand.N(after/5)}, nil
}

// stall says that nothing changes before a person acts, in the words of the first step that waits for one.
func (r *Report) stall() {
	conditions := r.object.StatusConditions()
	for _, c := range slices.Clone(*conditions) {
		if o, ran := r.outcomes[c.Type]; ran && o.NeedsPerson {
			o.Status = metav1.ConditionTrue
			r.Set(v1alpha1.ConditionStalled, o)
			return
		}
	}
	meta.RemoveStatusCondition(conditions, v1alpha1.ConditionStalled)
}

// write applies the whole status where it is not what it was.
func (r *Report) write(ctx context.Context, c client.Client) error {
	before, err := runtime.DefaultUnstructuredConverter.ToUnstructured(r.before)
	if err != nil {
		return fmt.Errorf("read the status as it was: %w", err)
	}
	after, err := runtime.DefaultUnstructuredConverter.ToUnstructured(r.object)
	if err != nil {
		return fmt.Errorf("read the status as it is: %w", err)
	}
	if equality.Semantic.DeepEqual(before["status"], after["status"]) {
		return nil
	}
	u := Identity(r.object)
	u.Object["status"] = after["status"]
	err = c.Status().Apply(ctx, client.ApplyConfigurationFromUnstructured(u), FieldOwner, client.ForceOwnership)
	if client.IgnoreNotFound(err) != nil { // not found: it was deleted in the meantime
		return fmt.Errorf("write the status: %w", err)
	}
	return nil
}

// Identity is the object with nothing but what it is known by. The uid keeps an object that was deleted in the meantime
// from being made again.
func Identity(object client.Object) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{}}
	u.SetAPIVersion(v1alpha1.GroupVersion.String())
	u.SetKind(kind(object))
	u.SetNamespace(object.GetNamespace())
	u.SetName(object.GetName())
	u.SetUID(object.GetUID())
	return u
}

func kind(object client.Object) string {
	if _, trust := object.(*v1alpha1.Trust); trust {
		return "Trust"
	}
	return "Hub"
}

// Tell records an event.
func Tell(recorder events.EventRecorder, object runtime.Object, eventType, reason, action, format string, args ...any) {
	recorder.Eventf(object, nil, eventType, reason, action, "%s", clip(fmt.Sprintf(format, args...), 1000)) // events hold 1 KiB
}

// clip cuts a text to at most n bytes.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n-len("…")], "") + "…"
}
