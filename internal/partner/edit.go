package partner

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
)

// Direct edits the tables themselves.
func Direct(s *store.Store) Edit {
	return func(ctx context.Context, kind Kind, id uuid.UUID, columns map[string]any) error {
		_, hub, err := here(ctx)
		if err != nil {
			return err
		}
		var sets []string
		args := []any{hub.ID, id}
		for _, name := range slices.Sorted(maps.Keys(columns)) {
			value := columns[name]
			if list, ok := value.([]string); ok {
				encoded, err := json.Marshal(list)
				if err != nil {
					return err
				}
				value = string(encoded)
			}
			args = append(args, value)
			sets = append(sets, fmt.Sprintf("%s = $%d", name, len(args)))
		}
		_, err = s.Exec(ctx, "update "+kind.table()+" set "+strings.Join(sets, ", ")+" where hub_id = $1 and id = $2", args...)
		if store.Violates(err, "") {
			return problem.New(problem.BadUserInput, "The entry cannot say this together, such as a youngest age above the oldest. Decide about the fields together, or reject one.").Because(err)
		}
		return err
	}
}
