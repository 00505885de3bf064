package hub

import (
	"strings"
	"time"

	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/operator/platform"
	"liferooms.io/liferooms/operator/step"
)

const (
	// lookWhilePending is how often a hub is looked at whose catalogue is being fetched.
	lookWhilePending = 5 * time.Second
	// lookWhileFailing is how often a hub is looked at whose catalogue could not be fetched.
	lookWhileFailing = time.Minute
)

// reportCatalogue says how the sources of the catalogue are. The API fetches them by itself.
func (r *Reconciler) reportCatalogue(w *work) step.Outcome {
	if w.tenant == nil {
		return step.Skipped()
	}
	sources := w.tenant.CatalogueSources
	if len(sources) == 0 {
		return step.Done(v1alpha1.ReasonNoSources, "The hub's catalogue has no sources. Add some to spec.catalogue.sources, or keep the catalogue in the app.")
	}
	var pending, failing []string
	for _, s := range sources {
		switch s.State {
		case platform.CatalogueSourceStatePending:
			pending = append(pending, s.Name)
		case platform.CatalogueSourceStateFailed:
			failing = append(failing, failure(s))
		}
	}
	switch {
	case len(failing) > 0:
		o := step.Waiting(lookWhileFailing, v1alpha1.ReasonSourceFailed, "%s", strings.Join(failing, " "))
		if len(pending) > 0 {
			o.After = lookWhilePending
		}
		return o
	case len(pending) > 0:
		return step.Waiting(lookWhilePending, v1alpha1.ReasonSyncPending, "Being fetched: %s. Nothing is to be done.", strings.Join(pending, ", "))
	}
	return step.Done(v1alpha1.ReasonSynced, "Every source was taken.")
}

// failure says since when a source fails, what to do, and what people see meanwhile.
func failure(s platform.CatalogueSource) string {
	var b strings.Builder
	b.WriteString("The source " + s.Name + " fails")
	if s.FailingSince != nil {
		b.WriteString(" since " + s.FailingSince.UTC().Format(time.RFC3339))
	}
	b.WriteString(": " + text(s.Message))
	if s.SyncedAt != nil {
		b.WriteString(" The catalogue of " + s.SyncedAt.UTC().Format(time.RFC3339) + " is kept.")
	}
	return b.String()
}
