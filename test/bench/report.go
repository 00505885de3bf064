package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"
)

// What a row is about.
const (
	subjectAPI   = "api"
	subjectPlain = "plain"
)

var subjects = []string{subjectPlain, subjectAPI}

// row is one line of bench.json. Times of the processor are per request, in milliseconds: api_cpu_ms is that of the
// process that asks Postgres, which for plain SQL is the bench itself.
type row struct {
	Operation  string  `json:"operation"`
	Subject    string  `json:"subject"`
	Clients    int     `json:"clients"`
	RPS        float64 `json:"rps"`
	P50        float64 `json:"p50_ms"`
	P99        float64 `json:"p99_ms"`
	APICPU     float64 `json:"api_cpu_ms"`
	PgCPU      float64 `json:"pg_cpu_ms"`
	Statements float64 `json:"statements"`
	// Ratio is the requests per second as a share of plain SQL's with as many clients.
	Ratio float64 `json:"ratio"`
	// CPURatio is plain SQL's processor time per request, Postgres included, as a share of this row's. Where other programs
	// take processors away, it is the steadier of the two.
	CPURatio float64 `json:"cpu_ratio"`
	// Target is what the ratio must reach; 0: there is none for this row.
	Target float64 `json:"target,omitempty"`
}

// report prints rows as they come and keeps them.
type report struct {
	out    io.Writer
	rows   []row
	missed []string
}

const line = "%-8s %7d  %-5s %9s %9s %9s %8s %8s %6s  %5s  %5s  %s\n"

func newReport(out io.Writer) *report {
	fmt.Fprintf(out, "%-8s %7s  %-5s %9s %9s %9s %8s %8s %6s  %5s  %5s\n", "", "clients", "", "req/s", "p50 ms", "p99 ms", "API cpu", "PG cpu", "stmts", "ratio", "cpu")
	return &report{out: out}
}

func (r *report) add(o *operation, clients int, statements map[string]float64, api, plain *sample) {
	measured := func(subject string, s *sample, cpu time.Duration) row {
		return row{
			Operation: o.name, Subject: subject, Clients: clients, RPS: round(s.rps(), 1),
			P50: round(milliseconds(s.quantile(.5)), 3), P99: round(milliseconds(s.quantile(.99)), 3),
			APICPU: round(s.each(cpu), 4), PgCPU: round(s.each(s.pg), 4), Statements: round(statements[subject], 2),
			Ratio:    round(s.rps()/plain.rps(), 3),
			CPURatio: round((plain.each(plain.us)+plain.each(plain.pg))/(s.each(cpu)+s.each(s.pg)), 3),
		}
	}
	one, other := measured(subjectAPI, api, api.api), measured(subjectPlain, plain, plain.us)
	verdict := ""
	if clients == targetClients {
		one.Target = o.target
		verdict = fmt.Sprintf("reaches %.2f", o.target)
		if one.Ratio < o.target {
			verdict = fmt.Sprintf("MISSES %.2f", o.target)
			r.missed = append(r.missed, o.name)
		}
	}
	r.rows = append(r.rows, one, other)
	r.print(one, verdict)
	r.print(other, "")
}

func (r *report) print(w row, verdict string) {
	fmt.Fprintf(r.out, line, w.Operation, w.Clients, w.Subject, number(w.RPS), number(w.P50), number(w.P99), number(w.APICPU), number(w.PgCPU),
		fmt.Sprintf("%.1f", w.Statements), fmt.Sprintf("%.2f", w.Ratio), fmt.Sprintf("%.2f", w.CPURatio), verdict)
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
	missed := fmt.Errorf("below the target: %v", r.missed)
	if strict {
		return errors.Join(missed)
	}
	fmt.Fprintln(r.out, missed)
	return nil
}
