package chart

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

func TestLint(t *testing.T) {
	for name, file := range valuesFiles(t) {
		t.Run(name, func(t *testing.T) {
			out, err := runHelm(t, noCluster, "lint", "--strict", chartDir, "--values", file)
			if err != nil || !strings.Contains(out, "1 chart(s) linted, 0 chart(s) failed") {
				t.Errorf("%s\n%v", out, err)
			}
		})
	}
}

// TestRefusals: what cannot work is refused before anything is made, in words that help.
func TestRefusals(t *testing.T) {
	good := chartDir + "/ci/external-values.yaml"
	for set, want := range map[string]string{
		// By the schema: where, and what would do.
		"api.replica=3":                              `at '/api': additional properties 'replica' not allowed`,
		"api.replicas=many":                          `at '/api/replicas': got string, want integer`,
		"api.replicas=-1":                            `at '/api/replicas': minimum: got -1, want 0`,
		"database.mode=sqlite":                       `at '/database/mode': value must be one of 'external', 'cnpg'`,
		"routes.mode=nodeport":                       `at '/routes/mode': value must be one of 'auto', 'ingress', 'gateway', 'none'`,
		"publicScheme=ftp":                           `at '/publicScheme': value must be one of 'https', 'http'`,
		"publicURL=liferooms.example.org":            `at '/publicURL': 'liferooms.example.org' does not match pattern '^(https?://`,
		"publicURL=https://example.org/rooms":        `at '/publicURL'`,
		"image.pullPolicy=Sometimes":                 `at '/image/pullPolicy': value must be one of 'Always', 'IfNotPresent', 'Never'`,
		"api.image.digest=sha256:abc":                `at '/api/image/digest'`,
		"podSecurityContext.runAsUser=0":             `at '/podSecurityContext/runAsUser': minimum: got 0, want 1`,
		"operator.resync=often":                      `at '/operator/resync'`,
		"operator.secrets={*}":                       `at '/operator/secrets/0': '*' does not match pattern`,
		"operator.secrets={a,a}":                     `at '/operator/secrets': items at 0 and 1 are equal`,
		"kubernetes.issuer=http://issuer":            `at '/kubernetes/issuer'`,
		"api.resources.limits.memory=null":           `missing property 'memory'`,
		"database.cnpg.instances=0":                  `at '/database/cnpg/instances': minimum: got 0, want 1`,
		"database.cnpg.backup.schedule=daily":        `at '/database/cnpg/backup/schedule'`,
		"database.external.app.url=mysql://db":       `at '/database/external/app/url'`,
		"networkPolicy.webPorts={https}":             `at '/networkPolicy/webPorts/0': got string, want integer`,
		"monitoring.prometheusRule.errorRatio=2":     `at '/monitoring/prometheusRule/errorRatio'`,
		"networkPolicy.kubernetesAPI.cidrs={server}": `at '/networkPolicy/kubernetesAPI/cidrs/0'`,
		// By the templates: what to set.
		"publicURL=":       "publicURL is missing: say how browsers reach the app, as --set publicURL=https://liferooms.example.org",
		"image.tag=latest": "image.tag is latest, which is another version each day: say which version",
		"database.external.owner.existingSecret=":                     "database.external.owner is missing: name a Secret with its URL",
		"database.external.app.existingSecret=":                       "database.external.app is missing: name a Secret with its URL",
		"database.external.app.url=postgres://a:b@c/d":                "database.external.app has an existingSecret and a url: give one of them",
		"database.external.app.existingSecret=postgres-owner":         "the server must not have the owner's URL",
		"routes.mode=gateway":                                         "routes.mode is gateway: name the Gateway in routes.gateway.name",
		"routes.mode=none,routes.publicURL.enabled=true":              "routes.publicURL.enabled needs a route, and routes.mode is none",
		"operator.resources.limits.memory=1000m":                      `at '/operator/resources/limits/memory'`,
		"database.mode=cnpg,database.cnpg.recovery.objectStore=store": "database.cnpg.recovery.serverName is missing",
	} {
		t.Run(set, func(t *testing.T) {
			out, err := runHelm(t, noCluster, "template", release, chartDir, "--values", good, "--set", set)
			if err == nil {
				t.Fatalf("taken:\n%s", out)
			}
			if !strings.Contains(err.Error(), want) {
				t.Errorf("said:\n%s\nwant:\n%s", err, want)
			}
		})
	}
}

// TestPodsAreRestricted holds every pod against the strictest of Kubernetes' own Pod Security Standards, and against
// what they do not ask for.
func TestPodsAreRestricted(t *testing.T) {
	standards, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	eachInstallation(t, func(t *testing.T, objects []object) {
		all := pods(objects)
		if len(all) == 0 {
			t.Fatal("no pods")
		}
		for _, p := range all {
			restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
			if result := policy.AggregateCheckResults(standards.EvaluatePod(restricted, &p.meta, &p.spec)); !result.Allowed {
				t.Errorf("%s: %s", p, result.ForbiddenDetail())
			}
			if p.spec.SecurityContext.SeccompProfile == nil || p.spec.SecurityContext.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
				t.Errorf("%s: the seccomp profile is not the runtime's", p)
			}
			if p.spec.AutomountServiceAccountToken == nil || *p.spec.AutomountServiceAccountToken {
				t.Errorf("%s: a token is mounted unasked", p)
			}
			if p.spec.EnableServiceLinks == nil || *p.spec.EnableServiceLinks {
				t.Errorf("%s: variables of Services could be taken for flags", p)
			}
			for _, c := range containers(p) {
				if c.SecurityContext.ReadOnlyRootFilesystem == nil || !*c.SecurityContext.ReadOnlyRootFilesystem {
					t.Errorf("%s: %s can write to its root", p, c.Name)
				}
				if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() {
					t.Errorf("%s: %s has no bounds: %v", p, c.Name, c.Resources)
				}
				name := regexp.MustCompile(`^[a-z0-9./-]+(:[A-Za-z0-9][\w.-]*|@sha256:[0-9a-f]{64})$`)
				if !name.MatchString(c.Image) || strings.HasSuffix(c.Image, ":latest") {
					t.Errorf("%s: %s has the image %q", p, c.Name, c.Image)
				}
				for _, m := range c.VolumeMounts {
					if !m.ReadOnly {
						t.Errorf("%s: %s may write to %s", p, c.Name, m.MountPath)
					}
				}
			}
		}
	})
}

// TestTokens: each pod has the tokens that it needs, by audience; "": for the Kubernetes API.
func TestTokens(t *testing.T) {
	want := map[string][]string{
		"Deployment/liferooms-api": {""}, "Deployment/liferooms-operator": {"", "liferooms"}, "Job/liferooms-drain": {""}, "Pod/liferooms-test": {"liferooms"},
	}
	got := map[string][]string{}
	for _, p := range pods(render(t, "--values", valuesFiles(t)["external"])) {
		got[p.String()] = tokens(p)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, p := range pods(render(t, "--values", valuesFiles(t)["server-only"])) {
		if held := tokens(p); len(held) > 0 {
			t.Errorf("%s needs no token, and has %q", p, held)
		}
	}
}

func tokens(p pod) []string {
	var audiences []string
	for _, v := range p.spec.Volumes {
		if v.Projected == nil {
			continue
		}
		for _, source := range v.Projected.Sources {
			if source.ServiceAccountToken != nil {
				audiences = append(audiences, source.ServiceAccountToken.Audience)
			}
		}
	}
	slices.Sort(audiences)
	return audiences
}

// TestOnlyMigrationsSeeTheOwner: the owner's secret is in the init container's environment and nowhere else.
func TestOnlyMigrationsSeeTheOwner(t *testing.T) {
	for name, owner := range map[string]corev1.SecretKeySelector{
		"external":    {LocalObjectReference: corev1.LocalObjectReference{Name: "postgres-owner"}, Key: "url"},
		"local":       {LocalObjectReference: corev1.LocalObjectReference{Name: "liferooms-database-owner"}, Key: "url"},
		"cnpg":        {LocalObjectReference: corev1.LocalObjectReference{Name: "liferooms-database-owner"}, Key: "password"},
		"server-only": {LocalObjectReference: corev1.LocalObjectReference{Name: "postgres"}, Key: "owner-url"},
	} {
		t.Run(name, func(t *testing.T) {
			seen := []string{}
			for _, p := range pods(render(t, "--values", valuesFiles(t)[name])) {
				for _, v := range p.spec.Volumes {
					if v.Secret != nil && v.Secret.SecretName == owner.Name {
						t.Errorf("%s mounts the owner's secret", p)
					}
				}
				for _, c := range containers(p) {
					if len(c.EnvFrom) > 0 {
						t.Errorf("%s: %s takes variables unseen", p, c.Name)
					}
					for _, e := range c.Env {
						if e.ValueFrom != nil && cmp.Equal(e.ValueFrom.SecretKeyRef, &owner) {
							seen = append(seen, p.String()+" "+c.Name)
						}
						if strings.Contains(e.Value, "liferooms_owner") && c.Name != "migrate" {
							t.Errorf("%s: %s connects as the owner", p, c.Name)
						}
					}
				}
			}
			if !slices.Equal(seen, []string{"Deployment/liferooms-api migrate"}) {
				t.Errorf("the owner's secret is seen by %q", seen)
			}
			api := find[*appsv1.Deployment](t, render(t, "--values", valuesFiles(t)[name]), "liferooms-api").Spec.Template.Spec
			if len(api.InitContainers) != 1 || !slices.Equal(api.InitContainers[0].Args, []string{"migrate"}) {
				t.Errorf("the init containers are %v", api.InitContainers)
			}
		})
	}
}

func TestDeployments(t *testing.T) {
	eachInstallation(t, func(t *testing.T, objects []object) {
		for _, o := range objects {
			d, ok := o.typed.(*appsv1.Deployment)
			if !ok {
				continue
			}
			spec := d.Spec.Template.Spec
			c := spec.Containers[0]
			for name, probe := range map[string]*corev1.Probe{"startup": c.StartupProbe, "liveness": c.LivenessProbe, "readiness": c.ReadinessProbe} {
				if probe == nil || probe.HTTPGet == nil {
					t.Errorf("%s has no %s probe", o, name)
					continue
				}
				if !slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool { return p.Name == probe.HTTPGet.Port.String() }) {
					t.Errorf("%s: the %s probe asks port %s, which is none of the container's", o, name, &probe.HTTPGet.Port)
				}
				if public := probe.HTTPGet.Port == intstr.FromString("http"); public {
					t.Errorf("%s: the %s probe asks the listener that everybody can keep busy", o, name)
				}
			}
			if len(spec.TopologySpreadConstraints) == 0 {
				t.Errorf("%s: its pods may all be on one node", o)
			}
			if d.Spec.Selector.MatchLabels["app.kubernetes.io/component"] == "" || !matches(d.Spec.Selector, d.Spec.Template.Labels) {
				t.Errorf("%s selects by %v", o, d.Spec.Selector)
			}
		}
	})
}

// TestDrain: preStop, the server's own delay and the pod's grace period come from the same two values, and fit.
func TestDrain(t *testing.T) {
	objects := render(t, "--values", valuesFiles(t)["external"], "--set", "api.drainDelaySeconds=7,api.drainTimeoutSeconds=11")
	spec := find[*appsv1.Deployment](t, objects, "liferooms-api").Spec
	c := spec.Template.Spec.Containers[0]
	if c.Lifecycle == nil || c.Lifecycle.PreStop == nil || c.Lifecycle.PreStop.Sleep == nil || c.Lifecycle.PreStop.Sleep.Seconds != 7 {
		t.Errorf("preStop is %v", c.Lifecycle)
	}
	if !slices.Contains(c.Args, "--drain-delay=2s") || !slices.Contains(c.Args, "--drain-timeout=11s") {
		t.Errorf("the server is told %q", c.Args)
	}
	if got := *spec.Template.Spec.TerminationGracePeriodSeconds; got != 7+11+5 {
		t.Errorf("it has %d seconds to end", got)
	}
	if got := spec.Strategy.RollingUpdate.MaxUnavailable.IntValue(); got != 0 {
		t.Errorf("an upgrade takes %d away before there is another", got)
	}
}

func matches(selector *metav1.LabelSelector, set map[string]string) bool {
	s, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && !s.Empty() && s.Matches(labels.Set(set))
}

// TestReferences: what names another resource of the chart names one that is there.
func TestReferences(t *testing.T) {
	eachInstallation(t, func(t *testing.T, objects []object) {
		all := pods(objects)
		selected := func(o object, selector *metav1.LabelSelector) []pod {
			var found []pod
			for _, p := range all {
				if matches(selector, p.meta.Labels) {
					found = append(found, p)
				}
			}
			if len(found) != 1 {
				t.Errorf("%s selects %v, want one", o, found)
			}
			return found
		}
		is := map[string]bool{}
		for _, o := range objects {
			is[o.String()] = true
		}
		needs := func(o object, kind, name string) {
			if !is[kind+"/"+name] {
				t.Errorf("%s names the %s %s, which is not there", o, kind, name)
			}
		}
		for _, o := range objects {
			switch made := o.typed.(type) {
			case *corev1.Service:
				for _, p := range selected(o, metav1.SetAsLabelSelector(made.Spec.Selector)) {
					for _, port := range made.Spec.Ports {
						if !slices.ContainsFunc(p.spec.Containers[0].Ports, func(c corev1.ContainerPort) bool { return c.Name == port.TargetPort.String() }) {
							t.Errorf("%s leads to port %s, which %s has not", o, port.TargetPort.String(), p)
						}
					}
				}
			case *policyv1.PodDisruptionBudget:
				selected(o, made.Spec.Selector)
				if made.Spec.MaxUnavailable.IntValue() < 1 {
					t.Errorf("%s lets no node be drained", o)
				}
			case *autoscalingv2.HorizontalPodAutoscaler:
				needs(o, made.Spec.ScaleTargetRef.Kind, made.Spec.ScaleTargetRef.Name)
				if find[*appsv1.Deployment](t, objects, made.Spec.ScaleTargetRef.Name).Spec.Replicas != nil {
					t.Errorf("%s and an upgrade would both set the number of replicas", o)
				}
			case *networkingv1.Ingress:
				needs(o, "Service", made.Spec.Rules[0].HTTP.Paths[0].Backend.Service.Name)
			case *rbacv1.RoleBinding:
				needs(o, made.RoleRef.Kind, made.RoleRef.Name)
				needs(o, made.Subjects[0].Kind, made.Subjects[0].Name)
			case *rbacv1.ClusterRoleBinding:
				needs(o, made.RoleRef.Kind, made.RoleRef.Name)
				needs(o, made.Subjects[0].Kind, made.Subjects[0].Name)
			}
		}
		for _, p := range all {
			needs(p.object, "ServiceAccount", p.spec.ServiceAccountName)
		}
	})
}

// TestNetworkPolicies: every pod of ours is shut, and opened again only as far as it needs.
func TestNetworkPolicies(t *testing.T) {
	eachInstallation(t, func(t *testing.T, objects []object) {
		for _, p := range pods(objects) {
			var shut, opened bool
			for _, o := range objects {
				made, ok := o.typed.(*networkingv1.NetworkPolicy)
				if !ok || !matches(&made.Spec.PodSelector, p.meta.Labels) {
					continue
				}
				both := []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}
				if !slices.Equal(made.Spec.PolicyTypes, both) {
					t.Errorf("%s is for %v only", o, made.Spec.PolicyTypes)
				}
				if len(made.Spec.Ingress)+len(made.Spec.Egress) == 0 {
					shut = true
				} else {
					opened = true
				}
				for _, rule := range made.Spec.Ingress {
					if len(rule.From) == 0 || len(rule.Ports) == 0 {
						t.Errorf("%s lets anybody in: %v", o, rule)
					}
				}
				for _, rule := range made.Spec.Egress {
					if len(rule.Ports) == 0 {
						t.Errorf("%s lets out to any port: %v", o, rule)
					}
				}
			}
			if !shut || !opened {
				t.Errorf("%s: shut %v, opened %v", p, shut, opened)
			}
		}
	})
	for _, o := range render(t, "--values", valuesFiles(t)["external"], "--set", "networkPolicy.enabled=false") {
		if o.GetKind() == "NetworkPolicy" {
			t.Errorf("%s is there though none is wanted", o)
		}
	}
}

func TestLabels(t *testing.T) {
	eachInstallation(t, func(t *testing.T, objects []object) {
		for _, o := range objects {
			set := o.GetLabels()
			for label, want := range map[string]string{
				"app.kubernetes.io/name": "liferooms", "app.kubernetes.io/instance": release, "app.kubernetes.io/managed-by": "Helm",
				"app.kubernetes.io/part-of": "liferooms", "helm.sh/chart": "liferooms-" + chartVersion(t),
			} {
				if set[label] != want {
					t.Errorf("%s: %s is %q, want %q", o, label, set[label], want)
				}
			}
			if set["app.kubernetes.io/version"] == "" {
				t.Errorf("%s has no version", o)
			}
			for label, value := range set {
				if len(value) > 63 {
					t.Errorf("%s: the label %s is too long: %q", o, label, value)
				}
			}
			if len(o.GetName()) > 63 {
				t.Errorf("%s: the name is too long", o)
			}
		}
	})
}

func chartVersion(t testing.TB) string {
	t.Helper()
	var chart struct{ Version string }
	if err := yaml.Unmarshal([]byte(readFile(t, chartDir+"/Chart.yaml")), &chart); err != nil || chart.Version == "" {
		t.Fatalf("%q %v", chart.Version, err)
	}
	return chart.Version
}

// TestNamesFit: the longest release name that helm allows makes names that Kubernetes allows.
func TestNamesFit(t *testing.T) {
	long := strings.Repeat("r", 53)
	out, err := runHelm(t, noCluster, "template", long, chartDir, "--values", valuesFiles(t)["cnpg"])
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range decode(t, out) {
		if len(o.GetName()) > 63 {
			t.Errorf("%s is %d long", o, len(o.GetName()))
		}
	}
}

// TestRights: these are all the rights that the chart gives, word for word.
func TestRights(t *testing.T) {
	const operator = `
- {apiGroups: [liferooms.io], resources: [trusts, hubs], verbs: [get, list, watch]}
- {apiGroups: [liferooms.io], resources: [hubs], verbs: [patch]}
- {apiGroups: [liferooms.io], resources: [trusts/status, hubs/status], verbs: [patch]}
- {apiGroups: [liferooms.io], resources: [hubs/finalizers], verbs: [update]}
- {apiGroups: [""], resources: [configmaps], verbs: [get, list, watch]}
`
	const secrets = `
- {apiGroups: [""], resources: [secrets], resourceNames: [mersey-care-sign-in, cheshire-sign-in], verbs: [get]}
`
	const routes = `
- {apiGroups: [networking.k8s.io], resources: [ingresses], verbs: [get, list, watch, delete]}
- {apiGroups: [gateway.networking.k8s.io], resources: [httproutes], verbs: [get, list, watch, delete]}
`
	const ingress = `
- {apiGroups: [networking.k8s.io], resources: [ingresses], verbs: [create, patch]}
`
	const gateway = `
- {apiGroups: [gateway.networking.k8s.io], resources: [httproutes], verbs: [create, patch]}
`
	const events = `
- {apiGroups: [events.k8s.io], resources: [events], verbs: [create, patch]}
`
	const leader = `
- {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [create]}
- {apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [liferooms-operator], verbs: [get, update]}
- {apiGroups: [""], resources: [events], verbs: [create, patch]}
`
	const drain = `
- {apiGroups: [liferooms.io], resources: [hubs], verbs: [get, list, patch]}
`
	const stop = `
- {apiGroups: [apps], resources: [deployments/scale], resourceNames: [liferooms-operator], verbs: [get, patch]}
- {apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [liferooms-operator], verbs: [get]}
`
	hook := map[string]string{"Role/liferooms-drain": drain, "Role/liferooms-drain-operator": stop, "Role/liferooms-operator-leader": leader}
	with := func(kind, name, rules string) map[string]string {
		all := maps.Clone(hook)
		all[kind+"/"+name] = rules
		return all
	}
	everywhere := with("ClusterRole", "liferooms-operator", operator+secrets+routes+ingress+events)
	everywhere["ClusterRole/liferooms-drain"] = drain
	delete(everywhere, "Role/liferooms-drain")
	const twoSecrets = "operator.secrets={mersey-care-sign-in,cheshire-sign-in}"
	for set, want := range map[string]map[string]string{
		"operator.secrets=null": with("Role", "liferooms-operator", operator+routes+ingress+events),
		twoSecrets:              with("Role", "liferooms-operator", operator+secrets+routes+ingress+events),
		"routes.mode=none":      with("Role", "liferooms-operator", operator+routes+events),
		"routes.mode=ingress,routes.gateway.name=g": with("Role", "liferooms-operator", operator+routes+ingress+events),
		"routes.mode=gateway,routes.gateway.name=g": with("Role", "liferooms-operator", operator+routes+gateway+events),
		"routes.mode=auto,routes.gateway.name=g":    with("Role", "liferooms-operator", operator+routes+ingress+gateway+events),
		"operator.allNamespaces=true," + twoSecrets: everywhere,
		"operator.enabled=false":                    {},
	} {
		t.Run(set, func(t *testing.T) {
			got, expected := map[string][]rbacv1.PolicyRule{}, map[string][]rbacv1.PolicyRule{}
			for _, o := range render(t, "--values", valuesFiles(t)["external"], "--set", set) {
				switch made := o.typed.(type) {
				case *rbacv1.Role:
					got[o.String()] = made.Rules
				case *rbacv1.ClusterRole:
					got[o.String()] = made.Rules
				}
			}
			for name, rules := range want {
				var read []rbacv1.PolicyRule
				if err := yaml.UnmarshalStrict([]byte(rules), &read); err != nil {
					t.Fatal(err)
				}
				expected[name] = read
			}
			if diff := cmp.Diff(expected, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestWhatStays: an uninstall takes neither data nor what it is read with.
func TestWhatStays(t *testing.T) {
	var kept []string
	for _, o := range render(t, "--values", valuesFiles(t)["cnpg"]) {
		if o.GetAnnotations()["helm.sh/resource-policy"] == "keep" && o.GetKind() != "CustomResourceDefinition" {
			kept = append(kept, o.String())
		}
	}
	slices.Sort(kept)
	want := []string{"Cluster/liferooms-db", "Secret/liferooms-database-app", "Secret/liferooms-database-owner", "Secret/liferooms-secret-key"}
	if !slices.Equal(kept, want) {
		t.Errorf("kept: %q, want %q", kept, want)
	}
}

// TestExistingSecrets: where every secret is given, the chart makes none.
func TestExistingSecrets(t *testing.T) {
	for values, set := range map[string]string{
		"everything": "operator.replicas=2",
		"cnpg":       "database.cnpg.owner.existingSecret=o,database.cnpg.app.existingSecret=a,secretKey.existingSecret=k",
	} {
		for _, o := range render(t, "--values", valuesFiles(t)[values], "--set", set) {
			if o.GetKind() == "Secret" {
				t.Errorf("%s: %s is made", values, o)
			}
		}
	}
}

// TestMemory: Go's collector of the operator keeps within nine tenths of the limit.
func TestMemory(t *testing.T) {
	for limit, want := range map[string]string{"256Mi": "241591910", "1Gi": "966367641", "200M": "180000000", "0.5Gi": "483183820"} {
		objects := render(t, "--values", valuesFiles(t)["external"], "--set", "operator.resources.limits.memory="+limit)
		for _, e := range find[*appsv1.Deployment](t, objects, "liferooms-operator").Spec.Template.Spec.Containers[0].Env {
			if e.Name == "GOMEMLIMIT" && e.Value != want {
				t.Errorf("%s: GOMEMLIMIT=%s, want %s", limit, e.Value, want)
			}
		}
	}
}

// TestOtherKinds: what is not Kubernetes' own is one of these, which TestInstall holds against their own definitions.
func TestOtherKinds(t *testing.T) {
	known := []string{
		"HTTPRoute.gateway.networking.k8s.io", "Cluster.postgresql.cnpg.io", "ScheduledBackup.postgresql.cnpg.io",
		"CustomResourceDefinition.apiextensions.k8s.io",
	}
	eachInstallation(t, func(t *testing.T, objects []object) {
		for _, o := range objects {
			kind := o.GetKind() + "." + o.GroupVersionKind().Group
			if !scheme.Recognizes(o.GroupVersionKind()) && !slices.Contains(known, kind) {
				t.Errorf("nothing here knows %s", kind)
			}
		}
	})
}

// TestSchemaAndValuesAgree: each value has its place in the schema with a description, and a default in values.yaml.
func TestSchemaAndValuesAgree(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal([]byte(readFile(t, chartDir+"/values.schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.UnmarshalStrict([]byte(readFile(t, chartDir+"/values.yaml")), &values); err != nil {
		t.Fatal(err)
	}
	optional := []string{"global"}
	for _, of := range []string{"api", "operator", "database.cnpg"} {
		for _, more := range []string{"requests.ephemeral-storage", "limits.ephemeral-storage", "limits.cpu"} {
			optional = append(optional, of+".resources."+more)
		}
	}
	compareValues(t, "", schema, values, optional)
}

func compareValues(t *testing.T, at string, schema, values map[string]any, optional []string) {
	properties, _ := schema["properties"].(map[string]any)
	for name, described := range properties {
		path := strings.TrimPrefix(at+"."+name, ".")
		value, there := values[name]
		if !there {
			if !slices.Contains(optional, path) {
				t.Errorf("%s is in the schema and not in values.yaml", path)
			}
			continue
		}
		described := described.(map[string]any)
		if text, _ := described["description"].(string); text == "" {
			t.Errorf("%s has no description in the schema", path)
		}
		if _, ok := described["properties"]; ok {
			if described["additionalProperties"] != false {
				t.Errorf("%s takes properties that nobody knows", path)
			}
			compareValues(t, path, described, value.(map[string]any), optional)
		}
	}
	for name := range values {
		if _, there := properties[name]; !there {
			t.Errorf("%s is in values.yaml and not in the schema", strings.TrimPrefix(at+"."+name, "."))
		}
	}
}
