package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"liferooms.io/liferooms/operator/api/v1alpha1"
)

type doctorCommand struct {
	clusterFlags
}

// Run checks the resources' definitions, the operator and the API, what the operator may do, the client secrets, and how
// trusts and hubs are. It goes on after a failure, to name all at once.
func (c *doctorCommand) Run(ctx context.Context, stdout io.Writer) error {
	kubernetes, namespace, err := c.connect()
	if err != nil {
		return err
	}
	d := &diagnosis{out: stdout, kubernetes: kubernetes, namespace: namespace}
	if d.checkDefinitions() {
		if operator := d.checkDeployment(ctx, "operator"); operator != nil {
			d.checkRights(ctx, operator.Spec.Template.Spec.ServiceAccountName)
		}
		d.checkDeployment(ctx, "api")
		d.checkSecrets(ctx)
		d.checkResources(ctx)
	}
	if d.failed > 0 {
		fmt.Fprintf(stdout, "\n%d to mend.\n", d.failed)
		return errQuiet
	}
	fmt.Fprintln(stdout, "\nAll is well.")
	return nil
}

type diagnosis struct {
	out        io.Writer
	kubernetes client.Client
	namespace  string
	failed     int
}

func (d *diagnosis) say(what, well string, err error) {
	if err != nil {
		d.failed++
		fmt.Fprintf(d.out, "mend  %s: %s\n", what, strings.ReplaceAll(err.Error(), "\n", "; "))
		return
	}
	fmt.Fprintf(d.out, "ok    %s: %s\n", what, well)
}

// unknown says what could not be looked at with the rights of who asks.
func (d *diagnosis) unknown(what string, err error) {
	fmt.Fprintf(d.out, "?     %s: cannot be looked at: %v\n", what, err)
}

// checkDefinitions reports whether the cluster knows trusts and hubs.
func (d *diagnosis) checkDefinitions() bool {
	for _, kind := range []string{"Trust", "Hub"} {
		_, err := d.kubernetes.RESTMapper().RESTMapping(schema.GroupKind{Group: v1alpha1.GroupVersion.Group, Kind: kind}, v1alpha1.GroupVersion.Version)
		if err != nil {
			d.say("definitions", "", explain(err))
			return false
		}
	}
	d.say("definitions", "the cluster knows trusts and hubs of "+v1alpha1.GroupVersion.String(), nil)
	return true
}

// checkDeployment finds the Deployment of a component of the chart and says how it is; nil where there is none.
func (d *diagnosis) checkDeployment(ctx context.Context, component string) *appsv1.Deployment {
	list := &appsv1.DeploymentList{}
	err := d.kubernetes.List(ctx, list, client.InNamespace(d.namespace), client.MatchingLabels{
		"app.kubernetes.io/part-of": "liferooms", "app.kubernetes.io/component": component,
	})
	if apierrors.IsForbidden(err) {
		d.unknown(component, err)
		return nil
	}
	if err == nil && len(list.Items) == 0 {
		err = fmt.Errorf("there is none in the namespace %s. Install the chart there, or name its namespace with -n", d.namespace)
	}
	if err != nil {
		d.say(component, "", err)
		return nil
	}
	deployment := &list.Items[0]
	status := deployment.Status
	want := int32(1)
	if deployment.Spec.Replicas != nil {
		want = *deployment.Spec.Replicas
	}
	switch {
	case want == 0:
		err = fmt.Errorf("scaled to nought. Start it: kubectl scale deployment %s --namespace %s --replicas 1", deployment.Name, d.namespace)
	case status.ObservedGeneration < deployment.Generation || status.AvailableReplicas < want:
		err = fmt.Errorf("%d of %d pods are available. See why: kubectl describe pods --namespace %s -l app.kubernetes.io/component=%s; kubectl logs --namespace %s deployment/%s",
			status.AvailableReplicas, want, d.namespace, component, d.namespace, deployment.Name)
	}
	d.say(component, fmt.Sprintf("%d of %d pods are available", status.AvailableReplicas, want), err)
	return deployment
}

// rights are what the operator does in its namespace.
var rights = []authorizationv1.ResourceAttributes{
	{Group: "liferooms.io", Resource: "hubs", Verb: "watch"}, {Group: "liferooms.io", Resource: "hubs", Verb: "patch"},
	{Group: "liferooms.io", Resource: "hubs", Subresource: "status", Verb: "patch"},
	{Group: "liferooms.io", Resource: "trusts", Verb: "watch"}, {Group: "liferooms.io", Resource: "trusts", Subresource: "status", Verb: "patch"},
	{Resource: "configmaps", Verb: "get"}, {Resource: "configmaps", Verb: "watch"},
	{Group: "events.k8s.io", Resource: "events", Verb: "create"},
	{Group: "coordination.k8s.io", Resource: "leases", Verb: "create"},
	{Group: "networking.k8s.io", Resource: "ingresses", Verb: "watch"},
}

func (d *diagnosis) checkRights(ctx context.Context, account string) {
	var missing []string
	user := "system:serviceaccount:" + d.namespace + ":" + account
	for _, right := range rights {
		right.Namespace = d.namespace
		review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{User: user, ResourceAttributes: &right}}
		err := d.kubernetes.Create(ctx, review)
		if apierrors.IsForbidden(err) {
			d.unknown("rights of the operator", err)
			return
		}
		if err != nil {
			d.say("rights of the operator", "", err)
			return
		}
		if !review.Status.Allowed {
			missing = append(missing, strings.TrimPrefix(right.Verb+" "+strings.TrimSuffix(right.Resource+"/"+right.Subresource, "/"), " "))
		}
	}
	var err error
	if len(missing) > 0 {
		err = fmt.Errorf("%s may not %s. Upgrade the chart, which grants it, or grant it yourself", user, strings.Join(missing, ", "))
	}
	d.say("rights of the operator", "it may do what it does", err)
}

// checkSecrets looks whether the Secrets that trusts name are there; their content is not read.
func (d *diagnosis) checkSecrets(ctx context.Context) {
	trusts := &v1alpha1.TrustList{}
	if err := d.kubernetes.List(ctx, trusts, client.InNamespace(d.namespace)); err != nil {
		d.say("trusts", "", err)
		return
	}
	for _, t := range trusts.Items {
		for _, p := range t.Spec.IdentityProviders {
			if p.ClientSecretRef == nil {
				continue
			}
			what := "client secret " + p.ClientSecretRef.Name
			about := &metav1.PartialObjectMetadata{}
			about.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
			err := d.kubernetes.Get(ctx, client.ObjectKey{Namespace: d.namespace, Name: p.ClientSecretRef.Name}, about)
			if apierrors.IsForbidden(err) {
				d.unknown(what, err)
				continue
			}
			if apierrors.IsNotFound(err) {
				err = fmt.Errorf("it is not there, and the trust %s names it. Make it: kubectl create secret generic %s --namespace %s --from-literal=%s=…",
					t.Name, p.ClientSecretRef.Name, d.namespace, cmp.Or(p.ClientSecretRef.Key, v1alpha1.DefaultSecretKey))
			}
			d.say(what, "it is there", err)
		}
	}
}

// stale is how long the operator may leave a change of a resource unlooked at.
const stale = time.Minute

func (d *diagnosis) checkResources(ctx context.Context) {
	trusts, hubs := &v1alpha1.TrustList{}, &v1alpha1.HubList{}
	if err := errors.Join(d.kubernetes.List(ctx, trusts, client.InNamespace(d.namespace)), d.kubernetes.List(ctx, hubs, client.InNamespace(d.namespace))); err != nil {
		d.say("trusts and hubs", "", err)
		return
	}
	var amiss error
	if len(trusts.Items) == 0 {
		amiss = errors.New("there is none yet. Apply one: kubectl apply -f docs/examples/mersey-care.yaml")
	}
	d.say("trusts", fmt.Sprint(len(trusts.Items)), amiss)
	for _, t := range trusts.Items {
		d.sayReady("trust "+t.Name, &t, t.Status.Conditions)
	}
	d.say("hubs", fmt.Sprint(len(hubs.Items)), nil)
	slices.SortFunc(hubs.Items, func(a, b v1alpha1.Hub) int { return strings.Compare(a.Name, b.Name) })
	for _, h := range hubs.Items {
		d.sayReady("hub "+h.Name, &h, h.Status.Conditions)
	}
}

func (d *diagnosis) sayReady(what string, object client.Object, conditions []metav1.Condition) {
	c := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	switch {
	case c == nil || c.ObservedGeneration != object.GetGeneration():
		var err error
		if time.Since(object.GetCreationTimestamp().Time) > stale {
			err = errors.New("the operator has not looked at it. See its log: kubectl logs --namespace " + d.namespace + " -l app.kubernetes.io/component=operator")
		}
		d.say(what, "it was made just now", err)
	case c.Status != metav1.ConditionTrue && c.Reason != v1alpha1.ReasonSuspended:
		d.say(what, "", fmt.Errorf("%s: %s", c.Reason, c.Message))
	default:
		d.say(what, c.Message, nil)
	}
}
