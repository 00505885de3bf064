package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/ent/signpost"
	"liferooms.io/liferooms/ent/visit"
	"liferooms.io/liferooms/internal/frontdesk"
	"liferooms.io/liferooms/internal/referral"
)

// pastDays is how far back visits go: long enough for follow-ups to have come due.
const pastDays = 45

// past is what has happened at a hub until now: visits with conversations and signposts, put together and then saved.
type past struct {
	dice               *rand.Rand
	clock              frontdesk.Clock
	now                time.Time
	people             []*ent.Person
	reception, advisor uuid.UUID
	needs              map[string]uuid.UUID
	services           map[string][]uuid.UUID // by code of the need that they meet

	visits        []*ent.Visit
	conversations []*ent.Conversation
	found         map[uuid.UUID][]uuid.UUID // needs of each conversation
	signposts     []*ent.Signpost
}

func (s *sower) newPast(ctx context.Context, h site, people []*ent.Person, reception, advisor uuid.UUID) (*past, error) {
	client := s.store.Client(ctx)
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, err
	}
	p := &past{
		dice: dice("past", h.slug), clock: frontdesk.Clock{Zone: zone, Hours: h.hours}, now: s.now, people: people,
		reception: reception, advisor: advisor, services: map[string][]uuid.UUID{}, found: map[uuid.UUID][]uuid.UUID{},
	}
	if p.needs, err = needsByCode(ctx, client); err != nil {
		return nil, err
	}
	offered, err := client.Service.Query().Order(service.ByExternalID()).WithNeeds().All(ctx)
	if err != nil {
		return nil, err
	}
	for _, offer := range offered {
		for _, n := range offer.Edges.Needs {
			p.services[n.Code] = append(p.services[n.Code], offer.ID)
		}
	}
	return p, nil
}

func (p *past) tell() error {
	today := p.clock.Day(p.now)
	for ago := pastDays; ago >= 1; ago-- {
		day := today.AddDate(0, 0, -ago)
		opens, closes, ok := p.clock.Open(day)
		if !ok {
			continue
		}
		from, err := p.at(day, opens)
		if err != nil {
			return err
		}
		until, err := p.at(day, closes)
		if err != nil {
			return err
		}
		p.tellDay(day, from, until)
	}
	p.tellFourWeeksAgo(today)
	return p.tellToday(today)
}

func (p *past) at(day time.Time, hhmm string) (time.Time, error) {
	t, err := time.Parse("15:04", hhmm)
	if err != nil {
		return time.Time{}, fmt.Errorf("opening hours: %w", err)
	}
	return time.Date(day.Year(), day.Month(), day.Day(), t.Hour(), t.Minute(), 0, 0, p.clock.Zone), nil
}

// between is an instant from from to until, to the second.
func (p *past) between(from, until time.Time) time.Time {
	return from.Add(time.Duration(p.dice.Int64N(max(1, int64(until.Sub(from)/time.Second)))) * time.Second)
}

func (p *past) tellDay(day, from, until time.Time) {
	here := map[uuid.UUID]bool{}
	for range 6 + p.dice.IntN(9) {
		arrived := p.between(from, until.Add(-90*time.Minute))
		v := p.arrive(day, arrived)
		who := pick(p.dice, p.people)
		if p.dice.IntN(3) > 0 && !here[who.ID] { // somebody comes once a day
			here[who.ID] = true
			v.PersonID = &who.ID
		}
		if p.dice.IntN(5) > 0 {
			p.came(v, pick(p.dice, Needs).Code)
		}
		p.leave(v, arrived.Add(time.Duration(15+p.dice.IntN(60))*time.Minute))
		if v.PersonID != nil && p.dice.IntN(5) < 2 {
			p.talk(v)
		}
	}
}

// tellFourWeeksAgo makes sure that follow-ups are due today: three people were told of two services each on the last
// open day at least four weeks ago.
func (p *past) tellFourWeeksAgo(today time.Time) {
	day := today.AddDate(0, 0, -referral.FollowUpAfter)
	for {
		if _, _, ok := p.clock.Open(day); ok {
			break
		}
		day = day.AddDate(0, 0, -1)
	}
	noon := time.Date(day.Year(), day.Month(), day.Day(), 12, 0, 0, 0, p.clock.Zone)
	here := map[uuid.UUID]bool{}
	for _, v := range p.visits {
		if v.ArrivedOn.Equal(day) && v.PersonID != nil {
			here[*v.PersonID] = true
		}
	}
	told := 0
	for _, who := range p.people[3:] {
		if here[who.ID] {
			continue
		}
		if told++; told > 3 {
			return
		}
		v := p.arrive(day, noon.Add(time.Duration(told*35)*time.Minute))
		v.PersonID = &who.ID
		p.came(v, []string{"money", "isolation", "employment"}[told-1])
		p.leave(v, v.ArrivedAt.Add(time.Hour))
		c := p.converse(v, "money", "isolation")
		for _, code := range []string{"money", "isolation"} {
			p.point(c, code, false)
		}
	}
}

// tellToday fills the day until now: some have left, some are here, and three wait. After closing time the day begins at
// closing time, so that nobody who waits is sent home by the clock at once; nobody comes before midnight.
func (p *past) tellToday(today time.Time) error {
	from := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, p.clock.Zone)
	if opens, closes, ok := p.clock.Open(today); ok {
		opening, err := p.at(today, opens)
		if err != nil {
			return err
		}
		closing, err := p.at(today, closes)
		if err != nil {
			return err
		}
		switch {
		case p.now.After(closing):
			from = closing
		case p.now.After(opening):
			from = opening
		}
	}
	if recent := p.now.Add(-3 * time.Hour); recent.After(from) {
		from = recent
	}
	// share is an instant by its share of the time from the beginning until now, in hundredths.
	share := func(hundredths int) time.Time {
		return from.Add(p.now.Sub(from) * time.Duration(hundredths) / 100).Truncate(time.Second)
	}
	last := p.people[len(p.people)-8:] // nobody of the stories
	for i, gone := range []*ent.Person{last[0], nil, last[1]} {
		v := p.arrive(today, share(5+i*10))
		if gone != nil {
			v.PersonID = &gone.ID
		}
		p.came(v, pick(p.dice, Needs).Code)
		p.leave(v, share(40+i*10))
	}
	for i, here := range []*ent.Person{last[2], nil} {
		v := p.arrive(today, share(45+i*10))
		if here != nil {
			v.PersonID = &here.ID
		}
	}
	for i, waiting := range last[3:6] {
		v := p.arrive(today, share(80+i*7))
		v.PersonID, v.State = &waiting.ID, visit.StateWaiting
		p.came(v, []string{"housing", "money", "mental-wellbeing"}[i])
	}
	return nil
}

func (p *past) arrive(day, at time.Time) *ent.Visit {
	v := &ent.Visit{ID: uuid.Must(uuid.NewV7()), State: visit.StatePresent, ArrivedOn: day, ArrivedAt: at}
	p.visits = append(p.visits, v)
	return v
}

func (p *past) came(v *ent.Visit, code string) {
	if n, ok := p.needs[code]; ok {
		v.NeedID = &n
	}
}

func (p *past) leave(v *ent.Visit, at time.Time) {
	v.State, v.LeftAt = visit.StateLeft, &at
}

// talk lets the visitor have met the advisor before they left.
func (p *past) talk(v *ent.Visit) {
	codes := []string{pick(p.dice, Needs).Code, pick(p.dice, Needs).Code}
	slices.Sort(codes)
	c := p.converse(v, slices.Compact(codes)...)
	if p.dice.IntN(3) > 0 {
		p.point(c, codes[0], p.dice.IntN(4) > 0)
	}
}

var mattered = []string{
	"Wants to feel less stuck at home and see more people.",
	"Worried about the bills and what happens if they are not paid.",
	"Would like to be back in work by the summer, part time to begin with.",
	"Sleeps badly since the move and misses the old street.",
	"Hopes to learn enough to help the children with school.",
}

var agreements = []string{
	"Will ring the service this week; we speak again in four weeks.",
	"Goes along once with a friend and sees how it feels.",
	"Brings the letters next time; we read them together.",
}

func (p *past) converse(v *ent.Visit, codes ...string) *ent.Conversation {
	stay := v.LeftAt.Sub(v.ArrivedAt)
	called := v.ArrivedAt.Add(stay / 4).Truncate(time.Second)
	v.CalledAt, v.AdvisorID = &called, &p.advisor
	c := &ent.Conversation{
		ID: uuid.Must(uuid.NewV7()), VisitID: v.ID, PersonID: v.PersonID, AdvisorID: p.advisor, StartedAt: called, EndedAt: v.LeftAt,
		WhatMatters: pick(p.dice, mattered), Agreed: pick(p.dice, agreements),
	}
	for _, code := range codes {
		if n, ok := p.needs[code]; ok {
			p.found[c.ID] = append(p.found[c.ID], n)
		}
	}
	p.conversations = append(p.conversations, c)
	return c
}

// point tells the visitor of a service for the need. Where asked says so and it is time, the advisor has since been told
// what came of it.
func (p *past) point(c *ent.Conversation, code string, asked bool) {
	offers := p.services[code]
	if len(offers) == 0 {
		return
	}
	due := p.clock.Day(c.StartedAt).AddDate(0, 0, referral.FollowUpAfter)
	n := p.needs[code]
	told := &ent.Signpost{
		ID: uuid.Must(uuid.NewV7()), ConversationID: c.ID, PersonID: c.PersonID, ServiceID: pick(p.dice, offers), NeedID: &n,
		GivenAt: *c.EndedAt, FollowUpOn: &due,
	}
	for _, before := range p.signposts {
		if before.ConversationID == c.ID && before.ServiceID == told.ServiceID {
			return
		}
	}
	if asked && due.Before(p.clock.Day(p.now)) {
		outcome := pick(p.dice, []signpost.Outcome{signpost.OutcomeGotThere, signpost.OutcomeGotThere, signpost.OutcomeStillPlanning, signpost.OutcomeCouldNotReach})
		at := due.Add(11 * time.Hour)
		told.Outcome, told.FollowedUpAt, told.FollowedUpByID = &outcome, &at, &p.advisor
	}
	p.signposts = append(p.signposts, told)
}

func (p *past) save(ctx context.Context, client *ent.Client) error {
	err := inParts(p.visits, func(part []*ent.Visit) error {
		return client.Visit.MapCreateBulk(part, func(c *ent.VisitCreate, i int) {
			v := part[i]
			c.SetID(v.ID).SetCreatedAt(v.ArrivedAt).SetCreatedByID(p.reception).SetNillablePersonID(v.PersonID).SetNillableNeedID(v.NeedID).
				SetState(v.State).SetArrivedAt(v.ArrivedAt).SetArrivedOn(v.ArrivedOn).SetNillableCalledAt(v.CalledAt).
				SetNillableLeftAt(v.LeftAt).SetNillableAdvisorID(v.AdvisorID)
		}).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("visits: %w", err)
	}
	err = inParts(p.conversations, func(part []*ent.Conversation) error {
		return client.Conversation.MapCreateBulk(part, func(c *ent.ConversationCreate, i int) {
			v := part[i]
			c.SetID(v.ID).SetCreatedAt(v.StartedAt).SetCreatedByID(p.advisor).SetVisitID(v.VisitID).SetNillablePersonID(v.PersonID).SetAdvisorID(v.AdvisorID).
				SetStartedAt(v.StartedAt).SetNillableEndedAt(v.EndedAt).SetWhatMatters(v.WhatMatters).SetAgreed(v.Agreed).SetUpdatedAt(*v.EndedAt)
		}).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("conversations: %w", err)
	}
	var found [][2]uuid.UUID
	for _, c := range p.conversations {
		for _, n := range p.found[c.ID] {
			found = append(found, [2]uuid.UUID{c.ID, n})
		}
	}
	err = inParts(found, func(part [][2]uuid.UUID) error {
		return client.ConversationNeed.MapCreateBulk(part, func(c *ent.ConversationNeedCreate, i int) {
			c.SetConversationID(part[i][0]).SetNeedID(part[i][1])
		}).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("needs found: %w", err)
	}
	err = inParts(p.signposts, func(part []*ent.Signpost) error {
		return client.Signpost.MapCreateBulk(part, func(c *ent.SignpostCreate, i int) {
			v := part[i]
			c.SetID(v.ID).SetCreatedAt(v.GivenAt).SetCreatedByID(p.advisor).SetConversationID(v.ConversationID).SetNillablePersonID(v.PersonID).
				SetServiceID(v.ServiceID).SetNillableNeedID(v.NeedID).SetGivenAt(v.GivenAt).SetNillableFollowUpOn(v.FollowUpOn).
				SetNillableOutcome(v.Outcome).SetNillableFollowedUpAt(v.FollowedUpAt).SetNillableFollowedUpByID(v.FollowedUpByID)
		}).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("signposts: %w", err)
	}
	return nil
}

// inParts saves rows a few hundred at a time: a statement has room for 65,535 values.
func inParts[T any](all []T, save func([]T) error) error {
	for part := range slices.Chunk(all, 500) {
		if err := save(part); err != nil {
			return err
		}
	}
	return nil
}
