package entpgx

import (
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
)

// column is what decoding needs to know of one; pgx reuses its own descriptions with the next statement.
type column struct {
	oid    uint32
	format int16
}

// span is where a value lies in a result's bytes; start is -1 for NULL.
type span struct{ start, end int }

// result is a complete answer in memory, in Postgres's own encoding. It implements Ent's ColumnScanner.
type result struct {
	names   []string
	columns []column
	bytes   []byte
	spans   []span // row after row
	row     int    // the current row, counted from 1; 0 before the first
	closed  bool
}

// maxKept bounds the bytes of a result that is kept for reuse, so that one large answer does not stay forever.
const maxKept = 1 << 20

var results = sync.Pool{New: func() any { return new(result) }}

func newResult() *result {
	r := results.Get().(*result)
	*r = result{columns: r.columns[:0], bytes: r.bytes[:0], spans: r.spans[:0]}
	return r
}

// read takes over all rows.
func (r *result) read(rows pgx.Rows) error {
	for rows.Next() {
		if r.names == nil {
			r.describe(rows)
		}
		for _, value := range rows.RawValues() {
			if value == nil {
				r.spans = append(r.spans, span{start: -1})
				continue
			}
			start := len(r.bytes)
			r.bytes = append(r.bytes, value...)
			r.spans = append(r.spans, span{start, len(r.bytes)})
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if r.names == nil {
		r.describe(rows)
	}
	return nil
}

func (r *result) describe(rows pgx.Rows) {
	fields := rows.FieldDescriptions()
	r.names = make([]string, len(fields))
	for i, f := range fields {
		r.names[i] = f.Name
		r.columns = append(r.columns, column{oid: f.DataTypeOID, format: f.Format})
	}
}

// Next implements sql.ColumnScanner.
func (r *result) Next() bool {
	if r.closed || (r.row+1)*len(r.columns) > len(r.spans) || len(r.columns) == 0 {
		return false
	}
	r.row++
	return true
}

// Scan implements sql.ColumnScanner.
func (r *result) Scan(dest ...any) error {
	if r.closed || r.row == 0 {
		return errors.New("entpgx: scan without a row")
	}
	if len(dest) != len(r.columns) {
		return fmt.Errorf("entpgx: scan %d columns into %d values", len(r.columns), len(dest))
	}
	row := r.spans[(r.row-1)*len(r.columns) : r.row*len(r.columns)]
	for i, c := range r.columns {
		var value []byte
		if at := row[i]; at.start >= 0 {
			value = r.bytes[at.start:at.end:at.end]
		}
		if err := decode(c, value, dest[i]); err != nil {
			return fmt.Errorf("scan column %s: %w", r.names[i], err)
		}
	}
	return nil
}

// Columns implements sql.ColumnScanner.
func (r *result) Columns() ([]string, error) { return r.names, nil }

// ColumnTypes implements sql.ColumnScanner. It fails: only database/sql can make a sql.ColumnType. Ent then scans
// columns that it does not know into *any.
func (r *result) ColumnTypes() ([]*sql.ColumnType, error) {
	return nil, errors.New("entpgx: column types are not available")
}

// Err implements sql.ColumnScanner. A result that exists has no error: Query returns them all.
func (r *result) Err() error { return nil }

// NextResultSet implements sql.ColumnScanner.
func (r *result) NextResultSet() bool { return false }

// Close implements sql.ColumnScanner. Values that were scanned stay valid.
func (r *result) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	if cap(r.bytes) > maxKept || cap(r.spans) > maxKept/16 {
		return nil
	}
	// The caller may close again: it keeps this one, marked as closed, and the buffers move on.
	results.Put(&result{columns: r.columns, bytes: r.bytes, spans: r.spans})
	r.columns, r.bytes, r.spans = nil, nil, nil
	return nil
}
