package directory

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// signed are languages that Unicode's tables do not name: a code, and what it is called.
var signed = map[string][]string{
	"bfi": {"British Sign Language", "BSL", "sign language"},
	"isg": {"Irish Sign Language", "ISL"},
}

// byName finds the code of a language by its English name and its own, in lower case.
var byName = sync.OnceValue(func() map[string]string {
	codes := map[string]string{}
	for _, base := range display.Values.BaseLanguages() {
		tag := language.Make(base.String())
		for _, name := range []string{display.English.Languages().Name(tag), display.Self.Name(tag)} {
			if name = strings.ToLower(name); name != "" && codes[name] == "" {
				codes[name] = base.String()
			}
		}
	}
	for code, names := range signed {
		for _, name := range names {
			codes[strings.ToLower(name)] = code
		}
	}
	return codes
})

// codeOf is the code of a language that is named or coded; empty where neither is known.
func codeOf(asked string) string {
	asked = strings.ToLower(strings.TrimSpace(asked))
	if code := byName()[asked]; code != "" {
		return code
	}
	if first, _, region := strings.Cut(asked, "-"); region {
		asked = first
	}
	if len(asked) > 3 {
		return ""
	}
	base, err := language.ParseBase(asked)
	if err != nil {
		return ""
	}
	return base.String()
}

// languageForms are the ways in which catalogues write a language, as far as they are known.
func languageForms(asked string) []string {
	forms := []string{storable(strings.ToLower(strings.TrimSpace(asked)))}
	add := func(form string) {
		if form = strings.ToLower(form); form != "" && !slices.Contains(forms, form) {
			forms = append(forms, form)
		}
	}
	code := codeOf(asked)
	add(code)
	if base, err := language.ParseBase(code); err == nil {
		tag := language.Make(code)
		add(base.ISO3())
		add(display.English.Languages().Name(tag))
		add(display.Self.Name(tag))
	}
	for _, name := range signed[code] {
		add(name)
	}
	return forms
}

// LanguageName is the name in a language of the interface of what a catalogue calls a language; as it stands where it is
// not known.
func LanguageName(written string, in language.Tag) string {
	code := codeOf(written)
	if code == "" {
		return written
	}
	if names := signed[code]; names != nil {
		return names[0]
	}
	if namer := display.Languages(in); namer != nil {
		if name := namer.Name(language.Make(code)); name != "" {
			return name
		}
	}
	return written
}

// languageNames are the English names of languages as catalogues write them, each once and in order.
func languageNames(written []string) []string {
	names := []string{}
	for _, w := range written {
		if name := LanguageName(w, language.BritishEnglish); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
