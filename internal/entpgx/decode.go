package entpgx

import (
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"math"
	"sync"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// decode writes a value of Postgres to a destination of Ent. The types that Ent's generated code scans are decoded
// from the wire right here; pgx takes them through database/sql's conversions, at several times the cost. A nil value
// is NULL. Nothing of value is kept.
func decode(c column, value []byte, dest any) error {
	switch d := dest.(type) {
	case *sql.NullString:
		if value == nil {
			*d = sql.NullString{}
			return nil
		}
		if c.isText() {
			*d = sql.NullString{String: string(value), Valid: true}
			return nil
		}
	case *sql.NullInt64:
		if value == nil {
			*d = sql.NullInt64{}
			return nil
		}
		if n, ok := c.int(value); ok {
			*d = sql.NullInt64{Int64: n, Valid: true}
			return nil
		}
	case *sql.NullTime:
		if value == nil {
			*d = sql.NullTime{}
			return nil
		}
		if t, ok := c.time(value); ok {
			*d = sql.NullTime{Time: t, Valid: true}
			return nil
		}
	case *uuid.UUID:
		if value == nil {
			*d = uuid.UUID{} // as its own Scan does
			return nil
		}
		if c.isUUID(value) {
			copy(d[:], value)
			return nil
		}
	case *entsql.NullScanner:
		d.Valid = value != nil
		if !d.Valid {
			return nil
		}
		return decode(c, value, d.S)
	case *[]byte:
		if value == nil {
			*d = nil
			return nil
		}
		if b, ok := c.raw(value); ok {
			*d = append([]byte{}, b...)
			return nil
		}
	case *sql.NullBool:
		if value == nil {
			*d = sql.NullBool{}
			return nil
		}
		if b, ok := c.bool(value); ok {
			*d = sql.NullBool{Bool: b, Valid: true}
			return nil
		}
	case *sql.NullFloat64:
		if value == nil {
			*d = sql.NullFloat64{}
			return nil
		}
		if f, ok := c.float(value); ok {
			*d = sql.NullFloat64{Float64: f, Valid: true}
			return nil
		}
	case *string:
		if value != nil && c.isText() {
			*d = string(value)
			return nil
		}
	case *int:
		if n, ok := c.int(value); ok {
			*d = int(n)
			return nil
		}
	case *int64:
		if n, ok := c.int(value); ok {
			*d = n
			return nil
		}
	case *bool:
		if b, ok := c.bool(value); ok {
			*d = b
			return nil
		}
	case *float64:
		if f, ok := c.float(value); ok {
			*d = f
			return nil
		}
	case *time.Time:
		if t, ok := c.time(value); ok {
			*d = t
			return nil
		}
	case *any:
		v, err := c.driverValue(value)
		if err != nil {
			return err
		}
		*d = v
		return nil
	case *driver.Value:
		v, err := c.driverValue(value)
		if err != nil {
			return err
		}
		*d = v
		return nil
	}
	if scanner, ok := dest.(sql.Scanner); ok {
		v, err := c.driverValue(value)
		if err != nil {
			return err
		}
		return scanner.Scan(v)
	}
	return scanByMap(c, value, dest)
}

// typeMaps holds pgx's type maps for what decode does not know. They are not safe for concurrent use, and a
// connection's own is out of reach once the connection is back in the pool.
var typeMaps = sync.Pool{New: func() any { return pgtype.NewMap() }}

func scanByMap(c column, value []byte, dest any) error {
	m := typeMaps.Get().(*pgtype.Map)
	defer typeMaps.Put(m)
	if err := m.Scan(c.oid, c.format, value, dest); err != nil {
		return err
	}
	if t, ok := dest.(*time.Time); ok {
		*t = t.UTC()
	}
	return nil
}

// driverValue decodes to what database/sql would hand to a sql.Scanner.
func (c column) driverValue(value []byte) (driver.Value, error) {
	if value == nil {
		return nil, nil
	}
	if c.isText() {
		return string(value), nil
	}
	if n, ok := c.int(value); ok {
		return n, nil
	}
	if t, ok := c.time(value); ok {
		return t, nil
	}
	if b, ok := c.bool(value); ok {
		return b, nil
	}
	if f, ok := c.float(value); ok {
		return f, nil
	}
	if b, ok := c.raw(value); ok {
		return append([]byte{}, b...), nil
	}
	if c.isUUID(value) {
		return uuid.UUID(value).String(), nil
	}
	m := typeMaps.Get().(*pgtype.Map)
	defer typeMaps.Put(m)
	t, ok := m.TypeForOID(c.oid)
	if !ok {
		if c.format == pgtype.TextFormatCode {
			return string(value), nil
		}
		return nil, fmt.Errorf("entpgx: no decoder for Postgres type %d", c.oid)
	}
	v, err := t.Codec.DecodeDatabaseSQLValue(m, c.oid, c.format, value)
	if at, ok := v.(time.Time); ok {
		v = at.UTC()
	}
	return v, err
}

func (c column) binary() bool { return c.format == pgtype.BinaryFormatCode }

// isText reports whether the value's bytes are its text. Types that pgx does not know, such as enums, arrive as text.
func (c column) isText() bool {
	switch c.oid {
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID, pgtype.UnknownOID:
		return true
	case pgtype.Int8OID, pgtype.Int4OID, pgtype.Int2OID, pgtype.BoolOID, pgtype.Float8OID, pgtype.Float4OID,
		pgtype.TimestamptzOID, pgtype.TimestampOID, pgtype.DateOID, pgtype.ByteaOID, pgtype.JSONOID, pgtype.JSONBOID,
		pgtype.NumericOID, pgtype.UUIDOID:
		return false
	}
	return !c.binary()
}

func (c column) isUUID(value []byte) bool {
	return c.oid == pgtype.UUIDOID && c.binary() && len(value) == 16
}

func (c column) int(value []byte) (int64, bool) {
	if !c.binary() {
		return 0, false
	}
	switch {
	case c.oid == pgtype.Int8OID && len(value) == 8:
		return int64(binary.BigEndian.Uint64(value)), true
	case c.oid == pgtype.Int4OID && len(value) == 4:
		return int64(int32(binary.BigEndian.Uint32(value))), true
	case c.oid == pgtype.Int2OID && len(value) == 2:
		return int64(int16(binary.BigEndian.Uint16(value))), true
	}
	return 0, false
}

func (c column) float(value []byte) (float64, bool) {
	if !c.binary() {
		return 0, false
	}
	switch {
	case c.oid == pgtype.Float8OID && len(value) == 8:
		return math.Float64frombits(binary.BigEndian.Uint64(value)), true
	case c.oid == pgtype.Float4OID && len(value) == 4:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(value))), true
	}
	return 0, false
}

func (c column) bool(value []byte) (v, ok bool) {
	if c.oid != pgtype.BoolOID || !c.binary() || len(value) != 1 {
		return false, false
	}
	return value[0] != 0, true
}

// postgresEpoch is 2000-01-01 UTC in seconds of Unix.
const postgresEpoch = 946684800

// time leaves the infinities to pgx, which refuses them: Go has no such time.
func (c column) time(value []byte) (time.Time, bool) {
	if !c.binary() {
		return time.Time{}, false
	}
	switch c.oid {
	case pgtype.TimestamptzOID, pgtype.TimestampOID:
		if len(value) != 8 {
			return time.Time{}, false
		}
		micros := int64(binary.BigEndian.Uint64(value))
		if micros == math.MaxInt64 || micros == math.MinInt64 {
			return time.Time{}, false
		}
		return time.Unix(postgresEpoch+micros/1e6, micros%1e6*1e3).UTC(), true
	case pgtype.DateOID:
		if len(value) != 4 {
			return time.Time{}, false
		}
		days := int32(binary.BigEndian.Uint32(value))
		if days == math.MaxInt32 || days == math.MinInt32 {
			return time.Time{}, false
		}
		return time.Unix(postgresEpoch+int64(days)*86400, 0).UTC(), true
	}
	return time.Time{}, false
}

// raw returns the bytes of types that Ent reads as bytes. The binary form of jsonb begins with its version, 1.
func (c column) raw(value []byte) ([]byte, bool) {
	switch c.oid {
	case pgtype.JSONOID:
		return value, true
	case pgtype.JSONBOID:
		if c.binary() {
			if len(value) == 0 || value[0] != 1 {
				return nil, false
			}
			return value[1:], true
		}
		return value, true
	case pgtype.ByteaOID:
		return value, c.binary()
	case pgtype.TextOID, pgtype.VarcharOID:
		return value, true
	}
	return nil, false
}
