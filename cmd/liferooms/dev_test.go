//go:build !production

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// binary is liferooms itself, built for these tests: signals and exit codes belong to a process.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "liferooms-cmd-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "liferooms")
		if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// dataFolder is one that another user can pass through: Postgres does not run as root.
func dataFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "liferooms-data-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "kept")
}

// run runs a command to its end.
func run(t *testing.T, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Env = append(os.Environ(), env...)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), problems.String(), cmd.ProcessState.ExitCode()
}

// devServer is a running `liferooms dev`.
type devServer struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	rest chan string // what else it says on stdout
	log  *bytes.Buffer
}

func startDev(t *testing.T, data string) *devServer {
	t.Helper()
	d := &devServer{t: t, cmd: exec.Command(binary, "dev"), rest: make(chan string, 1), log: &bytes.Buffer{}}
	d.cmd.Env = append(os.Environ(), "PORT=0", "LIFEROOMS_DATA="+data)
	d.cmd.Stderr = d.log
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.cmd.Process.Kill() }) // ended already where the test went well
	reader := bufio.NewReader(out)
	line, err := reader.ReadString('\n')
	if err != nil {
		_ = d.cmd.Wait()
		t.Fatalf("it ended before it was ready: %v\n%s", err, d.log)
	}
	url, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "Life Rooms is ready at ")
	if !ok || !strings.HasPrefix(url, "http://localhost:") {
		t.Fatalf("it said %q", line)
	}
	d.url = url
	go func() {
		rest, _ := io.ReadAll(reader)
		d.rest <- string(rest)
	}()
	return d
}

// stop sends a signal and waits: all must be gone, and nothing be wrong.
func (d *devServer) stop(signal os.Signal, data string) {
	d.t.Helper()
	lock, err := os.ReadFile(filepath.Join(data, "postgres", "data", "postmaster.pid"))
	if err != nil {
		d.t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(lock), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		d.t.Fatal(err)
	}
	if err := d.cmd.Process.Signal(signal); err != nil {
		d.t.Fatal(err)
	}
	if more := <-d.rest; more != "" {
		d.t.Errorf("it went on to say %q", more)
	}
	if err := d.cmd.Wait(); err != nil {
		d.t.Errorf("after %v: %v\n%s", signal, err, d.log)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		d.t.Errorf("Postgres (process %d) is left: %v", pid, err)
	}
	if _, err := http.Get(d.url + "/healthz"); err == nil {
		d.t.Error("something still answers")
	}
}

func (d *devServer) ask(token, query string) string {
	d.t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		d.t.Fatal(err)
	}
	r, err := http.NewRequest("POST", d.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(text)
}

func TestDevFromEndToEnd(t *testing.T) {
	data := dataFolder(t)
	d := startDev(t, data)
	port := d.url[strings.LastIndex(d.url, ":")+1:]
	here := []string{"PORT=" + port, "LIFEROOMS_DATA=" + data}

	out, problems, code := run(t, here, "token", "--as", "fay")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	token := lines[len(lines)-1]
	if code != 0 || strings.Count(token, ".") != 2 || strings.Contains(token, " ") {
		t.Fatalf("token: %d %q %s", code, out, problems)
	}
	if got := d.ask(token, `{ viewer { name } hub(slug: "walton") { today { waitingCount } services(first: 1) { nodes { name } } } }`); !strings.Contains(got, "Fay Brennan") ||
		!strings.Contains(got, `"waitingCount":3`) || !strings.Contains(got, `"nodes":[{"name"`) {
		t.Errorf("fay is told %s", got)
	}
	if got := d.ask(token, `{ hub(slug: "southport") { name } }`); !strings.Contains(got, "NOT_FOUND") {
		t.Errorf("Southport: %s", got)
	}
	if _, problems, code := run(t, here, "token", "--as", "nobody"); code != 1 || !strings.Contains(problems, "fay, amir") {
		t.Errorf("a token of nobody: %d %s", code, problems)
	}
	badKey := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(badKey, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		flag, value, says string
	}{
		{"--secret-key-file", badKey, "mend  secrets: the key file"},
		{"--platform-issuer", "https://kubernetes.invalid", "mend  operator: the platform's issuer is set but no subject"},
	} {
		if out, problems, code := run(t, here, "doctor", c.flag, c.value); code != 1 || !strings.Contains(out, c.says) {
			t.Errorf("doctor %s: %d %s %s", c.flag, code, out, problems)
		}
	}
	if out, problems, code := run(t, here, "doctor"); code != 0 || !strings.Contains(out, "All is well") {
		t.Errorf("doctor: %d %s %s", code, out, problems)
	}
	if _, problems, code := run(t, []string{"PORT=0", "LIFEROOMS_DATA=" + data}, "dev"); code != 1 || !strings.Contains(problems, "already runs") {
		t.Errorf("a second one in the folder: %d %s", code, problems)
	}
	if _, problems, code := run(t, []string{"PORT=" + port, "LIFEROOMS_DATA=" + dataFolder(t)}, "dev"); code != 1 || !strings.Contains(problems, "port "+port+" is in use") {
		t.Errorf("a second one at the port: %d %s", code, problems)
	}
	d.stop(os.Interrupt, data)

	// What was done is kept, and the port may be another.
	again := startDev(t, data)
	out, problems, code = run(t, []string{"LIFEROOMS_DATA=" + data}, "token", "--as", "amir")
	if code != 0 {
		t.Fatalf("token: %s", problems)
	}
	if got := again.ask(strings.TrimSpace(out), `{ hub(slug: "walton") { people(search: "Sean M") { nodes { displayName } } followUps(first: 1) { nodes { id } } } }`); !strings.Contains(got, "Sean Murphy") || !strings.Contains(got, `"followUps":{"nodes":[{`) {
		t.Errorf("after a restart amir is told %s", got)
	}
	again.stop(syscall.SIGTERM, data)
}

func TestCatalogueImport(t *testing.T) {
	data := dataFolder(t)
	d := startDev(t, data)
	here := []string{"LIFEROOMS_DATA=" + data}
	file := filepath.Join(t.TempDir(), "page.json")
	const page = `{"total_items":2,"total_pages":1,"page_number":1,"size":2,"first_page":true,"last_page":true,"empty":false,"contents":[
		{"id":"5a3b7a36-5d5c-4c0a-9a5e-0a3f3c0b0001","name":"Chair yoga","status":"active","organization":{"id":"5a3b7a36-5d5c-4c0a-9a5e-0a3f3c0b0002","name":"Stretch","description":"Gentle exercise"}},
		{"id":"5a3b7a36-5d5c-4c0a-9a5e-0a3f3c0b0003","status":"active"}]}`
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(page)
	out, problems, code := run(t, here, "catalogue", "import", "--hub", "walton", "--dry-run", file)
	if code != 0 || !strings.Contains(out, `added service "Chair yoga"`) || !strings.Contains(out, "refused service") || !strings.Contains(out, "Nothing was saved") {
		t.Errorf("dry run: %d %s %s", code, out, problems)
	}
	files := http.Server{Handler: http.FileServer(http.Dir(filepath.Dir(file))), ReadHeaderTimeout: time.Second}
	listeners, err := (&devCommand{Host: "127.0.0.1"}).listen(0)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = files.Serve(listeners[0]) }()
	defer files.Close()
	url := "http://" + listeners[0].Addr().String()
	for n, want := range []string{"1 added", "1 unchanged"} {
		out, problems, code := run(t, here, "catalogue", "import", "--hub", "walton", url+"/page.json")
		if code != 0 || !strings.Contains(out, "2 rows: ") || !strings.Contains(out, want) || !strings.Contains(out, "1 refused") {
			t.Errorf("time %d: %d %s %s", n+1, code, out, problems)
		}
	}
	write(page[:300])
	if out, problems, code := run(t, here, "catalogue", "import", "--hub", "walton", file); code != 1 || !strings.Contains(problems, "Nothing was imported") || out != "" {
		t.Errorf("cut off: %d %q %s", code, out, problems)
	}
	for _, args := range [][]string{{"--hub", "nowhere", file}, {"--hub", "walton", file + ".not"}, {"--hub", "walton", url + "/not"}} {
		if _, problems, code := run(t, here, append([]string{"catalogue", "import"}, args...)...); code != 1 || len(problems) < 20 {
			t.Errorf("%v: %d %s", args, code, problems)
		}
	}
	d.stop(os.Interrupt, data)
}

func TestHelpAndMistakes(t *testing.T) {
	for _, command := range [][]string{{}, {"serve"}, {"migrate"}, {"seed"}, {"catalogue", "import"}, {"doctor"}, {"dev"}, {"token"}} {
		out, _, code := run(t, nil, append(command, "--help")...)
		if code != 0 || !strings.Contains(out, "Usage: liferooms") || !strings.Contains(out, "LIFEROOMS_") {
			t.Errorf("%v --help: %d %s", command, code, out)
		}
	}
	for _, one := range []struct {
		args   []string
		code   int
		saying string
	}{
		{[]string{"nonsense"}, 2, "nonsense"},
		{[]string{"serve"}, 2, "--public-url"},
		{[]string{"token"}, 2, "--as"},
		{[]string{"migrate", "--owner-url", "nonsense://"}, 1, "connect as the owner"},
		{[]string{"doctor", "--database-url", "nonsense"}, 1, ""},
		{[]string{"seed"}, 1, "--database-url"},
		{[]string{"serve", "--listen", "localhost:99999999", "--public-url", "http://localhost:1"}, 1, "listen"},
	} {
		out, problems, code := run(t, []string{"LIFEROOMS_DATA=" + t.TempDir()}, one.args...)
		if code != one.code || !strings.Contains(problems, one.saying) || strings.Contains(problems, "goroutine") {
			t.Errorf("%v: %d %s %s", one.args, code, out, problems)
		}
	}
}
