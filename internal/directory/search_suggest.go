package directory

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
)

// SuggestionKind is what a suggestion is.
type SuggestionKind string

// The kinds of suggestions.
const (
	SuggestedNeed         SuggestionKind = "NEED"
	SuggestedService      SuggestionKind = "SERVICE"
	SuggestedOrganisation SuggestionKind = "ORGANISATION"
)

// Suggestion is something that what is being typed may mean.
type Suggestion struct {
	Kind  SuggestionKind
	Label string
	// ID is that of the service, the organisation or the need.
	ID uuid.UUID
	// Code is a need's.
	Code *string
	// OrganisationName is that of a service's partner.
	OrganisationName *string
}

// maxSuggestions bounds Suggest.
const maxSuggestions = 20

// SuggestArguments are those of suggest_services after the hub.
func SuggestArguments(text string, first *int) ([]any, error) {
	n := 8
	if first != nil {
		n = *first
	}
	if n < 1 || n > maxSuggestions {
		return nil, problem.New(problem.BadUserInput, "first must be from 1 to %d.", maxSuggestions)
	}
	words, _, _ := splitWords(text)
	if runes := []rune(words); len(runes) > maxTyped {
		words = string(runes[:maxTyped])
	}
	return []any{words, n}, nil
}

// maxTyped bounds what is completed, in characters.
const maxTyped = 60

// Suggest completes what somebody types by the names of needs, services that run and partners: at most first of them (nil:
// 8). Where no name has the words, typing errors are put right.
func (d *Directory) Suggest(ctx context.Context, text string, first *int) ([]*Suggestion, error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return nil, err
	}
	arguments, err := SuggestArguments(text, first)
	if err != nil {
		return nil, err
	}
	found, err := store.Collect(ctx, d.store, pgx.RowToAddrOfStructByPos[Suggestion],
		"select kind, label, id, code, organisation_name from suggest_services($1, $2, $3) order by n", append([]any{hub.ID}, arguments...)...)
	if err != nil {
		return nil, fmt.Errorf("suggest services: %w", err)
	}
	return found, nil
}

// LanguagesSQL gives the languages of a hub's services that run, as they are written, as a JSON array: SQL about the hub $1.
const LanguagesSQL = `coalesce((select jsonb_agg(distinct l.language)
	from services s, jsonb_array_elements_text(case when jsonb_typeof(s.languages) = 'array' then s.languages else '[]' end) l (language)
	where s.hub_id = $1 and s.retired_at is null and s.status = 'ACTIVE'), '[]')`

// Languages are the languages in which services that run are offered, by their English names. Strangers are told of public
// services'.
func (d *Directory) Languages(ctx context.Context) ([]string, error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return nil, err
	}
	written, err := store.Collect(ctx, d.store, pgx.RowTo[[]string], "select "+LanguagesSQL, hub.ID)
	if err != nil {
		return nil, fmt.Errorf("list the catalogue's languages: %w", err)
	}
	return languageNames(written[0]), nil
}

// LanguagesIn are the languages that LanguagesSQL answered, by their English names.
func LanguagesIn(written []string) []string { return languageNames(written) }
