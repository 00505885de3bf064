package readme

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the folder that a newcomer stands in.
const root = "../.."

// TestReadme types each command of README.md as it stands there, in the order of the page. A command that nothing here
// knows how to run, and that .ci/run does not run either, is a promise that nobody keeps.
func TestReadme(t *testing.T) {
	all, spoken := commands(t)
	for _, wanted := range []string{"make dev", "make test", "make bench"} {
		if !slices.Contains(all, wanted) {
			t.Errorf("README.md has no block with %s", wanted)
		}
	}
	ci := lines(t, filepath.Join(root, ".ci", "run"))
	shell := newShell(t)
	var app *dev
	asked := 0
	for _, command := range all {
		switch {
		case command == "make dev":
			app = shell.dev(command)
		case strings.HasPrefix(command, "curl "):
			if app == nil {
				t.Fatalf("nothing runs yet when README.md says: %s", command)
			}
			shell.asks(command)
			asked++
		case command == "make bench":
			if app != nil {
				app.interrupt()
				app = nil
			}
			shell.measures(command)
		case !slices.Contains(ci, command):
			t.Errorf("neither this test nor .ci/run runs what README.md tells to type: %s", command)
		}
	}
	if app != nil {
		app.interrupt()
	}
	if asked == 0 {
		t.Error("README.md asks the API nothing")
	}
	help := shell.output("make")
	for _, target := range spoken {
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(target) + ` `).MatchString(help) {
			t.Errorf("README.md speaks of make %s, which make does not list:\n%s", target, help)
		}
	}
}

var (
	block = regexp.MustCompile("(?ms)^```(.*?)\n(.*?)^```$")
	// spokenOf finds commands of make in the text, such as `make token AS=fay`.
	spokenOf = regexp.MustCompile("`make ([a-z-]+)[^`]*`")
)

// commands gives the commands of the page's blocks, and the targets of make that its text speaks of. A block says whether
// it is for a shell or to be read.
func commands(t *testing.T) (all, spoken []string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range block.FindAllStringSubmatch(string(page), -1) {
		switch b[1] {
		case "sh":
			for line := range strings.Lines(strings.ReplaceAll(b[2], "\\\n", " ")) {
				if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
					all = append(all, line)
				}
			}
		case "text":
		default:
			t.Errorf("a block of README.md is neither for a shell (```sh) nor to be read (```text): ```%s\n%s", b[1], b[2])
		}
	}
	for _, s := range spokenOf.FindAllStringSubmatch(string(page), -1) {
		spoken = append(spoken, s[1])
	}
	return all, spoken
}

func lines(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(text), "\n")
}

// asks sends what the page sends, and looks at what it promises: a hub's name and a count.
func (s *shell) asks(command string) {
	s.t.Helper()
	var answer struct {
		Data struct {
			Hub struct {
				Name  string
				Today struct{ VisitCount *int }
			}
		}
		Errors []json.RawMessage
	}
	out := s.output(command)
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		s.t.Fatalf("%s\nanswers no JSON: %v\n%s", command, err, out)
	}
	hub := answer.Data.Hub
	if len(answer.Errors) > 0 || !strings.Contains(hub.Name, "Walton") || hub.Today.VisitCount == nil || *hub.Today.VisitCount < 1 {
		s.t.Errorf("%s\nanswers %s", command, out)
	}
}

// measures runs the bench over a small region (with people enough that it does not run out of them before all are checked
// in) and for moments only: that it measures everything, not how fast it is.
func (s *shell) measures(command string) {
	s.t.Helper()
	rows := filepath.Join(s.t.TempDir(), "bench.json")
	small := *s
	small.env = append(slices.Clone(s.env), "BENCH_FLAGS=--hubs=5 --live=20 --clients=1,2 --spells=1 --spell=100ms --warm-up=50ms --data="+filepath.Join(s.data, "bench")+" --out="+rows)
	small.output(command)
	text, err := os.ReadFile(rows)
	if err != nil {
		s.t.Fatal(err)
	}
	type row struct {
		Operation  string
		Subject    string
		Clients    int
		RPS        float64
		P50        float64 `json:"p50_ms"`
		P99        float64 `json:"p99_ms"`
		Statements float64
		Ratio      float64
	}
	var all []row
	live := func(r row) bool { return r.Operation == "live" && r.Clients == 20 && r.P99 > 0 }
	if err := json.Unmarshal(text, &all); err != nil {
		s.t.Fatalf("%v: %s", err, text)
	}
	if !slices.ContainsFunc(all, live) {
		s.t.Errorf("no row of bench.json is about live screens: %s", text)
	}
	for _, operation := range []string{"person", "list", "search", "weeks", "checkin"} {
		for _, subject := range []string{"api", "bare", "plain"} {
			for _, clients := range []int{1, 2} {
				at := slices.IndexFunc(all, func(r row) bool {
					return r.Operation == operation && r.Subject == subject && r.Clients == clients
				})
				if at < 0 {
					s.t.Errorf("no row of bench.json is about %s of %s with %d clients", operation, subject, clients)
					continue
				}
				if r := all[at]; r.RPS <= 0 || r.P50 <= 0 || r.P99 < r.P50 || r.Statements < 1 || r.Ratio <= 0 {
					s.t.Errorf("a row of bench.json says nothing that can be: %+v", r)
				}
			}
		}
	}
}
