package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"liferooms.io/liferooms/operator/api/v1alpha1"
)

type statusCommand struct {
	clusterFlags

	AllNamespaces bool     `short:"A" help:"Show the hubs of all namespaces."`
	Names         []string `arg:"" optional:"" name:"hub" help:"Show these hubs only."`
}

// Run shows the hubs, and fails where one that was asked for is not there.
func (c *statusCommand) Run(ctx context.Context, stdout io.Writer) error {
	kubernetes, namespace, err := c.connect()
	if err != nil {
		return err
	}
	var in []client.ListOption
	if !c.AllNamespaces {
		in = append(in, client.InNamespace(namespace))
	}
	hubs, trusts := &v1alpha1.HubList{}, &v1alpha1.TrustList{}
	if err := kubernetes.List(ctx, hubs, in...); err != nil {
		return fmt.Errorf("list the hubs: %w", explain(err))
	}
	if err := kubernetes.List(ctx, trusts, in...); err != nil {
		return fmt.Errorf("list the trusts: %w", explain(err))
	}
	if len(c.Names) > 0 {
		for _, name := range c.Names {
			if !slices.ContainsFunc(hubs.Items, func(h v1alpha1.Hub) bool { return h.Name == name }) {
				return fmt.Errorf("there is no hub %s in the namespace %s", name, namespace)
			}
		}
		hubs.Items = slices.DeleteFunc(hubs.Items, func(h v1alpha1.Hub) bool { return !slices.Contains(c.Names, h.Name) })
	}
	if len(hubs.Items) == 0 {
		_, err := fmt.Fprintf(stdout, "There are no hubs%s yet. Make one: kubectl liferooms hub create NAME --trust TRUST\n", where(c.AllNamespaces, namespace))
		return err
	}
	return show(stdout, hubs.Items, trusts.Items, c.AllNamespaces)
}

func where(all bool, namespace string) string {
	if all {
		return ""
	}
	return " in the namespace " + namespace
}

// show writes a table of the hubs, then a line for each thing that somebody should know of.
func show(out io.Writer, hubs []v1alpha1.Hub, trusts []v1alpha1.Trust, namespaces bool) error {
	slices.SortFunc(hubs, func(a, b v1alpha1.Hub) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	if namespaces {
		fmt.Fprint(table, "NAMESPACE\t")
	}
	fmt.Fprintln(table, "HUB\tTRUST\tREADY\tURL\tPARTNERS\tSERVICES\tLAST SYNC\tREASON")
	open := 0
	for _, h := range hubs {
		if namespaces {
			fmt.Fprint(table, h.Namespace+"\t")
		}
		ready := condition(h.Status.Conditions, v1alpha1.ConditionReady)
		if ready.Status == metav1.ConditionTrue {
			open++
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", h.Name, h.Spec.TrustRef.Name, ready.Status, cmp.Or(h.Status.URL, "-"),
			number(h.Status.Partners), number(h.Status.Services), ago(h.Status.LastSyncTime), ready.Reason)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, t := range trusts {
		tell(out, "trust "+t.Name, t.Status.Conditions, t.Generation)
	}
	for _, h := range hubs {
		tell(out, "hub "+h.Name, h.Status.Conditions, h.Generation)
	}
	_, err := fmt.Fprintf(out, "\n%d of %d ready.\n", open, len(hubs))
	return err
}

// tell writes why something is not ready, or what is amiss although it is.
func tell(out io.Writer, what string, conditions []metav1.Condition, generation int64) {
	ready := condition(conditions, v1alpha1.ConditionReady)
	if ready.Status == metav1.ConditionTrue && ready.Reason == v1alpha1.ReasonReady && ready.ObservedGeneration == generation {
		return
	}
	since := ""
	if !ready.LastTransitionTime.IsZero() && ready.Status != metav1.ConditionTrue {
		since = " for " + duration.HumanDuration(time.Since(ready.LastTransitionTime.Time))
	}
	if ready.ObservedGeneration != generation && ready.Reason != v1alpha1.ReasonProgressing {
		ready.Message += " The last change is still to be looked at."
	}
	fmt.Fprintf(out, "\n%s: %s%s\n  %s\n", what, ready.Reason, since, ready.Message)
}

// condition is the condition of that type, as good as unknown where the operator never wrote it.
func condition(conditions []metav1.Condition, name string) metav1.Condition {
	if c := meta.FindStatusCondition(conditions, name); c != nil {
		return *c
	}
	return metav1.Condition{Type: name, Status: metav1.ConditionUnknown, Reason: v1alpha1.ReasonProgressing,
		Message: "The operator has not looked at it yet. If that lasts: kubectl liferooms doctor"}
}

func number(n *int32) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprint(*n)
}

func ago(t *metav1.Time) string {
	if t == nil {
		return "-"
	}
	return duration.HumanDuration(time.Since(t.Time)) + " ago"
}
