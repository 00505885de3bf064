package plainpage

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
)

//go:embed pages
var files embed.FS

var styleSheet = read(files, "pages/style.css")

func read(from fs.FS, name string) string {
	text, err := fs.ReadFile(from, name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(text)
}

// Template is the page of a name in a package's folder of pages, in the layout of all and what its package puts in (frame.html).
func Template(pages fs.FS, name string) *template.Template {
	layout := template.Must(template.ParseFS(files, "pages/layout.html"))
	return template.Must(layout.ParseFS(pages, "pages/frame.html", "pages/"+name+".html"))
}

// StyleSheet is what a package's pages wear beyond the style of all.
func StyleSheet(pages fs.FS) string { return read(pages, "pages/style.css") }

// Page is what all pages have.
type Page struct {
	*Locale
	Title  string
	Robots string
	// Base is the address of the pages without a language, and LangAsked that the address asks for one.
	Base      string
	LangAsked bool
	Languages []LanguageLink
	// Alternates says that crawlers are told of the languages.
	Alternates bool
	Style      template.CSS
	// Content says that what follows is in the language of the catalogue and not of the interface.
	Content template.HTMLAttr
	// Problems is what is wrong in a form, in the order of its fields.
	Problems []Mistake
}

// Mistake is something to mend, with the id of the field where.
type Mistake struct{ ID, Text string }

// LanguageLink leads to the same page in a language.
type LanguageLink struct {
	Code, Name, URL string
	Current         bool
}

// New begins a page in the language that was asked for, in the colour of a hub, with style beyond that of all pages.
func New(r *http.Request, languages Locales, base string, brandColour *string, style string) Page {
	p := Page{Base: base, Style: template.CSS(paletteOf(brandColour).css() + styleSheet + style)}
	p.Locale, p.LangAsked = languages.Of(r)
	if p.Code != "en" {
		p.Content = ` lang="en-GB"`
	}
	for _, l := range languages {
		query := r.URL.Query()
		query.Set("lang", l.Code)
		p.Languages = append(p.Languages, LanguageLink{l.Code, l.T("language"), r.URL.Path + "?" + query.Encode(), l == p.Locale})
	}
	return p
}

// At is the address of one of the pages, in the language that was asked for.
func (p *Page) At(path string) string { return p.With(path, nil) }

// With is At with a query.
func (p *Page) With(path string, query url.Values) string {
	all := url.Values{}
	for name, values := range query {
		all[name] = values
	}
	if p.LangAsked {
		all.Set("lang", p.Code)
	}
	if len(all) == 0 {
		return p.Base + path
	}
	return p.Base + path + "?" + all.Encode()
}

// Render makes the page of a view, and sets the headers that let it do nothing but be read, follow links and send its own forms.
func (p *Page) Render(h http.Header, t *template.Template, view any) ([]byte, error) {
	var page bytes.Buffer
	if err := t.ExecuteTemplate(&page, "layout", view); err != nil {
		return nil, fmt.Errorf("make a page: %w", err)
	}
	sum := sha256.Sum256([]byte(p.Style))
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
		"'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", p.Code)
	h.Add("Vary", "Accept-Language")
	return page.Bytes(), nil
}

// Address is on one line what there is of an address and its postcode.
func Address(address, postcode *string) string {
	var parts []string
	if address != nil {
		parts = append(parts, *address)
	}
	if postcode != nil {
		parts = append(parts, Unbroken(*postcode))
	}
	return strings.Join(Present(parts...), ", ")
}

// Unbroken is a postcode that does not end on the next line.
func Unbroken(postcode string) string { return strings.ReplaceAll(postcode, " ", "\u00a0") }

// Present are the texts in which something stands.
func Present(all ...string) []string {
	var some []string
	for _, s := range all {
		if strings.TrimSpace(s) != "" {
			some = append(some, s)
		}
	}
	return some
}

// Paragraphs are the lines of a text.
func Paragraphs(s string) []string { return Present(strings.Split(s, "\n")...) }
