package openreferral

import (
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/text/unicode/norm"
)

// The bounds of texts, in characters.
const (
	MaxID          = 200
	MaxName        = 200
	MaxLine        = 500
	MaxText        = 2_000
	MaxDescription = 20_000
	MaxURL         = 1_000
	MaxEmail       = 254 // RFC 5321, errata 1690
	MaxPhone       = 60
)

// cleanLine cleans a text that has one line.
func cleanLine(s string, most int) (string, []string) {
	s, changes := cleanText(s, maxBeforeCut)
	s = strings.Join(strings.Fields(s), " ")
	return cut(s, most, changes)
}

// maxBeforeCut lets a text be cleaned whole before it is cut to its own length; a record is no longer.
const maxBeforeCut = MaxRecord

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n")

// cleanText cleans a text of several lines: what a screen could not show or would show wrongly is taken out,
// and what remains is trimmed and bounded. It answers what it changed, white space aside.
func cleanText(s string, most int) (string, []string) {
	if s == "" {
		return "", nil
	}
	var changes []string
	plain, wasHTML := plainText(strings.ToValidUTF8(s, "\uFFFD"))
	if wasHTML {
		changes = append(changes, "HTML was turned into plain text")
	}
	plain = norm.NFC.String(lineEnds.Replace(plain))
	var unreadable, control, direction bool
	plain = strings.Map(func(c rune) rune {
		switch {
		case c == '\n':
			return c
		case c == '\t':
			return ' '
		case c == utf8.RuneError:
			unreadable = true
			return -1
		case unicode.IsControl(c):
			control = true
			return -1
		case isDirectionMark(c):
			direction = true
			return -1
		case c == '\u200b', c == '\ufeff', c == '\u00ad': // zero width, and the soft hyphen
			return -1
		}
		return c
	}, plain)
	if unreadable {
		changes = append(changes, "characters that could not be read were removed (is the file UTF-8?)")
	}
	if control {
		changes = append(changes, "control characters were removed")
	}
	if direction {
		changes = append(changes, "marks that change the direction of text were removed")
	}
	lines := strings.Split(plain, "\n")
	kept := lines[:0]
	for _, line := range lines {
		line = strings.TrimRightFunc(line, unicode.IsSpace)
		// Two empty lines say no more than one.
		if line == "" && (len(kept) == 0 || kept[len(kept)-1] == "") {
			continue
		}
		kept = append(kept, line)
	}
	return cut(strings.TrimSpace(strings.Join(kept, "\n")), most, changes)
}

// isDirectionMark tells the Bidi_Control characters, by which one text can be made to look like another.
func isDirectionMark(c rune) bool { return unicode.Is(unicode.Bidi_Control, c) }

func cut(s string, most int, changes []string) (string, []string) {
	if len(s) <= most {
		return s, changes
	}
	n := 0
	for i := range s {
		if n == most {
			s = strings.TrimSpace(s[:i])
			return s, append(changes, fmt.Sprintf("cut to %d characters", most))
		}
		n++
	}
	return s, changes
}

var (
	entity    = regexp.MustCompile(`&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});`)
	blockTags = map[string]string{
		"br": "\n", "p": "\n\n", "div": "\n", "li": "\n- ", "ul": "\n", "ol": "\n", "tr": "\n", "table": "\n", "section": "\n",
		"h1": "\n\n", "h2": "\n\n", "h3": "\n\n", "h4": "\n\n", "h5": "\n\n", "h6": "\n\n", "hr": "\n", "blockquote": "\n",
	}
	silentTags = map[string]bool{"script": true, "style": true, "iframe": true, "noscript": true, "template": true, "object": true}
)

// plainText turns HTML into plain text, and leaves a text without tags and entities as it is.
func plainText(s string) (string, bool) {
	was := s
	// Escaped tags ("&lt;b&gt;") become tags by being unescaped, as careless exports have them: once more each
	// time, but not for ever.
	for range 3 {
		before := s
		if strings.ContainsRune(s, '<') {
			s = withoutTags(s)
		}
		if strings.ContainsRune(s, '&') {
			s = entity.ReplaceAllStringFunc(s, html.UnescapeString)
		}
		if s == before {
			return s, s != was
		}
	}
	if left := withoutTags(s); left != s {
		s = strings.ReplaceAll(s, "<", "")
	}
	return s, true
}

// withoutTags takes out the tags that HTML knows and keeps what merely looks like one: "under <18s>".
func withoutTags(s string) string {
	var b strings.Builder
	tokens := html.NewTokenizer(strings.NewReader(s))
	silent := ""
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			// An unfinished tag at the end ("5 < 6") is no token, but text.
			b.Write(tokens.Raw())
			return b.String()
		}
		raw := string(tokens.Raw())
		if kind == html.TextToken {
			if silent == "" {
				b.WriteString(raw)
			}
			continue
		}
		if kind == html.CommentToken || kind == html.DoctypeToken {
			continue
		}
		token := tokens.Token()
		switch {
		case token.DataAtom == 0:
			if silent == "" {
				b.WriteString(raw)
			}
		case silentTags[token.Data] && kind == html.StartTagToken:
			silent = token.Data
		case token.Data == silent && kind == html.EndTagToken:
			silent = ""
		case silent == "" && (kind != html.EndTagToken || token.Data != "li"):
			b.WriteString(blockTags[token.Data])
		}
	}
}

// cleanURL answers an address that a browser may be sent to, or what is wrong with it.
func cleanURL(s string) (string, string) {
	s, changes := cleanLine(s, MaxURL+1)
	if s == "" {
		return "", ""
	}
	if len(s) > MaxURL {
		return "", fmt.Sprintf("left out: a web address has at most %d characters", MaxURL)
	}
	note := strings.Join(changes, "; ")
	if !strings.Contains(s, ":") && strings.Contains(s, ".") {
		s, note = "https://"+s, "https:// was put before it"
	}
	parsed, err := url.Parse(s)
	switch {
	case err != nil || strings.ContainsAny(s, " <>\"\\"):
		return "", "left out: it is not a web address"
	case parsed.Scheme != "http" && parsed.Scheme != "https":
		return "", "left out: a web address begins with http:// or https://"
	case parsed.User != nil:
		return "", "left out: a web address must not hold a user name"
	case parsed.Hostname() == "" || strings.HasPrefix(parsed.Hostname(), "."):
		return "", "left out: the web address names no site"
	}
	return s, note
}

// cleanEmail answers an e-mail address, or what is wrong with it.
func cleanEmail(s string) (string, string) {
	s, changes := cleanLine(s, MaxEmail+8)
	note := strings.Join(changes, "; ")
	if bare, ok := strings.CutPrefix(s, "mailto:"); ok {
		s, note = bare, "mailto: was removed"
	}
	if s == "" {
		return "", note
	}
	parsed, err := mail.ParseAddress(s)
	if err != nil || parsed.Address != s || len(s) > MaxEmail || !strings.Contains(s[strings.LastIndex(s, "@"):], ".") {
		return "", "left out: it is not an e-mail address"
	}
	return s, note
}

var ukPostcode = regexp.MustCompile(`^([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})$`)

// Postcode answers a UK postcode as it is written on a letter, "L4 4AA", and whether s has the form of one.
// Whether there is such a postcode it does not know.
func Postcode(s string) (string, bool) {
	joined := strings.ToUpper(strings.Join(strings.Fields(s), ""))
	if joined == "GIR0AA" {
		return "GIR 0AA", true
	}
	parts := ukPostcode.FindStringSubmatch(joined)
	if parts == nil {
		return s, false
	}
	return parts[1] + " " + parts[2], true
}
