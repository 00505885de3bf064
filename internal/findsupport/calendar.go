package findsupport

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/plainpage"
)

// calendar answers with the next times of a service as iCalendar (RFC 5545). Each is an event of its own in UTC, so that
// no calendar needs to know the hub's time zone or a rule that it does not follow.
func (p *Pages) calendar(ctx context.Context, w http.ResponseWriter, r *http.Request, f *frame, id uuid.UUID) error {
	s, err := p.load(ctx, id)
	if err != nil {
		return err
	}
	var c calendarFile
	c.line("BEGIN", "VCALENDAR")
	c.line("VERSION", "2.0")
	c.line("PRODID", "-//Life Rooms//Find support//EN")
	c.text("X-WR-CALNAME", s.Name)
	for _, o := range p.dates(f, s) {
		c.event(s, o, p.publicURL+f.Base+"/services/"+id.String())
	}
	c.line("END", "VCALENDAR")
	h := w.Header()
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="sessions.ics"`)
	h.Set("Cache-Control", "public, no-cache")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	serve(w, r, c.Bytes())
	return nil
}

// calendarFile is written line by line.
type calendarFile struct{ bytes.Buffer }

// maxLine is how many bytes a line may have before it is folded (RFC 5545, section 3.1).
const maxLine = 75

func (c *calendarFile) line(name, value string) {
	line := name + ":" + value
	for most := maxLine; len(line) > most; most = maxLine - 1 {
		cut := most
		for !utf8.RuneStart(line[cut]) {
			cut--
		}
		c.WriteString(line[:cut] + "\r\n ")
		line = line[cut:]
	}
	c.WriteString(line + "\r\n")
}

var calendarEscapes = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`, "\u00a0", " ")

// text is a line of which the value is text; an empty one is left out.
func (c *calendarFile) text(name, value string) {
	if value != "" {
		c.line(name, calendarEscapes.Replace(value))
	}
}

const calendarTime = "20060102T150405Z"

func (c *calendarFile) event(s *ent.Service, o directory.Occasion, link string) {
	c.line("BEGIN", "VEVENT")
	c.line("UID", fmt.Sprintf("%s-%s@liferooms", o.Schedule.ID, o.Start.Format("20060102")))
	changed := s.ImportedAt
	if o.Schedule.ImportedAt.After(changed) {
		changed = o.Schedule.ImportedAt
	}
	c.line("DTSTAMP", changed.UTC().Format(calendarTime))
	if o.AllDay {
		c.line("DTSTART;VALUE=DATE", o.Start.Format("20060102"))
	} else {
		c.line("DTSTART", o.Start.UTC().Format(calendarTime))
		if o.End.After(o.Start) {
			c.line("DTEND", o.End.UTC().Format(calendarTime))
		}
	}
	c.text("SUMMARY", s.Name)
	c.text("LOCATION", placeName(s, o.Schedule))
	c.text("DESCRIPTION", shorten(s.Description, 500))
	c.line("URL", link)
	c.line("END", "VEVENT")
}

// placeName is where a service is on by a schedule, on one line: at the place that the schedule names, or the only one.
func placeName(s *ent.Service, by *ent.Schedule) string {
	places := s.Edges.ServiceAtLocations
	for _, at := range places {
		named := by.ServiceAtLocationID != nil && *by.ServiceAtLocationID == at.ID
		if l := at.Edges.Location; l != nil && (named || by.ServiceAtLocationID == nil && len(places) == 1) {
			return strings.Join(plainpage.Present(l.Name, text(l.Address), text(l.City), plainpage.Unbroken(text(l.Postcode))), ", ")
		}
	}
	return ""
}
