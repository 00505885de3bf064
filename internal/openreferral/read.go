package openreferral

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"iter"
	"slices"
	"strings"
)

// Format is a form in which a catalogue is written.
type Format string

// The formats. Auto looks at the content.
const (
	Auto    Format = ""
	JSON    Format = "json"
	Outpost Format = "outpost"
)

// ParseFormat answers the format of that name.
func ParseFormat(name string) (Format, error) {
	format := Format(strings.ToLower(strings.TrimSpace(name)))
	if slices.Contains([]Format{Auto, JSON, Outpost}, format) {
		return format, nil
	}
	return Auto, fmt.Errorf("there is no catalogue format %q: use %q (Open Referral UK, HSDS) or %q (Outpost's CSV)", name, JSON, Outpost)
}

// MaxDocument is the longest document that is read, in bytes after decompression.
const MaxDocument = 1 << 30

// maxSeen bounds the memory for noting ids that come twice; later ones go unnoted.
const maxSeen = 200_000

// Page is what a document says of the list it is one page of. The zero Page: it says nothing.
type Page struct {
	Number     int // 1 for the first
	TotalPages int
	TotalItems int
}

// Reader reads one catalogue document.
type Reader struct {
	in     io.Reader
	format Format
	page   Page
	rows   int
	seen   map[uint64]struct{}
	seed   maphash.Seed
	most   int64
}

// NewReader reads the document in r, which may be compressed by gzip and may begin with a byte order mark.
// It does not close r.
func NewReader(r io.Reader, format Format) *Reader {
	return &Reader{in: r, format: format, seen: map[uint64]struct{}{}, seed: maphash.MakeSeed(), most: MaxDocument}
}

// AtMost bounds the document to less than MaxDocument.
func (r *Reader) AtMost(bytes int64) *Reader {
	r.most = bytes
	return r
}

// Page answers which page of a list the document was. Ask when the rows have been read.
func (r *Reader) Page() Page { return r.page }

// Rows yields the document's records in their order; it can be called once. An error is the last thing that is
// yielded, with a zero row: a *FileError where the document is at fault, else what reading from it answered.
func (r *Reader) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		// A consumer that has had enough says so by a false yield, which must be the last one.
		stopped := false
		emit := func(row Row) bool {
			r.number(&row)
			stopped = !yield(row, nil)
			return !stopped
		}
		if err := r.read(emit); err != nil && !stopped {
			yield(Row{}, err)
		}
	}
}

// RowsOf yields services that are already at hand as the rows of a document, cleaned and checked as if they
// had been read from one.
func RowsOf(services []Service) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		r := NewReader(nil, JSON)
		for _, service := range services {
			fields, err := asObject(service)
			if err != nil {
				yield(Row{}, err)
				return
			}
			row := takeService(fields)
			r.number(&row)
			if !yield(row, nil) {
				return
			}
		}
	}
}

var twice = Note{"id", "the same id stands on an earlier record of this file; the later one counts"}

// NotedTwice reports whether a row says itself that an earlier one of its document had the same id.
func NotedTwice(row Row) bool { return slices.Contains(row.Notes, twice) }

// number gives a row its index, and notes an id that the document had before.
func (r *Reader) number(row *Row) {
	r.rows++
	row.Index = r.rows
	if row.Line == 0 {
		row.Line = 1
	}
	// A service is told of once for each of its places in a list of services at locations.
	if row.ID == "" || row.Refused != nil || row.Kind == KindServiceAtLocation {
		return
	}
	key := maphash.String(r.seed, string(row.Kind)+"\x00"+row.ID)
	if _, seen := r.seen[key]; seen {
		row.Notes = append(row.Notes, twice)
	} else if len(r.seen) < maxSeen {
		r.seen[key] = struct{}{}
	}
}

func (r *Reader) read(emit func(Row) bool) error {
	in, err := open(r.in, r.most)
	if err != nil {
		return err
	}
	if mark, _ := in.Peek(len(archive)); string(mark) == archive {
		return r.readArchive(in, emit)
	}
	head, err := in.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
		return (&framer{r: in, line: 1}).ended(err)
	}
	head = bytes.TrimLeft(head, " \t\r\n")
	format := r.format
	if format == Auto {
		if format, err = recognise(head); err != nil {
			return err
		}
	}
	if len(head) == 0 {
		return &FileError{Problem: FileIncomplete, Line: 1, Message: "The file is empty. Fetch or export it again."}
	}
	if format == Outpost {
		return r.readOutpost(in, emit)
	}
	return r.readJSON(&framer{r: in, line: 1}, emit)
}

// Recognise tells how a document is written by its beginning. An archive of tables is JSON to it, as the package that it is.
func Recognise(r io.Reader) (Format, error) {
	in, err := open(r, MaxDocument)
	if err != nil {
		return Auto, err
	}
	head, _ := in.Peek(4096)
	if bytes.HasPrefix(head, []byte(archive)) {
		return JSON, nil
	}
	return recognise(bytes.TrimLeft(head, " \t\r\n"))
}

// archive is how a ZIP archive begins.
const archive = "PK\x03\x04"

// open sees to compression, the byte order mark and the bound on the whole.
func open(in io.Reader, most int64) (*bufio.Reader, error) {
	buffered := bufio.NewReaderSize(in, 64<<10)
	if magic, _ := buffered.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, &FileError{Problem: FileBroken, Line: 1, Message: "The file says that it is compressed by gzip, but cannot be unpacked. Fetch it again."}
		}
		in = unpacked
	} else {
		in = buffered
	}
	buffered = bufio.NewReaderSize(&bounded{in: in, left: most, most: most}, 64<<10)
	mark, _ := buffered.Peek(4)
	switch {
	case bytes.HasPrefix(mark, []byte("\xef\xbb\xbf")):
		buffered.Discard(3)
	case bytes.HasPrefix(mark, []byte("\xff\xfe")), bytes.HasPrefix(mark, []byte("\xfe\xff")):
		return nil, &FileError{Problem: FileUnknown, Line: 1, Message: "The file is written in UTF-16. Save it as UTF-8."}
	}
	return buffered, nil
}

// recognise tells the format from the first bytes.
func recognise(head []byte) (Format, error) {
	if len(head) == 0 || head[0] == '{' || head[0] == '[' {
		return JSON, nil
	}
	unknown := func(message string) (Format, error) {
		return Auto, &FileError{Problem: FileUnknown, Line: 1, Message: message}
	}
	if head[0] == '<' {
		return unknown("This is a web page or XML, not a catalogue. Give the address of the feed's services in JSON.")
	}
	header, _, _ := strings.Cut(string(head), "\n")
	columns := strings.Split(strings.TrimSpace(header), ",")
	switch {
	case slices.Contains(columns, "import_id"):
		return Outpost, nil
	case slices.Contains(columns, "id"):
		return unknown("This is one table of an HSDS tabular package, which says too little by itself. Put all of its CSV files into one ZIP archive.")
	}
	return unknown("This is neither JSON nor Outpost's CSV. Export the catalogue as Open Referral UK or HSDS JSON.")
}

// bounded ends a document that never ends, a small gzip file that unpacks to terabytes among them.
type bounded struct {
	in         io.Reader
	left, most int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, &FileError{Problem: FileTooLong, Line: 1, Message: fmt.Sprintf("The document is longer than %d MiB. Split it.", b.most>>20)}
	}
	n, err := b.in.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	var corrupt flate.CorruptInputError
	if errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) || errors.As(err, &corrupt) {
		err = &FileError{Problem: FileBroken, Line: 1, Message: "The compressed file is damaged from here on. Fetch it again."}
	}
	return n, err
}
