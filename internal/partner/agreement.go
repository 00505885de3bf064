package partner

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/organisation"
	"liferooms.io/liferooms/ent/partneragreement"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/problem"
)

// Agreement is what a hub and a partner have agreed.
type Agreement struct {
	// SignedOn is the day on which the partner signed how it protects people's data, and SignedBy who signed for it.
	SignedOn *time.Time
	SignedBy string
	// ResponseDays is within how many days the partner answers a referral.
	ResponseDays *int
	// EndsOn is the last day on which it holds; nil: it has no end.
	EndsOn *time.Time
	Note   string
}

func (a *Agreement) check(today time.Time) error {
	a.SignedBy, a.Note = strings.TrimSpace(a.SignedBy), strings.TrimSpace(a.Note)
	switch {
	case a.SignedOn != nil && a.SignedOn.After(today):
		return problem.Field("dataProtectionSignedOn", "The day on which the partner signed is today or before.")
	case a.SignedOn != nil && a.SignedBy == "":
		return problem.Field("signedBy", "Say who signed for the partner.")
	case len(a.SignedBy) > 200:
		return problem.Field("signedBy", "Say who signed in at most 200 characters.")
	case a.ResponseDays != nil && (*a.ResponseDays < 1 || *a.ResponseDays > 90):
		return problem.Field("responseDays", "Say within how many days the partner answers, from 1 to 90.")
	case a.SignedOn != nil && a.EndsOn != nil && a.EndsOn.Before(*a.SignedOn):
		return problem.Field("endsOn", "The agreement ends on or after the day on which it was signed.")
	case len(a.Note) > 2000:
		return problem.Field("note", "Write the note in at most 2,000 characters.")
	}
	return nil
}

// Current reports whether an agreement lets people be referred to the partner on a day: the partner has signed how it
// protects their data, on that day or before, and the agreement's last day is not past. Where there is none (nil), nobody
// is referred.
func Current(a *ent.PartnerAgreement, on time.Time) bool {
	return a != nil && a.SignedOn != nil && !a.SignedOn.After(on) && (a.EndsOn == nil || !a.EndsOn.Before(on))
}

// CurrentSQL is Current as SQL over @row, an agreement, and @today.
const CurrentSQL = "coalesce(@row.signed_on <= @today and (@row.ends_on is null or @row.ends_on >= @today), false)"

// RecordAgreement replaces what is recorded of the agreement with a partner.
func (p *Partners) RecordAgreement(ctx context.Context, today time.Time, organisationID uuid.UUID, a Agreement) (*ent.Organisation, error) {
	v, hub, err := here(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.check(today); err != nil {
		return nil, err
	}
	var partner *ent.Organisation
	err = p.store.Tx(ctx, func(ctx context.Context) error {
		if err := p.hold(ctx, hub.ID, organisationID); err != nil {
			return err
		}
		client := p.store.Client(ctx)
		var err error
		partner, err = client.Organisation.Query().Where(organisation.ID(organisationID)).Only(ctx)
		switch {
		case ent.IsNotFound(err):
			return problem.Missing("organisation")
		case err != nil:
			return err
		}
		known, err := client.PartnerAgreement.Query().Where(partneragreement.OrganisationID(organisationID)).Only(ctx)
		switch {
		case ent.IsNotFound(err):
			err = client.PartnerAgreement.Create().SetOrganisationID(organisationID).SetNillableSignedOn(a.SignedOn).SetSignedBy(a.SignedBy).
				SetNillableResponseDays(a.ResponseDays).SetNillableEndsOn(a.EndsOn).SetNote(a.Note).SetUpdatedAt(time.Now()).SetNillableUpdatedByID(staffOf(v)).Exec(ctx)
			if err != nil {
				return err
			}
			return p.log.Change(ctx, audit.Event{Action: "agreement.recorded", SubjectType: "organisation", SubjectID: organisationID, Fields: a.fields(nil)})
		case err != nil:
			return err
		}
		changed := a.fields(known)
		if len(changed) == 0 { // sent twice
			return nil
		}
		update := client.PartnerAgreement.UpdateOne(known).SetSignedBy(a.SignedBy).SetNote(a.Note).SetUpdatedAt(time.Now()).
			SetNillableSignedOn(a.SignedOn).SetNillableResponseDays(a.ResponseDays).SetNillableEndsOn(a.EndsOn).SetNillableUpdatedByID(staffOf(v))
		if a.SignedOn == nil {
			update.ClearSignedOn()
		}
		if a.ResponseDays == nil {
			update.ClearResponseDays()
		}
		if a.EndsOn == nil {
			update.ClearEndsOn()
		}
		err = update.Exec(ctx)
		if err != nil {
			return err
		}
		return p.log.Change(ctx, audit.Event{Action: "agreement.recorded", SubjectType: "organisation", SubjectID: organisationID, Fields: changed})
	})
	if err != nil {
		return nil, fmt.Errorf("record an agreement: %w", err)
	}
	return partner, nil
}

// fields are those in which it differs from what was recorded before.
func (a *Agreement) fields(before *ent.PartnerAgreement) []string {
	if before == nil {
		before = &ent.PartnerAgreement{}
	}
	var changed []string
	for _, f := range []struct {
		name string
		same bool
	}{
		{"data_protection_signed_on", sameDay(a.SignedOn, before.SignedOn)},
		{"signed_by", a.SignedBy == before.SignedBy},
		{"response_days", same(a.ResponseDays, before.ResponseDays)},
		{"ends_on", sameDay(a.EndsOn, before.EndsOn)},
		{"note", a.Note == before.Note},
	} {
		if !f.same {
			changed = append(changed, f.name)
		}
	}
	return changed
}

func same[T comparable](a, b *T) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

func sameDay(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}
