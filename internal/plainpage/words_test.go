package plainpage

import (
	"io/fs"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"liferooms.io/liferooms/internal/partner"
)

var placeholder = regexp.MustCompile(`\{\w+\}`)

// each gives a message's text, or all of its forms.
func (m message) each() []string {
	if m.forms == nil {
		return []string{m.text}
	}
	return slices.Collect(maps.Values(m.forms))
}

// interfaces are the packages that have pages, by their folders, with what each says in all languages.
var interfaces = func() map[string]Locales {
	all := map[string]Locales{}
	for _, folder := range []string{"../findsupport", "../partnerpage"} {
		all[folder] = Languages(os.DirFS(folder))
	}
	return all
}()

// TestLanguagesSayTheSame holds each language to the keys and placeholders of English, and to the plural forms that it needs.
func TestLanguagesSayTheSame(t *testing.T) {
	for folder, languages := range interfaces {
		english := languages[0]
		for _, l := range languages {
			for key, m := range english.texts {
				translated, there := l.texts[key]
				if !there {
					t.Errorf("%s, %s lacks %s", folder, l.Code, key)
					continue
				}
				if (m.forms == nil) != (translated.forms == nil) {
					t.Errorf("%s, %s: %s has forms in one language only", folder, l.Code, key)
				}
				want := placeholder.FindAllString(m.each()[0], -1)
				slices.Sort(want)
				for _, text := range translated.each() {
					got := placeholder.FindAllString(text, -1)
					slices.Sort(got)
					if strings.TrimSpace(text) == "" || !slices.Equal(got, want) {
						t.Errorf("%s, %s: %s has %v in %q, want %v", folder, l.Code, key, got, text, want)
					}
				}
			}
			for key, m := range l.texts {
				if _, there := english.texts[key]; !there {
					t.Errorf("%s, %s has %s, which English has not", folder, l.Code, key)
				}
				if m.forms == nil {
					continue
				}
				needed := map[string]bool{}
				for n := range 200 {
					needed[l.form(n)] = true
					needed[l.form(float64(n)/10)] = true
				}
				for form := range needed {
					if m.forms[form] == "" {
						t.Errorf("%s: %s has no form %q", l.Code, key, form)
					}
				}
				for form := range m.forms {
					if !needed[form] {
						t.Errorf("%s: %s has the form %q, which is never used", l.Code, key, form)
					}
				}
			}
		}
	}
}

// usedIn are the keys that the templates and the code of a package name.
func usedIn(t *testing.T, folder string) map[string]bool {
	t.Helper()
	used := map[string]bool{}
	err := fs.WalkDir(os.DirFS(folder), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".html") && !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := os.ReadFile(filepath.Join(folder, path))
		for _, found := range regexp.MustCompile(`(?:\.T |\bT\(|key :?= |texts\[|add\()"([a-z.]+)"`).FindAllStringSubmatch(string(content), -1) {
			used[found[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return used
}

// TestEveryTextIsUsedAndThere looks for keys in the templates and the code, and knows those that are put together.
func TestEveryTextIsUsedAndThere(t *testing.T) {
	together := map[string][]string{"../findsupport": {"missing.heading", "missing.text", "toomany.heading", "toomany.text", "broken.heading", "broken.text"}}
	partners := "../partnerpage"
	for _, f := range partner.Fields {
		key := string(f.Of) + "." + strings.ReplaceAll(f.Name, "_", ".")
		together[partners] = append(together[partners], "label."+key)
		if interfaces[partners][0].Has("hint." + key) {
			together[partners] = append(together[partners], "hint."+key)
		}
	}
	for _, fault := range []partner.Fault{partner.Empty, partner.TooLong, partner.NoEmail, partner.NoWebsite, partner.NoAge, partner.NoYesNo, partner.TooMany, partner.BelowYoungest} {
		together[partners] = append(together[partners], "fault."+string(fault))
	}
	for _, done := range []string{"confirmed", "sent", "taken", "places", "same", "waits"} {
		together[partners] = append(together[partners], "done."+done)
	}
	shared, everywhere := Languages(os.DirFS("."))[0], usedIn(t, ".")
	for folder, languages := range interfaces {
		used := usedIn(t, folder)
		for _, key := range together[folder] {
			used[key] = true
		}
		maps.Copy(used, usedIn(t, "."))
		maps.Copy(everywhere, used)
		for key := range used {
			// What is put together ends in a full stop where it is named.
			if !languages[0].Has(key) && !strings.HasSuffix(key, ".") {
				t.Errorf("%q is used in %s, and there is no such text", key, folder)
			}
		}
		for key := range languages[0].texts {
			if !used[key] && !shared.Has(key) {
				t.Errorf("%q of %s is never used", key, folder)
			}
		}
	}
	for key := range shared.texts {
		if !everywhere[key] {
			t.Errorf("%q of all pages is never used", key)
		}
	}
}

func TestPlurals(t *testing.T) {
	for _, c := range []struct {
		code, key string
		n         any
		want      string
	}{
		{"en", "search.count", 0, "0 services"}, {"en", "search.count", 1, "1 service"}, {"en", "search.count", 2, "2 services"},
		{"en", "away", 0.8, "0.8 miles away"}, {"en", "away", 1.0, "1 mile away"}, {"en", "away", 12.0, "12 miles away"},
		{"cy", "search.count", 1, "1 gwasanaeth"}, {"cy", "search.count", 2, "2 wasanaeth"}, {"cy", "search.count", 3, "3 gwasanaeth"},
		{"cy", "away", 1.0, "1 filltir i ffwrdd"}, {"cy", "away", 2.0, "2 filltir i ffwrdd"}, {"cy", "away", 2.5, "2.5 milltir i ffwrdd"},
		{"pl", "search.count", 1, "1 usługa"}, {"pl", "search.count", 2, "2 usługi"}, {"pl", "search.count", 5, "5 usług"},
		{"pl", "search.count", 12, "12 usług"}, {"pl", "search.count", 22, "22 usługi"}, {"pl", "search.count", 112, "112 usług"},
		{"pl", "away", 1.0, "1 milę stąd"}, {"pl", "away", 0.8, "0,8 mili stąd"}, {"pl", "away", 3.0, "3 mile stąd"},
	} {
		if got := interfaces["../findsupport"][slices.Index(codes, c.code)].T(c.key, "n", c.n); got != c.want {
			t.Errorf("%s %s %v: %q, want %q", c.code, c.key, c.n, got, c.want)
		}
	}
}

func TestDays(t *testing.T) {
	languages := Languages(os.DirFS("."))
	day := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	for i, want := range []string{"Thursday 26 November, 26 November 2026", "Dydd Iau 26 Tachwedd, 26 Tachwedd 2026", "czwartek, 26 listopada, 26 listopada 2026"} {
		if got := languages[i].Day(day) + ", " + languages[i].Date(day); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := languages[2].Clock(day, day.Add(90*time.Minute), false); got != "od 10:00 do 11:30" {
		t.Error(got)
	}
}

func TestChoosesTheLanguage(t *testing.T) {
	for _, c := range []struct {
		query, accepted, want string
		asked                 bool
	}{
		{"", "", "en", false}, {"", "pl", "pl", false}, {"", "fr, pl;q=0.5", "pl", false}, {"", "cy-GB,en;q=0.8", "cy", false}, {"", "fr", "en", false},
		{"?lang=cy", "pl", "cy", true}, {"?lang=xx", "pl", "pl", false}, {"", strings.Repeat("x-", 5000), "en", false}, {"", "pl;q=0, en", "en", false},
	} {
		r := httptest.NewRequest("GET", "/find-support/walton"+c.query, nil)
		r.Header.Set("Accept-Language", c.accepted)
		if l, asked := Languages(os.DirFS(".")).Of(r); l.Code != c.want || asked != c.asked {
			t.Errorf("%s %.20s: %s %t", c.query, c.accepted, l.Code, asked)
		}
	}
}

var vowels = regexp.MustCompile(`[aeiouy]+`)

// syllables counts them as the Flesch–Kincaid formula is commonly computed: groups of vowels, without a silent e.
func syllables(word string) int {
	word = strings.ToLower(word)
	if len(word) > 3 {
		word = regexp.MustCompile(`(?:[^laeiouy]es|[^laeiouy]e|ed)$`).ReplaceAllStringFunc(word, func(end string) string { return end[:1] })
	}
	return max(1, len(vowels.FindAllString(word, -1)))
}

// grade is the Flesch–Kincaid grade level: the years of school that a text needs.
func grade(text string) float64 {
	sentences := max(1, len(regexp.MustCompile(`[.!?]+(\s|$)`).FindAllString(text, -1)))
	words := regexp.MustCompile(`[A-Za-z’]+`).FindAllString(text, -1)
	count := 0
	for _, w := range words {
		count += syllables(w)
	}
	if len(words) == 0 {
		return 0
	}
	return 0.39*float64(len(words))/float64(sentences) + 11.8*float64(count)/float64(len(words)) - 15.59
}

// TestTheInterfaceIsEasyToRead holds our own words to what a child of fourteen reads with ease; each sentence of them by itself,
// and all together to far less.
func TestTheInterfaceIsEasyToRead(t *testing.T) {
	if g := grade("The cat sat on the mat."); g > 1 {
		t.Errorf("a text for beginners is of grade %.1f", g)
	}
	if g := grade("Notwithstanding organisational interdependencies, multidisciplinary stakeholders collaboratively operationalise transformation."); g < 20 {
		t.Errorf("a text for nobody is of grade %.1f", g)
	}
	for folder, languages := range interfaces {
		var all []string
		for key, m := range languages[0].texts {
			if slices.Contains([]string{"weekdays", "months", "date", "date.year", "from.to", "title", "decimal", "fault"}, key) {
				continue // no sentences
			}
			for _, text := range m.each() {
				text = placeholder.ReplaceAllString(text, "it")
				if !strings.HasSuffix(text, ".") {
					text += "."
				}
				all = append(all, text)
				if words := len(strings.Fields(text)); words >= 8 {
					if g := grade(text); g > 9 {
						t.Errorf("%s of %s is of grade %.1f: %s", key, folder, g, text)
					}
				}
			}
		}
		if g := grade(strings.Join(all, " ")); g > 5 {
			t.Errorf("the interface of %s is of grade %.1f", folder, g)
		}
	}
}

func TestTextCanBeReadOnEveryBrand(t *testing.T) {
	for red := 0; red < 256; red += 15 {
		for green := 0; green < 256; green += 15 {
			for blue := 0; blue < 256; blue += 15 {
				hex := colour{uint8(red), uint8(green), uint8(blue)}.String()
				p := paletteOf(&hex)
				if p.brand.String() != hex || contrast(p.brand, p.onBrand) < enough || contrast(p.link, white) < enough || contrast(p.link, grey) < enough {
					t.Fatalf("%s: %+v", hex, p)
				}
			}
		}
	}
	if c := contrast(colour{0x76, 0x76, 0x76}, white); c < 4.53 || c > 4.55 { // the well-known least grey
		t.Errorf("contrast %.3f", c)
	}
	for _, wrong := range []string{"", "red", "#12345", "#12345g", "#1234567", "}body{"} {
		if p := paletteOf(&wrong); p.brand != defaultBrand {
			t.Errorf("%q is worn as %s", wrong, p.brand)
		}
	}
}
