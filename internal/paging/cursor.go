package paging

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/problem"
)

// Key is the values of a row by which its list is sorted, ending with its id: time.Time, string, float64, int64 or uuid.UUID.
type Key []any

// Kind is the type of one value of a Key.
type Kind byte

// The kinds of values that a list may be sorted by.
const (
	ID     Kind = 'i'
	Time   Kind = 't'
	Text   Kind = 's'
	Number Kind = 'f'
	Whole  Kind = 'n'
)

// version is the first byte of every cursor: a cursor of another version is refused, not misread.
const version = 1

// maxCursor bounds what is decoded, in characters.
const maxCursor = 2000

// Cursor writes the key as opaque text.
func (k Key) Cursor() string {
	b := make([]byte, 1, 48)
	b[0] = version
	for _, v := range k {
		switch v := v.(type) {
		case uuid.UUID:
			b = append(append(b, byte(ID)), v[:]...)
		case time.Time:
			b = binary.BigEndian.AppendUint64(append(b, byte(Time)), uint64(v.UnixMicro()))
		case float64:
			b = binary.BigEndian.AppendUint64(append(b, byte(Number)), math.Float64bits(v))
		case int64:
			b = binary.BigEndian.AppendUint64(append(b, byte(Whole)), uint64(v))
		case string:
			b = append(binary.AppendUvarint(append(b, byte(Text)), uint64(len(v))), v...)
		default:
			panic("paging: a key of a type that no cursor holds")
		}
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// Parse reads a cursor whose key has the kinds. Anything else is BAD_USER_INPUT.
func Parse(cursor string, kinds ...Kind) (Key, error) {
	bad := problem.New(problem.BadUserInput, "This cursor is not one of this list. Use a cursor as it came in pageInfo or an edge, or begin the list anew.")
	if len(cursor) > maxCursor {
		return nil, bad
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) == 0 || b[0] != version {
		return nil, bad
	}
	b = b[1:]
	key := make(Key, 0, len(kinds))
	for _, kind := range kinds {
		if len(b) == 0 || Kind(b[0]) != kind {
			return nil, bad
		}
		var ok bool
		var v any
		if v, b, ok = value(kind, b[1:]); !ok {
			return nil, bad
		}
		key = append(key, v)
	}
	if len(b) != 0 {
		return nil, bad
	}
	return key, nil
}

func value(kind Kind, b []byte) (v any, rest []byte, ok bool) {
	switch kind {
	case ID:
		if len(b) < 16 {
			return nil, nil, false
		}
		return uuid.UUID(b[:16]), b[16:], true
	case Text:
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			return nil, nil, false
		}
		b = b[size:]
		return string(b[:n]), b[n:], true
	}
	if len(b) < 8 {
		return nil, nil, false
	}
	n := binary.BigEndian.Uint64(b)
	switch kind {
	case Time:
		return time.UnixMicro(int64(n)).UTC(), b[8:], true
	case Whole:
		return int64(n), b[8:], true
	default:
		f := math.Float64frombits(n)
		return f, b[8:], !math.IsNaN(f) && !math.IsInf(f, 0)
	}
}
