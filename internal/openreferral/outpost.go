package openreferral

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Outpost's import sheet has a row for each service; further rows that refer to it (import_id_reference) add a
// place, a contact, a price, a time or a link. https://github.com/wearefuturegov/outpost

// readOutpost gathers each service with the rows that follow and refer to it.
func (r *Reader) readOutpost(in *bufio.Reader, emit func(Row) bool) error {
	// A quotation mark that is never closed would make one field of all the rest.
	limit := &recordLimit{in: in}
	sheet := csv.NewReader(limit)
	sheet.FieldsPerRecord = -1
	limit.begin(0)
	header, err := sheet.Read()
	if err != nil {
		return sheetError(sheet, limit, 1, err)
	}
	if limit.consumed(sheet.InputOffset()) && !limit.newline {
		return sheetError(sheet, limit, 1, io.ErrUnexpectedEOF)
	}
	for i := range header {
		header[i] = strings.ToLower(strings.TrimSpace(header[i]))
	}
	for _, column := range []string{"import_id", "import_id_reference", "name"} {
		if !slices.Contains(header, column) {
			return &FileError{Problem: FileUnknown, Line: 1, Message: fmt.Sprintf("This is not Outpost's CSV: its first line has no column %q.", column)}
		}
	}
	var service *outpostService
	flush := func() bool {
		if service == nil {
			return true
		}
		row := service.row()
		service = nil
		return emit(row)
	}
	line := 1
	for {
		offset := sheet.InputOffset()
		limit.begin(offset)
		values, err := sheet.Read()
		if errors.Is(err, io.EOF) {
			flush()
			return nil
		}
		if err == nil {
			line, _ = sheet.FieldPos(0)
		}
		short := err == nil && len(values) < len(header)
		if short && limit.consumed(sheet.InputOffset()) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			if !flush() {
				return nil
			}
			return sheetError(sheet, limit, line, err)
		}
		cells := sheetRow{line: line, offset: offset, cells: map[string]string{}}
		for i, value := range values[:min(len(values), len(header))] {
			cells.cells[header[i]] = strings.TrimSpace(value)
		}
		reference := cells.cells["import_id_reference"]
		switch {
		case len(values) != len(header):
			row := refuse(KindService, nil, fmt.Sprintf("the line has %d fields, and the first line of the file %d", len(values), len(header)), "Check the commas and quotation marks of the line.")
			if !flush() || !emitAt([]Row{row}, position{line, offset}, emit) {
				return nil
			}
		case reference == "":
			if !flush() {
				return nil
			}
			service = newOutpostService(cells)
		case service != nil && reference == service.cells["import_id"]:
			if len(service.more) < maxList {
				service.more = append(service.more, cells)
			} else if len(service.more) == maxList {
				service.notes = append(service.notes, Note{"record", fmt.Sprintf("only the first %d lines that refer to it were read", maxList)})
				service.more = append(service.more, sheetRow{})
			}
		default:
			row := refuse(KindService, object{"id": cells.cells["import_id"]}, "it refers to a service that is not the one above it", "Move the line to below its service.")
			if !emitAt([]Row{row}, position{line, offset}, emit) {
				return nil
			}
		}
	}
}

// sheetError says where and why a sheet could not be read on.
func sheetError(sheet *csv.Reader, limit *recordLimit, line int, err error) error {
	offset := sheet.InputOffset()
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		line = parse.Line
	}
	fail := func(problem FileProblem, message string) error {
		return &FileError{Problem: problem, Line: line, Offset: offset, Message: message}
	}
	var known *FileError
	switch {
	case errors.As(err, &known):
		known.Line, known.Offset = line, offset
		return known
	case errors.Is(err, errTooLong):
		return fail(FileBroken, "A record from here on is longer than 1 MiB. Is a quotation mark left open?")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, csv.ErrQuote) && limit.consumed(offset):
		return fail(FileIncomplete, "The file is incomplete: it ends here, in the middle of a line. Export it again.")
	case parse != nil:
		return fail(FileBroken, "This is not well-formed CSV: a quotation mark is missing or one too many on this line. Export the file again.")
	}
	return fmt.Errorf("read catalogue at byte %d: %w", offset, err)
}

// recordLimit fails once a single record has taken more than MaxRecord bytes.
type recordLimit struct {
	in    io.Reader
	read  int64
	until int64
	ended bool
	// newline says that what was read last ends a line.
	newline bool
}

// begin starts a record at an offset. What the reader holds in its buffer has been read already.
func (l *recordLimit) begin(offset int64) { l.until = max(offset, l.read) + MaxRecord }

func (l *recordLimit) Read(p []byte) (int, error) {
	if l.read >= l.until {
		return 0, errTooLong
	}
	n, err := l.in.Read(p[:min(int64(len(p)), l.until-l.read)])
	l.read += int64(n)
	if n > 0 {
		l.newline = p[n-1] == '\n'
	}
	if errors.Is(err, io.EOF) {
		l.ended = true
	}
	return n, err
}

// consumed tells whether an offset is the end of the input.
func (l *recordLimit) consumed(offset int64) bool { return l.ended && offset == l.read }

type sheetRow struct {
	line   int
	offset int64
	cells  map[string]string
}

func (r sheetRow) says(column string) bool { return strings.EqualFold(r.cells[column], "true") }
func (r sheetRow) denies(column string) bool {
	return strings.EqualFold(r.cells[column], "false")
}

// outpostService is one service of a sheet, with the lines that add to it.
type outpostService struct {
	sheetRow
	more  []sheetRow
	notes []Note
}

func newOutpostService(cells sheetRow) *outpostService { return &outpostService{sheetRow: cells} }

// row writes the service in the shape of Open Referral, and takes it as any other.
func (s *outpostService) row() Row {
	fields := object{
		"id": s.cells["import_id"], "name": s.cells["name"], "description": s.cells["description"],
		"url": s.cells["url"], "minimum_age": s.cells["min_age"], "maximum_age": s.cells["max_age"],
		"status": string(s.status()), "attributes": s.attributes(),
	}
	if s.says("needs_referral") {
		fields["application_process"] = "You need to be referred to this service."
	}
	if name := s.cells["organisation"]; name != "" {
		fields["organization"] = object{"id": derivedID(name), "name": name}
	}
	var places, contacts, costs, schedules, links []any
	for i, line := range append([]sheetRow{s.sheetRow}, s.more...) {
		id := func(what string) string { return fmt.Sprintf("%s-%s-%d", s.cells["import_id"], what, i+1) }
		if place := s.place(line); place != nil {
			places = append(places, place)
		}
		if contact := s.contact(line, id("contact")); contact != nil {
			contacts = append(contacts, contact)
		}
		if option := line.cells["cost_option"] + line.cells["cost_amount"]; option != "" {
			costs = append(costs, object{"id": id("cost"), "option": line.cells["cost_option"], "amount": line.cells["cost_amount"], "amount_description": line.cells["cost_type"]})
		}
		if day := line.cells["scheduled_weekday"]; day != "" {
			schedules = append(schedules, object{"id": id("schedule"), "freq": string(Weekly), "byday": day, "opens_at": line.cells["schedules_opens_at"], "closes_at": line.cells["schedules_closes_at"]})
		}
		if link := line.cells["links_url"]; link != "" {
			links = append(links, object{"label": line.cells["links_label"], "url": link})
		}
	}
	if s.says("free") {
		costs = append(costs, object{"id": s.cells["import_id"] + "-free", "option": "Free", "amount": json.Number("0")})
	}
	fields["service_at_locations"], fields["contacts"], fields["cost_options"] = places, contacts, costs
	fields["schedules"], fields["additional_urls"] = schedules, links
	row := takeService(fields)
	row.Line, row.Offset = s.line, s.offset
	row.Notes = append(row.Notes, s.notes...)
	row.Partial = false // a sheet has all that Outpost knows of a service
	return row
}

func (s *outpostService) note(field, message string) { s.notes = append(s.notes, Note{field, message}) }

func (s *outpostService) status() Status {
	switch {
	case s.denies("visible"), s.denies("approved"):
		s.note("status", "taken as inactive: the service is not visible or not approved in its source")
		return Inactive
	case s.says("temporarily_closed"):
		return TemporarilyClosed
	}
	return Active
}

// attributes are the service's terms: its own taxonomy, and whom it suits.
func (s *outpostService) attributes() []any {
	var attributes []any
	for _, column := range []struct{ name, taxonomy string }{{"service_taxonomies", "Service type"}, {"suitabilities", "Suitability"}} {
		for _, name := range parts(s.cells[column.name]) {
			code := derivedID(name)
			attributes = append(attributes, object{"taxonomy_term": object{
				"id": derivedID(column.taxonomy, name), "code": code, "name": name, "taxonomy": column.taxonomy,
			}})
		}
	}
	return attributes
}

func parts(list string) []string {
	var names []string
	for part := range strings.SplitSeq(list, ";") {
		if part = strings.TrimSpace(part); part != "" && !slices.Contains(names, part) {
			names = append(names, part)
		}
	}
	return names
}

func (s *outpostService) place(line sheetRow) any {
	if line.cells["location_name"]+line.cells["location_address_1"]+line.cells["location_postcode"] == "" {
		return nil
	}
	if line.denies("location_visible") {
		s.note("service_at_locations", "a place was left out: it is not visible in its source")
		return nil
	}
	address := object{"city": line.cells["location_city"], "country": "GB", "address_type": "physical"}
	location := object{"location_type": "physical", "name": line.cells["location_name"], "addresses": []any{address}}
	if line.says("mask_exact_address") {
		// A refuge is found by its town only. Its name may be its address, too.
		s.note("service_at_locations", "a place was kept by its town only: its source masks the address")
		location["name"] = line.cells["location_city"]
		location["id"] = derivedID(s.cells["import_id"], "masked", line.cells["location_city"])
	} else {
		address["address_1"], address["postal_code"] = line.cells["location_address_1"], line.cells["location_postcode"]
		location["latitude"], location["longitude"] = line.cells["location_latitude"], line.cells["location_longitude"]
		location["id"] = derivedID(line.cells["location_name"], line.cells["location_address_1"], line.cells["location_postcode"])
	}
	var accessibility []any
	for _, feature := range parts(line.cells["location_accessibilities"]) {
		accessibility = append(accessibility, object{"description": feature})
	}
	location["accessibility"] = accessibility
	return object{"id": derivedID(s.cells["import_id"], location["id"].(string)), "location": location}
}

func (s *outpostService) contact(line sheetRow, id string) any {
	if line.cells["contact_name"]+line.cells["contact_email"]+line.cells["contact_phone"] == "" {
		return nil
	}
	if !line.says("contact_visible") {
		s.note("contacts", "a contact was left out: it is not visible in its source")
		return nil
	}
	contact := object{"id": id, "name": line.cells["contact_name"], "title": line.cells["contact_title"], "email": line.cells["contact_email"]}
	if number := line.cells["contact_phone"]; number != "" {
		contact["phones"] = []any{object{"number": number}}
	}
	return contact
}
