package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
)

// What a row is about.
const (
	subjectAPI   = "api"
	subjectBare  = "bare"
	subjectPeer  = "postgraphile"
	subjectPlain = "plain"
)

// row is one line of bench.json. Times of the processor are per request, in milliseconds: api_cpu_ms is that of the
// process that asks Postgres, which for plain SQL is the bench itself.
type row struct {
	Operation  string  `json:"operation"`
	Subject    string  `json:"subject"`
	Hubs       int     `json:"hubs"`
	Clients    int     `json:"clients"`
	RPS        float64 `json:"rps"`
	P50        float64 `json:"p50_ms"`
	P95        float64 `json:"p95_ms"`
	P99        float64 `json:"p99_ms"`
	APICPU     float64 `json:"api_cpu_ms"`
	PgCPU      float64 `json:"pg_cpu_ms"`
	Statements float64 `json:"statements"`
	// Reads are those of the statements that read: what is left is the record in the audit, or a change.
	Reads float64 `json:"reads"`
	// Ratio is the requests per second as a share of plain SQL's with as many clients.
	Ratio float64 `json:"ratio"`
	// CPURatio is plain SQL's processor time per request, Postgres included, as a share of this row's. Where other programs
	// take processors away, it is the steadier of the two.
	CPURatio float64 `json:"cpu_ratio"`
	// BareRatio is the requests per second as a share of the bare server's, BareCPURatio the same of processor time, and
	// BareP99 the 99th percentile as a multiple of the bare server's.
	BareRatio    float64 `json:"bare_ratio"`
	BareCPURatio float64 `json:"bare_cpu_ratio"`
	BareP99      float64 `json:"bare_p99"`
	// PeerRatio is the requests per second as a multiple of PostGraphile's; 0: it was not measured.
	PeerRatio float64 `json:"peer_ratio,omitempty"`
	// Memory is what the process that was asked held when a spell had ended, in MiB.
	Memory float64 `json:"rss_mib"`
	// Target is what the ratio must reach, and BareTarget what the one to the bare server; 0: there is none for this row.
	Target     float64 `json:"target,omitempty"`
	BareTarget float64 `json:"bare_target,omitempty"`
}

// p99Target is the most that the API's 99th percentile may be of the bare server's.
const p99Target = 1.3

// peerTarget is how many times PostGraphile's requests per second the API's must be, where the bare server's are.
const peerTarget = 3

// report prints rows as they come and keeps them.
type report struct {
	out    io.Writer
	rows   []row
	missed []string
}

// searchTarget is within how many milliseconds 95 of 100 searches must be answered.
const searchTarget = 100

const line = "%-8s %4d %7d  %-12s %9s %9s %9s %9s %8s %8s %6s %6s %6s  %5s  %5s  %5s  %5s  %s\n"

func newReport(out io.Writer) *report {
	fmt.Fprintf(out, "%-8s %4s %7s  %-12s %9s %9s %9s %9s %8s %8s %6s %6s %6s  %5s  %5s  %5s  %5s\n", "", "hubs", "clients", "", "req/s", "p50 ms", "p95 ms", "p99 ms", "API cpu", "PG cpu", "stmts", "reads", "MiB",
		"plain", "cpu", "bare", "cpu")
	return &report{out: out}
}

func (r *report) add(o *operation, hubs, clients int, statements map[string]counts, sums map[string]*sample) {
	plain, bare, peer := sums[subjectPlain], sums[subjectBare], sums[subjectPeer]
	for _, subject := range []string{subjectAPI, subjectBare, subjectPeer, subjectPlain} {
		s := sums[subject]
		if s == nil {
			continue
		}
		w := row{
			Operation: o.name, Subject: subject, Hubs: hubs, Clients: clients, RPS: round(s.rps(), 1),
			P50: round(milliseconds(s.quantile(.5)), 3), P95: round(milliseconds(s.quantile(.95)), 3), P99: round(milliseconds(s.quantile(.99)), 3),
			APICPU: round(s.each(s.server), 4), PgCPU: round(s.each(s.pg), 4),
			Statements: round(statements[subject].all, 2), Reads: round(statements[subject].reads, 2), Memory: round(float64(s.memory)/(1<<20), 1),
			Ratio: round(s.rps()/plain.rps(), 3), CPURatio: round(plain.cpu()/s.cpu(), 3),
			BareRatio: round(s.rps()/bare.rps(), 3), BareCPURatio: round(bare.cpu()/s.cpu(), 3), BareP99: round(float64(s.quantile(.99))/float64(bare.quantile(.99)), 2),
		}
		if peer != nil {
			w.PeerRatio = round(s.rps()/peer.rps(), 2)
		}
		verdict := ""
		if subject == subjectAPI && clients == targetClients {
			w.Target, w.BareTarget = o.target, o.bareTarget
			verdict = r.judge(&w, peer != nil && bare.rps() >= peerTarget*peer.rps())
		}
		r.rows = append(r.rows, w)
		r.print(w, verdict)
	}
}

// live adds a row about screens: clients is how many there are, rps how many frames they showed in a second, and the
// latencies are from the check-in to the screen.
func (r *report) live(w row) {
	r.rows = append(r.rows, w)
	r.print(w, "from check-in to screen")
}

// judge says which targets a row of the API reaches, and remembers those that it misses. With peers, the bare server is
// fast enough that PostGraphile counts.
func (r *report) judge(w *row, peers bool) string {
	var said []string
	check := func(reached bool, what string) {
		verb := "reaches "
		if !reached {
			verb = "MISSES "
			r.missed = append(r.missed, w.Operation+" "+what)
		}
		said = append(said, verb+what)
	}
	check(w.Ratio >= w.Target, fmt.Sprintf("%.2f of plain", w.Target))
	check(w.BareRatio >= w.BareTarget, fmt.Sprintf("%.2f of bare", w.BareTarget))
	if w.Operation != "checkin" {
		check(w.BareP99 <= p99Target, fmt.Sprintf("p99 %.1f of bare", p99Target))
		check(math.Round(w.Reads) <= 1, "one statement")
	}
	if w.Operation == "search" {
		check(w.P95 < searchTarget, fmt.Sprintf("p95 %d ms", searchTarget))
	}
	if peers {
		check(w.PeerRatio >= peerTarget, fmt.Sprintf("%d times PostGraphile", peerTarget))
	}
	return strings.Join(said, ", ")
}

func (r *report) print(w row, verdict string) {
	fmt.Fprintf(r.out, line, w.Operation, w.Hubs, w.Clients, w.Subject, number(w.RPS), number(w.P50), number(w.P95), number(w.P99), number(w.APICPU), number(w.PgCPU),
		fmt.Sprintf("%.1f", w.Statements), fmt.Sprintf("%.1f", w.Reads), fmt.Sprintf("%.0f", w.Memory),
		fmt.Sprintf("%.2f", w.Ratio), fmt.Sprintf("%.2f", w.CPURatio), fmt.Sprintf("%.2f", w.BareRatio), fmt.Sprintf("%.2f", w.BareCPURatio), verdict)
}

// number has three significant digits, or all of those before the point.
func number(f float64) string {
	switch {
	case f >= 100:
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return fmt.Sprintf("%.1f", f)
	case f >= 1:
		return fmt.Sprintf("%.2f", f)
	}
	return fmt.Sprintf("%.3f", f)
}

func round(f float64, digits int) float64 {
	scale := math.Pow10(digits)
	if f = math.Round(f*scale) / scale; math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}

// finish writes the rows to a file. Where strict is set, a target that was missed is an error.
func (r *report) finish(path string, strict bool) error {
	text, err := json.MarshalIndent(r.rows, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the rows: %w", err)
	}
	if len(r.missed) == 0 {
		return nil
	}
	missed := fmt.Errorf("missed: %s", strings.Join(r.missed, "; "))
	if strict {
		return missed
	}
	fmt.Fprintln(r.out, missed)
	return nil
}
