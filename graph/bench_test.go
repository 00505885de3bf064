package graph_test

import (
	"strings"
	"testing"
)

// BenchmarkOperations runs the operations in hot use without HTTP, and says how many statements each sends.
func BenchmarkOperations(b *testing.B) {
	a := newAPI(b)
	h := a.fill(b, 30)
	id := map[string]any{"id": h.people[0].ID}
	for _, op := range operations {
		b.Run(op.name, func(b *testing.B) {
			a.must(b, h.ctx, op.query, id)
			a.Statements.Reset()
			a.must(b, h.ctx, op.query, id)
			n := 0
			for _, s := range a.Statements.Sent() {
				if !strings.Contains(s, "insert into audit_events") {
					n++
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				a.must(b, h.ctx, op.query, id)
			}
			b.ReportMetric(float64(n), "statements/op")
		})
	}
}
