package openreferral

import "fmt"

// Kind says what a row holds.
type Kind string

// The kinds of row.
const (
	KindService           Kind = "service"
	KindServiceAtLocation Kind = "service at location" // Row.Service, with the one place in Locations
	KindOrganisation      Kind = "organisation"
	KindLocation          Kind = "location"
	KindTaxonomy          Kind = "taxonomy"
	KindTaxonomyTerm      Kind = "taxonomy term"
	KindFeed              Kind = "feed" // an API's front page: it names a feed and holds no records
	KindUnknown           Kind = "unknown"
)

// Row is one record of a catalogue, with what had to be changed in it, or why it was refused.
// Exactly one of the record pointers is set, unless Refused is, or Kind is KindFeed.
type Row struct {
	Index  int   // 1 for the first row
	Line   int   // of the file, after decompression; 1 for the first
	Offset int64 // in bytes, of the record's first byte, after decompression
	Kind   Kind
	ID     string // the record's id in its source; empty where it has none
	Name   string

	Service      *Service
	Organisation *Organisation
	Location     *Location
	Taxonomy     *Taxonomy
	Term         *TaxonomyTerm

	// Partial says that the document shows only part of the service (a summary list, one of its places):
	// what is missing here is not known to be gone.
	Partial bool

	Notes   []Note
	Refused *Refusal
}

// Note says what was changed in a record, and why. It never repeats the text concerned.
type Note struct {
	Field   string // as a path, "schedules[0].opens_at"
	Message string
}

func (n Note) String() string { return n.Field + ": " + n.Message }

// Refusal says why a record was not taken, and what to mend so that it will be.
type Refusal struct {
	Reason string
	Mend   string
}

func (r Refusal) String() string { return r.Reason + ". " + r.Mend }

// FileProblem says in a word why a file could not be read to its end.
type FileProblem string

// What can be wrong with a file.
const (
	FileIncomplete FileProblem = "incomplete" // it ends in the middle
	FileBroken     FileProblem = "broken"     // it is not well-formed
	FileUnknown    FileProblem = "unknown"    // it is of no form that is read here
	FileTooLong    FileProblem = "too long"
)

// FileError ends the reading of a file. The rows before it are good.
// Message is for a person, and says what to mend.
type FileError struct {
	Problem FileProblem
	Line    int   // where reading stopped, 1 for the first line
	Offset  int64 // where reading stopped, in bytes
	Message string
}

func (e *FileError) Error() string {
	return fmt.Sprintf("line %d, byte %d: %s", e.Line, e.Offset, e.Message)
}
