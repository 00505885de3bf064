package openreferral

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// An HSDS tabular package is a folder of CSV files and a datapackage.json that says what they are. It comes as a ZIP
// archive. https://docs.openreferral.org/en/latest/hsds/serialization.html

// maxFiles bounds the files of an archive.
const maxFiles = 200

// readArchive reads a package of tables. They refer to one another, so it is held as a whole.
func (r *Reader) readArchive(in io.Reader, emit func(Row) bool) error {
	fail := func(problem FileProblem, format string, args ...any) error {
		return &FileError{Problem: problem, Line: 1, Message: fmt.Sprintf(format, args...)}
	}
	packed, err := io.ReadAll(io.LimitReader(in, maxTables+1))
	if err != nil {
		return (&framer{line: 1}).ended(err)
	}
	if len(packed) > maxTables {
		return fail(FileTooLong, "The archive is longer than %d MiB. Export the catalogue as a list of full services in JSON instead.", maxTables>>20)
	}
	files, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return fail(FileBroken, "The ZIP archive is damaged or incomplete. Fetch or make it again.")
	}
	if len(files.File) > maxFiles {
		return fail(FileTooLong, "The archive has %d files; a package of tables has at most %d. Put only the CSV files into it.", len(files.File), maxFiles)
	}
	named, left := namesOf(files), int64(maxTables)
	held := object{}
	for _, file := range files.File {
		base := path.Base(file.Name)
		if base == "[Content_Types].xml" {
			return fail(FileUnknown, "The file is a spreadsheet. Save its sheet as CSV (UTF-8).")
		}
		if !strings.HasSuffix(strings.ToLower(base), ".csv") || strings.HasPrefix(base, ".") {
			continue
		}
		name := named[base]
		if name == "" {
			name = strings.ToLower(strings.TrimSuffix(base, path.Ext(base)))
		}
		rows, err := readTable(file, &left)
		switch {
		case errors.Is(err, errTooLong):
			return fail(FileTooLong, "The tables are longer than %d MiB together. Export the catalogue as a list of full services in JSON instead.", maxTables>>20)
		case err != nil:
			line := 1
			if parse := (*csv.ParseError)(nil); errors.As(err, &parse) {
				line = parse.Line
			}
			return &FileError{Problem: FileBroken, Line: line, Message: fmt.Sprintf("The table %s cannot be read from here on: check its commas and quotation marks, or make the archive again.", shortName(base))}
		}
		held[name+".csv"] = rows
	}
	if held["services.csv"] == nil {
		return fail(FileUnknown, "The archive holds no table services.csv, so it is no HSDS tabular package. Put all CSV files of the package into it.")
	}
	emitAt(takeTables(held), position{line: 1}, emit)
	return nil
}

// namesOf are the tables' names by their files, as the package's own description has them.
func namesOf(files *zip.Reader) map[string]string {
	named := map[string]string{}
	for _, file := range files.File {
		if path.Base(file.Name) != "datapackage.json" {
			continue
		}
		in, err := file.Open()
		if err != nil {
			return named
		}
		var about struct{ Resources []struct{ Name, Path string } }
		// What cannot be read describes nothing: the files have names of their own.
		if json.NewDecoder(io.LimitReader(in, MaxRecord)).Decode(&about) == nil {
			for _, one := range about.Resources {
				named[path.Base(one.Path)] = one.Name
			}
		}
		in.Close()
	}
	return named
}

func shortName(name string) string {
	name, _ = cleanLine(name, 60)
	return name
}

// readTable reads one CSV file of an archive; left is what of all of them may still come.
func readTable(file *zip.File, left *int64) (rows []any, err error) {
	in, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	buffered := bufio.NewReader(&countdown{in: in, left: left})
	if mark, _ := buffered.Peek(3); string(mark) == "\xef\xbb\xbf" {
		buffered.Discard(3)
	}
	sheet := csv.NewReader(buffered)
	sheet.FieldsPerRecord = -1
	header, err := sheet.Read()
	if errors.Is(err, io.EOF) {
		return []any{}, nil
	}
	if err != nil {
		return nil, err
	}
	for i := range header {
		header[i] = strings.ToLower(strings.TrimSpace(header[i]))
	}
	rows = []any{}
	for {
		values, err := sheet.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		fields := object{}
		for i, value := range values[:min(len(values), len(header))] {
			if value != "" { // an empty cell says nothing
				fields[header[i]] = value
			}
		}
		rows = append(rows, fields)
	}
}

// countdown ends a file that is longer than what is left.
type countdown struct {
	in   io.Reader
	left *int64
}

func (c *countdown) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	if *c.left -= int64(n); *c.left < 0 {
		return 0, errTooLong
	}
	return n, err
}
