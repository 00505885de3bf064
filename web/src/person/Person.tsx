import { Link } from '@tanstack/react-router';
import { Button } from 'nhsuk-react-components';
import { useState } from 'react';
import { useQuery, type CombinedError } from 'urql';
import { CheckInDocument, PersonConversationsDocument, PersonDocument, PersonVisitsDocument } from '../gql/graphql';
import { announce, told } from '../shell/announce';
import { change, mutationId } from '../shell/client';
import { Facts, type Known } from '../shell/Facts';
import { useHub } from '../shell/hub';
import { Empty, Loading } from '../shell/Loading';
import { Page } from '../shell/Page';
import { Pages, usePages } from '../shell/Pages';
import { Problem } from '../shell/Problem';
import { Unread } from '../shell/Shell';
import { day, dayOf, list, nhsNumber, safeContactWords, time, visitWords } from '../shell/words';
import { AccessNeeds, SafeContactFlag } from './AccessNeeds';

export function PersonPage({ id }: { id: string }) {
  const hub = useHub();
  const [{ data, error }, again] = useQuery({ query: PersonDocument, variables: { hub: hub.slug, id } });
  const [said, setSaid] = useState(told);
  const [problem, setProblem] = useState<CombinedError>();
  if (!data && !error) return <Loading what="the person" />;
  const person = data?.hub?.person;
  if (!person) return <Unread what="person" error={error} retry={() => again()} />;

  async function checkIn() {
    const outcome = await change(CheckInDocument, { input: { hub: hub.slug, clientMutationId: mutationId(), personId: id } });
    setProblem(outcome.problem);
    if (outcome.problem) return;
    const { visit, alreadyHere } = outcome.data.checkIn;
    const at = visit && time(visit.arrivedAt, hub.timeZone);
    const words = !visit
      ? (outcome.userErrors[0]?.message ?? 'They were not checked in.')
      : alreadyHere
        ? `${person!.displayName} is already here since ${at}.`
        : `${person!.displayName} is checked in (${at}), waiting for an advisor.`;
    setSaid(words);
    announce(words);
    again();
  }

  const facts: Known = [
    ['First name', person.givenName],
    ['Family name', person.familyName],
    ['Preferred name', person.preferredName],
    ['Pronouns', person.pronouns],
    ['Date of birth', person.dateOfBirth && `${day(person.dateOfBirth)} (age ${person.age})`],
    ['Postcode', person.postcode],
    ['Phone', person.phone],
    ['Email', person.email],
    ['Safe contact', safeContactWords[person.safeContact] + (person.safeContactNote ? `. ${person.safeContactNote}` : '')],
    ['NHS number', person.nhsNumber && nhsNumber(person.nhsNumber)],
    ['GP practice', person.gpPractice],
    ['Registered', dayOf(person.createdAt, hub.timeZone)],
  ];
  return (
    <Page
      title={person.displayName}
      caption={`Member ${person.memberNumber}${person.pronouns ? `, ${person.pronouns}` : ''}`}
      aside={
        <>
          {hub.can('DESK_WRITE') && !person.openVisit && (
            <Button type="button" small onClick={checkIn} preventDoubleClick>
              Check in
            </Button>
          )}
          {hub.can('PERSON_WRITE') && (
            <Link to="/$hub/people/$id/edit" params={{ hub: hub.slug, id }} className="nhsuk-button nhsuk-button--secondary nhsuk-button--small">
              Change details
            </Link>
          )}
        </>
      }
    >
      {said && <p className="lr-done lr-done__text">{said}</p>}
      {problem && <Problem error={problem} retry={checkIn} />}
      {person.openVisit && (
        <p className="lr-here">
          Here since {time(person.openVisit.arrivedAt, hub.timeZone)}. {visitWords[person.openVisit.state]}.
        </p>
      )}
      <AccessNeeds of={person.accessNeeds} />
      <SafeContactFlag of={person} />
      <div className="lr-columns">
        <section aria-labelledby="details-title">
          <h2 id="details-title" className="nhsuk-heading-m">
            Details
          </h2>
          <Facts of={facts} />
        </section>
        <div>
          {hub.can('DESK_READ') && <Visits id={id} />}
          {hub.can('CONVERSATION_READ') && <Conversations id={id} />}
        </div>
      </div>
    </Page>
  );
}

function Visits({ id }: { id: string }) {
  const hub = useHub();
  const pages = usePages(PersonVisitsDocument, { hub: hub.slug, id }, (data) => data.hub?.person?.visits);
  return (
    <section aria-labelledby="visits-title">
      <h2 id="visits-title" className="nhsuk-heading-m">
        Visits
      </h2>
      <Pages {...pages} what="visits" empty={<Empty>No visits yet.</Empty>}>
        {(visits) => (
          <ul className="lr-timeline">
            {visits.map((visit) => (
              <li key={visit.id}>
                <strong>{dayOf(visit.arrivedAt, hub.timeZone)}</strong>, {time(visit.arrivedAt, hub.timeZone)}
                {visit.leftAt && ` to ${time(visit.leftAt, hub.timeZone)}`}
                {visit.state !== 'LEFT' && `. ${visitWords[visit.state]}`}
                {visit.need && <span className="lr-need">{visit.need.name}</span>}
                {visit.advisor && <span className="lr-small"> with {visit.advisor.name}</span>}
              </li>
            ))}
          </ul>
        )}
      </Pages>
    </section>
  );
}

function Conversations({ id }: { id: string }) {
  const hub = useHub();
  const pages = usePages(PersonConversationsDocument, { hub: hub.slug, id }, (data) => data.hub?.person?.conversations);
  return (
    <section aria-labelledby="conversations-title">
      <h2 id="conversations-title" className="nhsuk-heading-m">
        Conversations
      </h2>
      <Pages {...pages} what="conversations" empty={<Empty>No conversations yet.</Empty>}>
        {(conversations) => (
          <ul className="lr-timeline">
            {conversations.map((c) => (
              <li key={c.id}>
                <Link to="/$hub/conversation/$id" params={{ hub: hub.slug, id: c.id }}>
                  {dayOf(c.startedAt, hub.timeZone)}, {time(c.startedAt, hub.timeZone)}
                </Link>{' '}
                with {c.advisor.name}
                {!c.endedAt && ', still open'}
                {c.needs.length > 0 && <span className="lr-small"> {list(c.needs.map((n) => n.name))}</span>}
              </li>
            ))}
          </ul>
        )}
      </Pages>
    </section>
  );
}
