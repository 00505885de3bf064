package openreferral

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// framer finds where one JSON value ends and the next begins, so that a document of any length is decoded one
// record at a time. encoding/json's Decoder does not do: it holds a whole value before it can be asked how long
// that is, and after an error it cannot go on to the next.
type framer struct {
	r      *bufio.Reader
	offset int64
	line   int
}

type position struct {
	line   int
	offset int64
}

// The bounds of one value.
const (
	// MaxRecord is the longest record that is taken, in bytes.
	MaxRecord = 1 << 20
	maxDepth  = 64
)

var (
	errTooLong = errors.New("value too long")
	errTooDeep = errors.New("value nested too deep")
)

func (f *framer) at() position { return position{f.line, f.offset} }

func (f *framer) fail(problem FileProblem, format string, args ...any) *FileError {
	return &FileError{Problem: problem, Line: f.line, Offset: f.offset, Message: fmt.Sprintf(format, args...)}
}

func (f *framer) readByte() (byte, error) {
	b, err := f.r.ReadByte()
	if err != nil {
		return 0, err
	}
	f.offset++
	if b == '\n' {
		f.line++
	}
	return b, nil
}

// peek skips white space and answers the next byte without taking it.
func (f *framer) peek() (byte, error) {
	for {
		b, err := f.r.ReadByte()
		if err != nil {
			return 0, err
		}
		if b != ' ' && b != '\t' && b != '\r' && b != '\n' {
			return b, f.r.UnreadByte()
		}
		f.offset++
		if b == '\n' {
			f.line++
		}
	}
}

// expect takes the next byte that is not white space, and fails where it is none of those wanted.
func (f *framer) expect(wanted string) (byte, error) {
	b, err := f.peek()
	if err != nil {
		return 0, f.ended(err)
	}
	for i := range len(wanted) {
		if b == wanted[i] {
			return f.readByte()
		}
	}
	return 0, f.fail(FileBroken, "This is not well-formed JSON: there is %q where one of %q belongs. Export the file again.", b, wanted)
}

// ended turns the end of the input into the error that says so; other errors stay as they are.
func (f *framer) ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return f.fail(FileIncomplete, "The file is incomplete: it ends here, in the middle. Fetch or export it again.")
	}
	var known *FileError
	if errors.As(err, &known) {
		known.Line, known.Offset = f.line, f.offset
		return known
	}
	return fmt.Errorf("read catalogue at byte %d: %w", f.offset, err)
}

// value takes one JSON value. One that is longer than most, or too deep, is passed over and answered as
// errTooLong or errTooDeep: the next can still be read. Whether the value is well-formed inside is not looked at.
func (f *framer) value(most int) ([]byte, position, error) {
	first, err := f.peek()
	start := f.at()
	if err != nil {
		return nil, start, f.ended(err)
	}
	if first != '{' && first != '[' && first != '"' {
		raw, err := f.scalar()
		return raw, start, err
	}
	var (
		raw             []byte
		depth           int
		inText, escaped bool
		refused         error
	)
	for {
		b, err := f.readByte()
		if err != nil {
			return nil, start, f.ended(err)
		}
		switch {
		case refused != nil:
		case len(raw) == most:
			raw, refused = nil, errTooLong
		case depth > maxDepth:
			raw, refused = nil, errTooDeep
		default:
			raw = append(raw, b)
		}
		switch {
		case escaped:
			escaped = false
		case inText && b == '\\':
			escaped = true
		case b == '"':
			inText = !inText
		case inText:
		case b == '{' || b == '[':
			depth++
		case b == '}' || b == ']':
			depth--
		}
		if depth == 0 && !inText {
			return raw, start, refused
		}
	}
}

// scalar takes a number, true, false or null. It is short: what is not is no JSON.
func (f *framer) scalar() ([]byte, error) {
	var raw []byte
	for {
		b, err := f.r.ReadByte()
		if err != nil {
			return nil, f.ended(err)
		}
		switch b {
		case ' ', '\t', '\r', '\n', ',', ':', ']', '}':
			if len(raw) == 0 {
				return nil, f.fail(FileBroken, "This is not well-formed JSON: there is %q where a value belongs. Export the file again.", b)
			}
			return raw, f.r.UnreadByte()
		}
		if len(raw) == 64 {
			return nil, f.fail(FileBroken, "This is not well-formed JSON: there is no value here. Export the file again.")
		}
		raw = append(raw, b)
		f.offset++
	}
}
