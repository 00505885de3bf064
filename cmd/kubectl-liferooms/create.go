package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"liferooms.io/liferooms/operator/api/v1alpha1"
)

type createCommand struct {
	clusterFlags

	Name           string   `arg:"" help:"The hub's slug: lower-case letters, digits and hyphens, such as bootle."`
	Trust          string   `placeholder:"NAME" help:"The Trust; where it is left out, the only one of the namespace."`
	DisplayName    string   `placeholder:"TEXT" help:"What people call the hub; Life Rooms and the name where it is left out."`
	Hostname       []string `placeholder:"NAME" help:"A host name of the hub; may be repeated."`
	Address        []string `placeholder:"LINE" help:"A line of the address; may be repeated."`
	Postcode       string   `placeholder:"CODE" help:"The postcode, such as \"L20 3DL\"."`
	TimeZone       string   `default:"Europe/London" help:"The time zone, by its name in the tz database."`
	Hours          []string `default:"Mon-Fri 09:00-17:00" sep:"," help:"Opening hours, such as \"Mon-Fri 09:00-17:00,Sat 10:00-13:00\"."`
	Need           []string `sep:"none" placeholder:"CODE=NAME" help:"A need that the hub offers help with; may be repeated. A usual set where none is named."`
	Room           []string `sep:"none" placeholder:"NAME=CAPACITY" help:"A room; may be repeated."`
	Grant          []string `sep:"none" placeholder:"GROUP=ROLE" help:"A role in this hub for a group of the trust's provider; may be repeated."`
	CatalogueURL   []string `name:"catalogue-url" sep:"none" placeholder:"NAME=URL" help:"An Open Referral document or feed; may be repeated."`
	CatalogueHub   []string `name:"catalogue-hub" placeholder:"HUB" help:"Another hub of the trust whose partners are taken; may be repeated."`
	DeletionPolicy string   `enum:"Retain,Archive" default:"Retain" help:"What becomes of the tenant when the hub is deleted: ${enum}."`
	DryRun         string   `enum:"none,client,server" default:"none" help:"client: only print it; server: have it checked and not kept."`
	Output         string   `short:"o" enum:",yaml,json,name" default:"" help:"Print the hub as yaml or json, or its name."`
}

// usualNeeds are offered where none is named.
var usualNeeds = []v1alpha1.Need{
	{Code: "employment", Name: "Employment"}, {Code: "housing", Name: "Housing"}, {Code: "money", Name: "Money"},
	{Code: "physical-wellbeing", Name: "Physical wellbeing"}, {Code: "mental-wellbeing", Name: "Mental wellbeing"},
	{Code: "isolation", Name: "Feeling isolated"},
}

// Run makes the hub.
func (c *createCommand) Run(ctx context.Context, stdout io.Writer) error {
	hub, err := c.hub()
	if err != nil {
		return err
	}
	if c.DryRun == "client" && c.Trust != "" {
		if c.Namespace != "" {
			hub.Namespace = c.Namespace
		}
		return c.print(stdout, hub, "made (dry run)")
	}
	kubernetes, namespace, err := c.connect()
	if err != nil {
		return err
	}
	hub.Namespace = namespace
	if c.Trust == "" {
		if hub.Spec.TrustRef.Name, err = onlyTrust(ctx, kubernetes, namespace); err != nil {
			return err
		}
	}
	done := "made"
	options := []client.CreateOption{client.FieldOwner("kubectl-liferooms"), client.FieldValidation(metav1.FieldValidationStrict)}
	switch c.DryRun {
	case "client":
		return c.print(stdout, hub, "made (dry run)")
	case "server":
		done = "made (server dry run)"
		options = append(options, client.DryRunAll)
	}
	if err := kubernetes.Create(ctx, hub, options...); err != nil {
		return fmt.Errorf("make the hub: %w", explain(err))
	}
	return c.print(stdout, hub, done)
}

// onlyTrust is the name of the only trust of a namespace.
func onlyTrust(ctx context.Context, kubernetes client.Client, namespace string) (string, error) {
	trusts := &v1alpha1.TrustList{}
	if err := kubernetes.List(ctx, trusts, client.InNamespace(namespace)); err != nil {
		return "", fmt.Errorf("list the trusts: %w", explain(err))
	}
	var names []string
	for _, t := range trusts.Items {
		names = append(names, t.Name)
	}
	switch len(names) {
	case 0:
		return "", fmt.Errorf("there is no Trust in the namespace %s: apply one first, or name another namespace with -n", namespace)
	case 1:
		return names[0], nil
	}
	return "", fmt.Errorf("there are several trusts in the namespace %s (%s): name one with --trust", namespace, strings.Join(names, ", "))
}

func (c *createCommand) hub() (*v1alpha1.Hub, error) {
	hub := &v1alpha1.Hub{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Hub"},
		ObjectMeta: metav1.ObjectMeta{Name: c.Name},
		Spec: v1alpha1.HubSpec{
			TrustRef: v1alpha1.TrustRef{Name: c.Trust}, DisplayName: c.DisplayName, Hostnames: c.Hostname, TimeZone: c.TimeZone,
			Address: v1alpha1.Address{Lines: c.Address, Postcode: c.Postcode}, Needs: usualNeeds,
			Modules: []v1alpha1.Module{"Desk", "Advice", "Catalogue", "Reports"}, DeletionPolicy: v1alpha1.DeletionPolicy(c.DeletionPolicy),
		},
	}
	if c.DisplayName == "" {
		hub.Spec.DisplayName = "Life Rooms " + titled(c.Name)
	}
	for _, hours := range c.Hours {
		days, err := parseHours(hours)
		if err != nil {
			return nil, err
		}
		hub.Spec.OpeningHours = append(hub.Spec.OpeningHours, days...)
	}
	if len(c.Need) > 0 {
		hub.Spec.Needs = nil
	}
	err := eachPair("--need", "CODE=NAME", c.Need, func(code, name string) error {
		hub.Spec.Needs = append(hub.Spec.Needs, v1alpha1.Need{Code: code, Name: name})
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = eachPair("--room", "NAME=CAPACITY", c.Room, func(name, capacity string) error {
		n, err := strconv.ParseInt(capacity, 10, 32)
		if err != nil {
			return fmt.Errorf("--room %s=%s: write how many people the room takes as a number", name, capacity)
		}
		hub.Spec.Rooms = append(hub.Spec.Rooms, v1alpha1.Room{Name: name, Capacity: int32(n)})
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = eachPair("--grant", "GROUP=ROLE", c.Grant, func(group, role string) error {
		hub.Spec.RoleGrants = append(hub.Spec.RoleGrants, v1alpha1.RoleGrant{Group: group, Role: v1alpha1.Role(role)})
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = eachPair("--catalogue-url", "NAME=URL", c.CatalogueURL, func(name, url string) error {
		hub.Spec.Catalogue.Sources = append(hub.Spec.Catalogue.Sources, v1alpha1.CatalogueSource{Name: name, URL: &v1alpha1.URLSource{Href: url}})
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, other := range c.CatalogueHub {
		hub.Spec.Catalogue.Sources = append(hub.Spec.Catalogue.Sources, v1alpha1.CatalogueSource{Name: other, Hub: &v1alpha1.HubSource{Name: other}})
	}
	return hub, nil
}

// eachPair splits each value at its first "=".
func eachPair(flag, form string, values []string, take func(before, after string) error) error {
	for _, v := range values {
		before, after, found := strings.Cut(v, "=")
		if !found || before == "" || after == "" {
			return fmt.Errorf("%s %s: write it as %s", flag, v, form)
		}
		if err := take(before, after); err != nil {
			return err
		}
	}
	return nil
}

var week = []v1alpha1.Day{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

// parseHours reads "Mon-Fri 09:00-17:00" or "Sat 10:00-13:00". What the times may be is the resource's to say.
func parseHours(text string) ([]v1alpha1.OpeningHours, error) {
	wrong := fmt.Errorf("--hours %s: write days and times as \"Mon-Fri 09:00-17:00\"", text)
	parts := strings.Fields(text)
	if len(parts) != 2 {
		return nil, wrong
	}
	opens, closes, found := strings.Cut(parts[1], "-")
	if !found {
		return nil, wrong
	}
	from, to, isRange := strings.Cut(parts[0], "-")
	if !isRange {
		to = from
	}
	first, last := dayOf(from), dayOf(to)
	if first < 0 || last < first {
		return nil, wrong
	}
	var days []v1alpha1.OpeningHours
	for _, day := range week[first : last+1] {
		days = append(days, v1alpha1.OpeningHours{Day: day, Opens: opens, Closes: closes})
	}
	return days, nil
}

// dayOf is the place in the week of a day, by its name or the first three letters of it; -1 where it is none.
func dayOf(name string) int {
	return slices.IndexFunc(week, func(d v1alpha1.Day) bool {
		return strings.EqualFold(name, string(d)) || strings.EqualFold(name, string(d)[:3])
	})
}

// titled is a slug as a name: new-brighton becomes New Brighton.
func titled(slug string) string {
	words := strings.Split(slug, "-")
	for i, w := range words {
		if w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, " ")
}

func (c *createCommand) print(out io.Writer, hub *v1alpha1.Hub, done string) error {
	var err error
	switch c.Output {
	case "yaml", "json":
		var text []byte
		if text, err = manifest(hub, c.Output); err == nil {
			_, err = out.Write(text)
		}
	case "name":
		_, err = fmt.Fprintln(out, "hub.liferooms.io/"+hub.Name)
	default:
		_, err = fmt.Fprintf(out, "hub %s %s. See how it goes: kubectl liferooms status %s\n", hub.Name, done, hub.Name)
	}
	return err
}

// manifest is the hub as somebody would write it: without its status and what the cluster adds.
func manifest(hub *v1alpha1.Hub, form string) ([]byte, error) {
	written := &v1alpha1.Hub{TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Hub"},
		ObjectMeta: metav1.ObjectMeta{Name: hub.Name, Namespace: hub.Namespace}, Spec: hub.Spec}
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(written)
	if err != nil {
		return nil, fmt.Errorf("write the manifest: %w", err)
	}
	delete(object, "status")
	delete(object["metadata"].(map[string]any), "creationTimestamp")
	text, err := yaml.Marshal(object)
	if err == nil && form == "json" {
		if text, err = yaml.YAMLToJSON(text); err == nil {
			text = append(text, '\n')
		}
	}
	return text, err
}
