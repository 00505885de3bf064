package referral_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/frontdesk"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/referral"
	"liferooms.io/liferooms/internal/store/storetest"
	"liferooms.io/liferooms/internal/viewer"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func world(t testing.TB) (*storetest.World, *frontdesk.Desk, *referral.Advising) {
	w := storetest.New(t)
	log := audit.New(w.Store)
	t.Cleanup(log.Close)
	desk := frontdesk.New(w.Store, log)
	return w, desk, referral.New(w.Store, log, desk)
}

// TestTakeNextAtOnce: twenty advisors call ten who wait, and each of the ten is taken once.
func TestTakeNextAtOnce(t *testing.T) {
	w, desk, advising := world(t)
	reception := w.As(t, w.Walton, viewer.Reception)
	for i := range 10 {
		if _, _, err := desk.Arrive(reception, frontdesk.Arrival{ClientMutationID: fmt.Sprint(i), Wait: true}); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	taken, errs := make([]*ent.Conversation, 20), make([]error, 20)
	for i := range taken {
		ctx := w.As(t, w.Walton, viewer.Advisor)
		all.Go(func() { taken[i], errs[i] = advising.TakeNext(ctx, "1") })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	visits := map[uuid.UUID]bool{}
	for _, c := range taken {
		if c != nil {
			visits[c.VisitID] = true
		}
	}
	if n := w.Count(t, `select count(*) from conversations`); len(visits) != 10 || n != 10 {
		t.Errorf("%d visitors were taken in %d conversations, not 10", len(visits), n)
	}
}

// TestOneAdvisorTwice: two clicks of one advisor at the same moment take one visitor.
func TestOneAdvisorTwice(t *testing.T) {
	w, desk, advising := world(t)
	reception, me := w.As(t, w.Walton, viewer.Reception), w.As(t, w.Walton, viewer.Advisor)
	for i := range 2 {
		if _, _, err := desk.Arrive(reception, frontdesk.Arrival{ClientMutationID: fmt.Sprint(i), Wait: true}); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		all.Go(func() { _, errs[i] = advising.TakeNext(me, fmt.Sprint(i)) })
	}
	all.Wait()
	if n := w.Count(t, `select count(*) from conversations`); n != 1 || (errs[0] == nil) == (errs[1] == nil) || !problem.Is(errors.Join(errs...), problem.Conflict) {
		t.Errorf("%d conversations; %v", n, errs)
	}
}

func TestTakeInOrderAndOutOfTurn(t *testing.T) {
	w, desk, advising := world(t)
	reception := w.As(t, w.Walton, viewer.Reception)
	var visits []*ent.Visit
	for i := range 3 {
		v, _, err := desk.Arrive(reception, frontdesk.Arrival{ClientMutationID: fmt.Sprint(i), Wait: true})
		if err != nil {
			t.Fatal(err)
		}
		visits = append(visits, v)
	}
	first, second, third := w.As(t, w.Walton, viewer.Advisor), w.As(t, w.Walton, viewer.Advisor), w.As(t, w.Walton, viewer.Advisor)
	if c, err := advising.TakeVisit(first, "1", visits[1].ID); err != nil || c.VisitID != visits[1].ID {
		t.Errorf("out of turn: %v, %v", c, err)
	}
	if _, err := advising.TakeVisit(second, "1", visits[1].ID); !problem.Is(err, problem.Conflict) {
		t.Errorf("taken already: %v", err)
	}
	if c, err := advising.TakeNext(second, "2"); err != nil || c.VisitID != visits[0].ID {
		t.Errorf("first in turn: %v, %v", c, err)
	}
	if c, err := advising.TakeNext(third, "1"); err != nil || c.VisitID != visits[2].ID {
		t.Errorf("next in turn: %v, %v", c, err)
	}
	if c, err := advising.TakeNext(w.As(t, w.Walton, viewer.Advisor), "1"); err != nil || c != nil {
		t.Errorf("nobody waits: %v, %v", c, err)
	}
	if _, err := advising.TakeVisit(w.As(t, w.Southport, viewer.Advisor), "1", visits[0].ID); !problem.Is(err, problem.NotFound) {
		t.Errorf("from another hub: %v", err)
	}
	if _, err := desk.End(reception, visits[0].ID); !problem.Is(err, problem.Conflict) {
		t.Errorf("reception ends a conversation: %v", err)
	}
}

func TestRecordAndSignpost(t *testing.T) {
	w, desk, advising := world(t)
	reception, me := w.As(t, w.Walton, viewer.Reception), w.As(t, w.Walton, viewer.Advisor)
	c := w.Store.Client(me)
	c.Need.Create().SetCode("money").SetName("Money").SaveX(me)
	gone := c.Need.Create().SetCode("old").SetName("Old").SetOffered(false).SaveX(me)
	o := c.Organisation.Create().SetName("Partner").SetSource("local").SetExternalID("1").SaveX(me)
	offered := c.Service.Create().SetName("Offered").SetOrganisationID(o.ID).SetSource("local").SetExternalID("1").SaveX(me)
	retired := c.Service.Create().SetName("Retired").SetOrganisationID(o.ID).SetSource("local").SetExternalID("2").SetRetiredAt(time.Now()).SaveX(me)
	defunct := c.Service.Create().SetName("Defunct").SetOrganisationID(o.ID).SetSource("local").SetExternalID("3").SetStatus(service.StatusDefunct).SaveX(me)
	known := c.Person.Create().SetMemberNumber("M1").SetGivenName("A").SaveX(me)

	if _, _, err := desk.Arrive(reception, frontdesk.Arrival{ClientMutationID: "1", PersonID: &known.ID, Wait: true}); err != nil {
		t.Fatal(err)
	}
	talk, err := advising.TakeNext(me, "1")
	if err != nil {
		t.Fatal(err)
	}
	note, needs := "They said:\r\n“yes”", []string{"money"}
	if got, err := advising.Record(me, talk.ID, referral.Notes{Note: &note, Needs: &needs}); err != nil || got.Note != "They said:\n“yes”" {
		t.Errorf("recorded: %v, %v", got, err)
	}
	for _, codes := range [][]string{{"none"}, {gone.Code}} {
		if _, err := advising.Record(me, talk.ID, referral.Notes{Needs: &codes}); !problem.Is(err, problem.BadUserInput) {
			t.Errorf("need %v: %v", codes, err)
		}
	}
	if n := w.Count(t, `select count(*) from conversation_needs`); n != 1 {
		t.Errorf("%d needs are recorded", n)
	}
	if _, err := advising.Record(w.As(t, w.Walton, viewer.Advisor), talk.ID, referral.Notes{Note: &note}); !problem.Is(err, problem.Forbidden) {
		t.Errorf("another advisor writes: %v", err)
	}
	if _, err := advising.Record(w.As(t, w.Southport, viewer.Advisor), talk.ID, referral.Notes{Note: &note}); !problem.Is(err, problem.NotFound) {
		t.Errorf("another hub writes: %v", err)
	}
	code := "money"
	given, err := advising.Signpost(me, "s1", talk.ID, offered.ID, &code)
	if err != nil || given.FollowUpOn == nil {
		t.Fatalf("%v, %v", given, err)
	}
	for _, id := range []string{"s1", "s2"} {
		if again, err := advising.Signpost(me, id, talk.ID, offered.ID, &code); err != nil || again.ID != given.ID {
			t.Errorf("given again as %s: %v, %v", id, again, err)
		}
	}
	for _, s := range []*ent.Service{retired, defunct} {
		if _, err := advising.Signpost(me, "s3", talk.ID, s.ID, nil); !problem.Is(err, problem.BadUserInput) {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
	if _, err := advising.End(me, talk.ID); err != nil {
		t.Error(err)
	}
	if err := advising.Remove(me, given.ID); !problem.Is(err, problem.Conflict) {
		t.Errorf("removed after the end: %v", err)
	}
	if got, err := advising.FollowUp(w.As(t, w.Walton, viewer.Advisor), given.ID, "GOT_THERE"); err != nil || got.FollowedUpAt == nil {
		t.Errorf("followed up: %v, %v", got, err)
	}

	// An anonymous visitor: needs and services, no words and nobody to ask.
	if _, _, err := desk.Arrive(reception, frontdesk.Arrival{ClientMutationID: "2", Wait: true}); err != nil {
		t.Fatal(err)
	}
	if talk, err = advising.TakeNext(me, "2"); err != nil {
		t.Fatal(err)
	}
	if _, err := advising.Record(me, talk.ID, referral.Notes{Note: &note}); !problem.Is(err, problem.BadUserInput) {
		t.Errorf("words about nobody: %v", err)
	}
	given, err = advising.Signpost(me, "s9", talk.ID, offered.ID, nil)
	if err != nil || given.FollowUpOn != nil || given.PersonID != nil {
		t.Errorf("%v, %v", given, err)
	}
	if err := advising.Remove(me, given.ID); err != nil {
		t.Errorf("taken back: %v", err)
	}
}
