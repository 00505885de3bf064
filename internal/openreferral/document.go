package openreferral

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// readJSON walks a document of one of the shapes that feeds and exports have: an array of records, a page
// whose "contents" is such an array, or one record on its own.
func (r *Reader) readJSON(f *framer, emit func(Row) bool) error {
	first, err := f.peek()
	if err != nil {
		return f.ended(err)
	}
	var more bool
	switch first {
	case '[':
		more, err = r.readList(f, emit)
	case '{':
		more, err = r.readTop(f, emit)
	default:
		return f.fail(FileUnknown, "This is not a catalogue in JSON: it begins with neither { nor [.")
	}
	if err != nil || !more {
		return err
	}
	if _, err := f.peek(); err == nil {
		return f.fail(FileBroken, "The JSON document ends before this, but the file goes on. Import one document at a time.")
	}
	return nil
}

// readList reads an array, each element a record. It answers false where the consumer wants no more.
func (r *Reader) readList(f *framer, emit func(Row) bool) (bool, error) {
	if _, err := f.expect("["); err != nil {
		return false, err
	}
	if next, err := f.peek(); err != nil {
		return false, f.ended(err)
	} else if next == ']' {
		_, err := f.expect("]")
		return true, err
	}
	for {
		fields, start, err := readRecord(f)
		var rows []Row
		switch {
		case errors.Is(err, errTooLong), errors.Is(err, errTooDeep), errors.Is(err, errNotObject):
			rows = []Row{{Kind: KindUnknown, Refused: refusalOf(err)}}
		case err != nil:
			return false, err
		default:
			rows = takeRecord(fields)
		}
		if !emitAt(rows, start, emit) {
			return false, nil
		}
		end, err := f.expect(",]")
		if err != nil {
			return false, err
		}
		if end == ']' {
			return true, nil
		}
	}
}

// readTop reads an object: a page, whose contents are streamed, or a record, which is held until its end.
func (r *Reader) readTop(f *framer, emit func(Row) bool) (bool, error) {
	start := f.at()
	if _, err := f.expect("{"); err != nil {
		return false, err
	}
	held := object{}
	var tables []string
	isPage, length := false, 0
	var refused error
	if next, err := f.peek(); err != nil {
		return false, f.ended(err)
	} else if next == '}' {
		f.expect("}")
		emitAt([]Row{refuse(KindUnknown, object{}, "the document is an empty object", "Export the catalogue again.")}, start, emit)
		return true, nil
	}
	for {
		key, err := readKey(f)
		if err != nil {
			return false, err
		}
		next, err := f.peek()
		if err != nil {
			return false, f.ended(err)
		}
		if key == "contents" && next == '[' {
			isPage = true
			if more, err := r.readList(f, emit); err != nil || !more {
				return more, err
			}
		} else {
			bound := MaxRecord
			if strings.HasSuffix(key, ".csv") {
				tables = append(tables, key)
				bound = maxTables
			}
			raw, at, err := f.value(max(0, bound-length))
			if errors.Is(err, errTooLong) || errors.Is(err, errTooDeep) {
				refused = err
			} else if err != nil {
				return false, err
			} else if held[key], err = decode(f, raw, at); err != nil {
				return false, err
			}
			length += len(raw)
		}
		end, err := f.expect(",}")
		if err != nil {
			return false, err
		}
		if end == '}' {
			break
		}
	}
	switch {
	case isPage:
		r.page = pageOf(held)
		return true, nil
	case refused != nil && len(tables) > 0:
		return false, f.fail(FileTooLong, "The tables are longer than %d MiB together. Export the catalogue as a list of full services instead.", maxTables>>20)
	case refused != nil:
		return emitAt([]Row{{Kind: KindUnknown, Refused: refusalOf(refused)}}, start, emit), nil
	case len(tables) > 0:
		return emitAt(takeTables(held), start, emit), nil
	}
	return emitAt(takeRecord(held), start, emit), nil
}

func emitAt(rows []Row, start position, emit func(Row) bool) bool {
	for _, row := range rows {
		row.Line, row.Offset = start.line, start.offset
		if !emit(row) {
			return false
		}
	}
	return true
}

var errNotObject = errors.New("not an object")

func refusalOf(err error) *Refusal {
	switch {
	case errors.Is(err, errTooLong):
		return &Refusal{"the record is longer than 1 MiB", "Shorten its texts, or leave out what is attached to it."}
	case errors.Is(err, errTooDeep):
		return &Refusal{"the record is nested too deep", "Export the catalogue again in the shape of Open Referral UK."}
	}
	return &Refusal{"the entry is not a record but a bare value", "Give each entry as an object with an id and a name."}
}

// readRecord reads one object.
func readRecord(f *framer) (object, position, error) {
	raw, start, err := f.value(MaxRecord)
	if err != nil {
		return nil, start, err
	}
	value, err := decode(f, raw, start)
	if err != nil {
		return nil, start, err
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return nil, start, errNotObject
	}
	return fields, start, nil
}

func readKey(f *framer) (string, error) {
	if next, err := f.peek(); err != nil {
		return "", f.ended(err)
	} else if next != '"' {
		return "", f.fail(FileBroken, "This is not well-formed JSON: there is %q where a quoted name belongs. Export the file again.", next)
	}
	raw, at, err := f.value(4096)
	if err != nil {
		if errors.Is(err, errTooLong) {
			err = f.fail(FileBroken, "A field's name is longer than 4096 bytes: this is no catalogue.")
		}
		return "", err
	}
	value, err := decode(f, raw, at)
	if err != nil {
		return "", err
	}
	if _, err := f.expect(":"); err != nil {
		return "", err
	}
	key, _ := value.(string)
	return key, nil
}

// decode decodes one framed value. What is not well-formed inside it ends the file: where the records begin
// and end is no longer known.
func decode(f *framer, raw []byte, start position) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	err := decoder.Decode(&value)
	if err == nil {
		return value, nil
	}
	at := int(decoder.InputOffset())
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at = int(syntax.Offset) - 1
	}
	at = min(max(at, 0), len(raw))
	return nil, &FileError{
		Problem: FileBroken,
		Line:    start.line + bytes.Count(raw[:at], []byte("\n")),
		Offset:  start.offset + int64(at),
		Message: "This is not well-formed JSON: a comma, a quotation mark or a bracket is missing or one too many near here. Export the file again.",
	}
}

// asObject turns a record of ours back into the shape that is read.
func asObject(record any) (object, error) {
	raw, err := json.Marshal(record)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var fields object
	return fields, decoder.Decode(&fields)
}

func pageOf(fields object) Page {
	number := func(key string) int {
		n, _ := wholeNumber(fields[key])
		return max(n, 0)
	}
	return Page{Number: number("page_number"), TotalPages: number("total_pages"), TotalItems: number("total_items")}
}
