package scalar

import (
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
)

// MarshalID writes an id as text.
func MarshalID(id uuid.UUID) graphql.Marshaler { return graphql.MarshalUUID(id) }

// UnmarshalID reads an id.
func UnmarshalID(v any) (uuid.UUID, error) {
	id, err := graphql.UnmarshalUUID(v)
	if err != nil {
		return id, fmt.Errorf("an ID is text such as \"0190aaaa-0000-7000-8000-000000000000\": use one as it came from the API")
	}
	return id, nil
}

// MarshalDateTime writes an instant by RFC 3339, in UTC, to the millisecond: what a browser's Date holds.
func MarshalDateTime(t time.Time) graphql.Marshaler { return quoted(t.UTC(), dateTime) }

const dateTime = "2006-01-02T15:04:05.000Z07:00"

// AppendDateTime appends an instant as MarshalDateTime writes it.
func AppendDateTime(b []byte, t time.Time) []byte {
	return append(t.UTC().AppendFormat(append(b, '"'), dateTime), '"')
}

// UnmarshalDateTime reads an instant by RFC 3339.
func UnmarshalDateTime(v any) (time.Time, error) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, fmt.Errorf("a DateTime is text such as \"2025-03-14T09:30:00Z\"")
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("a DateTime is an instant by RFC 3339, such as \"2025-03-14T09:30:00Z\"")
	}
	return t, nil
}

// MarshalDate writes a day. The time's own zone says which day it is; days of the domain are midnight UTC.
func MarshalDate(t time.Time) graphql.Marshaler { return quoted(t, time.DateOnly) }

// UnmarshalDate reads a day as midnight UTC.
func UnmarshalDate(v any) (time.Time, error) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, fmt.Errorf("a Date is text such as \"2025-03-14\"")
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("a Date is a day of the calendar as YYYY-MM-DD, such as \"2025-03-14\"")
	}
	return t, nil
}

// MarshalFloat writes a number as Postgres does, so that both ways of reading agree to the letter: 1000000, and not 1e+06.
func MarshalFloat(f float64) graphql.ContextMarshaler {
	return graphql.ContextWriterFunc(func(_ context.Context, w io.Writer) error {
		if math.IsInf(f, 0) || math.IsNaN(f) {
			return fmt.Errorf("JSON has no number for %g", f)
		}
		format := byte('e')
		if size := math.Abs(f); size == 0 || size >= 1e-4 && size < 1e15 {
			format = 'f'
		}
		_, err := w.Write(strconv.AppendFloat(make([]byte, 0, 24), f, format, -1, 64))
		return err
	})
}

// UnmarshalFloat reads a number.
func UnmarshalFloat(_ context.Context, v any) (float64, error) { return graphql.UnmarshalFloat(v) }

func quoted(t time.Time, layout string) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		b := make([]byte, 0, 32)
		b = append(b, '"')
		b = t.AppendFormat(b, layout)
		b = append(b, '"')
		_, _ = w.Write(b) // into the response's own buffer, which does not fail
	})
}
