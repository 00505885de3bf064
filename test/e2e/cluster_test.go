//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestCluster checks that the cluster is one, whatever runs on it: what fails here has nothing to do with Life Rooms.
func TestCluster(t *testing.T) {
	apply(t, strings.ReplaceAll(`
apiVersion: v1
kind: Secret
metadata: {name: smoke}
stringData: {word: open}
---
apiVersion: v1
kind: Service
metadata: {name: smoke}
spec: {selector: {app: smoke}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: smoke}
spec:
  replicas: 2
  selector: {matchLabels: {app: smoke}}
  template:
    metadata: {labels: {app: smoke}}
    spec:
      containers:
      - name: smoke
        image: liferooms-props:e2e
        imagePullPolicy: Never
        args: [provider, -url=http://smoke, -app=http://smoke]
        readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
        securityContext: RESTRICTED
        resources: {limits: {memory: 64Mi}}
        volumeMounts: [{name: secrets, mountPath: /secrets}]
      volumes:
      - name: secrets
        projected:
          sources:
          - secret: {name: smoke}
          - serviceAccountToken: {path: token, audience: liferooms}
`, "RESTRICTED", restricted))
	kubectl(t, "rollout", "status", "deployment/smoke", "--timeout=60s")
	inPod := func(url string) string { return kubectl(t, "exec", "deployment/smoke", "--", "/props", "get", url) }

	for _, host := range []string{"smoke", "smoke." + namespace + ".svc.cluster.local", get[struct{ Spec struct{ ClusterIP string } }](t, "service/smoke").Spec.ClusterIP} {
		eventually(t, 30*time.Second, func() error { // the node's rules follow the pods by a moment
			got, err := tryKubectl(t.Context(), "", "exec", "deployment/smoke", "--", "/props", "get", "http://"+host+"/mersey/.well-known/openid-configuration")
			if err == nil && !strings.Contains(got, `"issuer":"http://smoke/mersey"`) {
				err = fmt.Errorf("%s answers %s", host, got)
			}
			return err
		})
	}
	if got := inPod("file:///secrets/word"); got != "open" {
		t.Errorf("the secret reads %q", got)
	}
	token := strings.Split(inPod("file:///secrets/token"), ".")
	if len(token) != 3 {
		t.Fatalf("the token has %d parts", len(token))
	}
	var discovery struct {
		Issuer string
	}
	if err := json.Unmarshal([]byte(kubectl(t, "get", "--raw", "/.well-known/openid-configuration")), &discovery); err != nil || discovery.Issuer == "" {
		t.Errorf("the cluster's issuer: %v", err)
	}
	if out, err := tryKubectl(t.Context(), "", "exec", "deployment/smoke", "--", "/props", "get", "http://nowhere.example.org"); err == nil {
		t.Errorf("a name outside the cluster answers: %s", out)
	}
	apply(t, `
apiVersion: v1
kind: Pod
metadata: {name: visitor}
spec:
  restartPolicy: Never
  containers:
  - name: visitor
    image: liferooms-props:e2e
    imagePullPolicy: Never
    args: [get, "http://smoke/mersey/.well-known/openid-configuration"]
    securityContext: `+restricted+`
`)
	kubectl(t, "wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/visitor", "--timeout=60s")
	if log := kubectl(t, "logs", "pod/visitor"); !strings.Contains(log, `"issuer"`) {
		t.Errorf("the pod's log reads %s", log)
	}
	kubectl(t, "delete", "deployment/smoke", "service/smoke", "secret/smoke", "pod/visitor")
}
