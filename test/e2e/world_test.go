//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"liferooms.io/liferooms/test/helm"
	"liferooms.io/liferooms/web"
)

const (
	release      = "liferooms"
	bootleHost   = "bootle.liferooms.example.org"
	waltonHost   = "walton.liferooms.example.org"
	appHost      = "app.liferooms.example.org"
	providerHost = "provider." + namespace + ".svc.cluster.local"
	clientSecret = "only-for-tests"
	chart        = "../../charts/liferooms"
)

// world is Life Rooms' surroundings in the cluster, and the way in.
type world struct {
	helm  string
	roots *x509.CertPool
	gate  string // address of the gate on this machine
}

// newWorld sets up what an installation finds: a database with its roles, the staff's provider, and what leads requests
// with a host name to the API.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{roots: x509.NewCertPool()}
	var err error
	if w.helm, err = helm.Binary(t.Context()); err != nil {
		t.Fatal(err)
	}
	certificate, key := newCertificate(t, bootleHost, waltonHost, appHost, providerHost)
	w.roots.AppendCertsFromPEM(certificate)
	fill := strings.NewReplacer("CERTIFICATE", indent(certificate), "KEY", indent(key), "PROVIDER_HOST", providerHost, "BOOTLE", bootleHost,
		"SECRET", clientSecret, "RESTRICTED", restricted)
	apply(t, fill.Replace(surroundings))
	for _, name := range []string{"postgres", "provider", "gate"} {
		kubectl(t, "rollout", "status", "deployment/"+name, "--timeout=90s")
	}
	w.gate = forward(t, "deployment/gate", "8443")
	for _, statement := range guideSQL(t, "create role liferooms_owner") {
		statement = strings.NewReplacer("OWNER-PASSWORD", "owner", "SERVER-PASSWORD", "server").Replace(statement)
		kubectl(t, "exec", "deployment/postgres", "--", "psql", "-qc", statement)
	}
	return w
}

// guideSQL gives the statements of the block in docs/operate.md that begins so: what the tests do is what people are told.
func guideSQL(t *testing.T, begins string) []string {
	t.Helper()
	guide, err := os.ReadFile("../../docs/operate.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(guide), "```sql\n"+begins)
	block, _, closed := strings.Cut(block, "```")
	if !found || !closed {
		t.Fatalf("the guide has no block of SQL that begins %q", begins)
	}
	var statements []string
	for statement := range strings.SplitSeq(begins+block, ";\n") {
		if strings.TrimSpace(statement) != "" {
			statements = append(statements, statement)
		}
	}
	return statements
}

// restricted is what the namespace's pod security asks of each container.
const restricted = "{runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}"

// surroundings: the secrets are those that the chart's values and the trust name.
const surroundings = `
apiVersion: v1
kind: Secret
metadata: {name: postgres-owner}
stringData: {url: "postgres://liferooms_owner:owner@postgres:5432/liferooms?sslmode=disable"}
---
apiVersion: v1
kind: Secret
metadata: {name: postgres-app}
stringData: {url: "postgres://liferooms_server:server@postgres:5432/liferooms?sslmode=disable"}
---
apiVersion: v1
kind: Secret
metadata: {name: mersey-care-sign-in}
stringData: {client-secret: SECRET}
---
apiVersion: v1
kind: Secret
metadata: {name: certificate}
type: kubernetes.io/tls
stringData:
  tls.crt: |
CERTIFICATE
  tls.key: |
KEY
---
apiVersion: v1
kind: ConfigMap
metadata: {name: trusted-certificates}
data:
  tests.pem: |
CERTIFICATE
---
apiVersion: v1
kind: Service
metadata: {name: postgres}
spec: {selector: {app: postgres}, ports: [{port: 5432}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: postgres}
spec:
  selector: {matchLabels: {app: postgres}}
  template:
    metadata: {labels: {app: postgres, app.kubernetes.io/part-of: liferooms}}
    spec:
      containers:
      - name: postgres
        image: liferooms-postgres:e2e
        imagePullPolicy: Never
        readinessProbe: {exec: {command: [pg_isready, -h, /tmp]}, periodSeconds: 1}
        securityContext: RESTRICTED
        volumeMounts: [{name: data, mountPath: /data}, {name: memory, mountPath: /dev/shm}]
      volumes: [{name: data, emptyDir: {}}, {name: memory, emptyDir: {medium: Memory}}]
---
# The provider's own name leads to the gate, which has its certificate.
apiVersion: v1
kind: Service
metadata: {name: provider}
spec: {selector: {app: gate}, ports: [{port: 443, targetPort: 8443}]}
---
apiVersion: v1
kind: Service
metadata: {name: provider-plain}
spec: {selector: {app: provider}, ports: [{port: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: provider}
spec:
  selector: {matchLabels: {app: provider}}
  template:
    metadata: {labels: {app: provider, app.kubernetes.io/part-of: liferooms}}
    spec:
      containers:
      - name: provider
        image: liferooms-props:e2e
        imagePullPolicy: Never
        args: [provider, "-url=https://PROVIDER_HOST", "-app=https://BOOTLE", -secret=SECRET]
        readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
        securityContext: RESTRICTED
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: gate}
spec:
  selector: {matchLabels: {app: gate}}
  template:
    metadata: {labels: {app: gate, app.kubernetes.io/part-of: liferooms}}
    spec:
      containers:
      - name: gate
        image: liferooms-props:e2e
        imagePullPolicy: Never
        args: [gate, "-api=http://liferooms-api:8080", "-provider=http://provider-plain:8080", -provider-host=PROVIDER_HOST, -certificate=/certificate]
        readinessProbe: {tcpSocket: {port: 8443}, periodSeconds: 1}
        securityContext: RESTRICTED
        volumeMounts: [{name: certificate, mountPath: /certificate}]
      volumes: [{name: certificate, secret: {secretName: certificate}}]
`

// values are how Life Rooms is installed: as for real, with a rate that lets one viewer be the load of many.
const values = `
publicURL: https://` + appHost + `
image: {tag: e2e, pullPolicy: Never}
routes: {mode: ingress}
api:
  replicas: 2
  rate: 2000
  burst: 2000
  trustedCertificates: {existingConfigMap: trusted-certificates}
operator:
  replicas: 1
  secrets: [mersey-care-sign-in]
  resync: 15s
database:
  mode: external
  external:
    owner: {existingSecret: postgres-owner}
    app: {existingSecret: postgres-app}
`

func indent(text []byte) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(string(text)), "\n", "\n    ")
}

// newCertificate makes a certificate for the hosts that is its own authority.
func newCertificate(t *testing.T, hosts ...string) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		DNSNames: hosts, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})
}

// forward leads a port of this machine to a port in the cluster while the test runs, and gives its address.
func forward(t *testing.T, target, port string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "kubectl", "--namespace", namespace, "port-forward", target, ":"+port)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var problems bytes.Buffer
	cmd.Stderr = &problems
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // it ends with the test's context, killed
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatalf("forward %s: %s", target, &problems)
	}
	_, rest, _ := strings.Cut(lines.Text(), "127.0.0.1:")
	local, _, ok := strings.Cut(rest, " ")
	if !ok {
		t.Fatalf("forward %s: %s", target, lines.Text())
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // a line for each connection
	return "127.0.0.1:" + local
}

// runHelm runs helm in the namespace.
func (w *world) runHelm(ctx context.Context, input string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, w.helm, append([]string{"--namespace", namespace}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("helm %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return string(out), err
}

// sql asks the database, past all walls, and gives the answer's rows, one a line.
func sql(t *testing.T, statement string) string {
	t.Helper()
	return strings.TrimSpace(kubectl(t, "exec", "deployment/postgres", "--", "psql", "-v", "ON_ERROR_STOP=1", "-tA", "-d", "liferooms", "-c", statement))
}

// browser is a browser without a page: it keeps cookies, and every host name leads to the gate.
func (w *world) browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, w.gate)
	}
	return &http.Client{Jar: jar, Timeout: 20 * time.Second, Transport: &http.Transport{
		DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: w.roots}, ForceAttemptHTTP2: true,
	}}
}

var hiddenRequest = regexp.MustCompile(`name="request" value="([^"]+)"`)

// signIn signs one of the provider's staff in at a host, as a browser does.
func (w *world) signIn(t *testing.T, host, login string) *http.Client {
	t.Helper()
	b := w.browser(t)
	page, text := fetch(t, b, http.MethodGet, "https://"+host+"/auth/login", nil)
	found := hiddenRequest.FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no choice of staff at %s: %s", page.Request.URL, text)
	}
	form := url.Values{"request": {found[1]}, "user": {login}}
	page, text = fetch(t, b, http.MethodPost, "https://"+providerHost+"/mersey/sign-in", strings.NewReader(form.Encode()),
		"Content-Type", "application/x-www-form-urlencoded")
	if page.StatusCode != appPage() || page.Request.URL.Host != host {
		t.Fatalf("%s ends the sign-in at %s: %s: %s", login, page.Request.URL, page.Status, text)
	}
	me := query[struct{ Viewer struct{ Name string } }](t, b, host, map[string]any{"documentId": document(t, "Viewer")})
	if me.Data.Viewer.Name == "" {
		t.Fatalf("%s is not signed in at %s: %+v", login, host, me.Errors)
	}
	return b
}

// appPage is the status of the app's page: 503 where this machine has no Node to build it, here and in the image alike.
func appPage() int {
	page := httptest.NewRecorder()
	web.Handler().ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/", nil))
	return page.Code
}

func fetch(t *testing.T, client *http.Client, method, to string, body io.Reader, headers ...string) (*http.Response, string) {
	t.Helper()
	answer, text, err := tryFetch(t.Context(), client, method, to, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return answer, text
}

func tryFetch(ctx context.Context, client *http.Client, method, to string, body io.Reader, headers ...string) (*http.Response, string, error) {
	request, err := http.NewRequestWithContext(ctx, method, to, body)
	if err != nil {
		return nil, "", err
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, "", err
	}
	text, err := io.ReadAll(answer.Body)
	return answer, string(text), errors.Join(err, answer.Body.Close())
}

// answer is what GraphQL answers.
type answer[T any] struct {
	Data   T
	Errors []struct {
		Message    string
		Extensions struct{ Code string }
	}
}

// query sends a GraphQL operation to a host.
func query[T any](t *testing.T, client *http.Client, host string, operation map[string]any, headers ...string) answer[T] {
	t.Helper()
	a, err := tryQuery[T](t.Context(), client, host, operation, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func tryQuery[T any](ctx context.Context, client *http.Client, host string, operation map[string]any, headers ...string) (answer[T], error) {
	var a answer[T]
	body, err := json.Marshal(operation)
	if err != nil {
		return a, err
	}
	response, text, err := tryFetch(ctx, client, http.MethodPost, "https://"+host+"/graphql", bytes.NewReader(body),
		append(headers, "Content-Type", "application/json", "X-Liferooms-Client", "e2e")...)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return a, fmt.Errorf("%s: %s: %w", response.Status, text, err)
	}
	return a, nil
}

// document gives the id of one of the app's own documents: sessions may send no others.
func document(t *testing.T, operation string) string {
	t.Helper()
	text, err := os.ReadFile("../../web/src/gql/persisted-documents.json")
	if err != nil {
		t.Fatal(err)
	}
	var documents map[string]string
	if err := json.Unmarshal(text, &documents); err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`\b(query|mutation) ` + operation + `\b`)
	for id, text := range documents {
		if named.MatchString(text) {
			return id
		}
	}
	t.Fatalf("the app has no document %s", operation)
	return ""
}

// token is a bearer token of one of the provider's staff.
func (w *world) token(t *testing.T, login string) string {
	t.Helper()
	response, text := fetch(t, w.browser(t), http.MethodPost, "https://"+providerHost+"/token/"+login, nil)
	if response.StatusCode != http.StatusOK {
		t.Fatalf("token of %s: %s: %s", login, response.Status, text)
	}
	return text
}

// example reads one of docs/examples with the provider of the tests in place of the example's.
func example(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../docs/examples", name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(
		"issuer: https://login.example.org/mersey-care", "issuer: https://"+providerHost+"/mersey",
		"clientID: liferooms\n", "clientID: liferooms-staff-app\n",
		"# clientSecretRef:", "clientSecretRef:",
		"      scopes: [profile, email]\n", "      scopes: [profile, email, groups]\n      apiClients: [{clientID: terminal, audience: liferooms-api, freeQueries: true}]\n",
	).Replace(string(text))
}
