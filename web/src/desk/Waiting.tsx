import { Link, useNavigate } from '@tanstack/react-router';
import { Button } from 'nhsuk-react-components';
import { useEffect, useState } from 'react';
import type { CombinedError } from 'urql';
import { useQuery } from 'urql';
import { EndVisitDocument, MyConversationDocument, TakeNextDocument, TakeVisitDocument, type QueueVisitFragment } from '../gql/graphql';
import { AccessNeeds } from '../person/AccessNeeds';
import { announce } from '../shell/announce';
import { change, mutationId } from '../shell/client';
import { useHub } from '../shell/hub';
import { Empty, Loading } from '../shell/Loading';
import { Problem } from '../shell/Problem';
import { useShortcut } from '../shell/shortcuts';
import { time, waited } from '../shell/words';
import type { useQueue } from './useQueue';

function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 20_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

const nameOf = (visit: QueueVisitFragment) => visit.person?.displayName ?? 'Anonymous visitor';

export function Waiting({ queue, live, heardAt, interrupted }: ReturnType<typeof useQueue>) {
  const hub = useHub();
  const navigate = useNavigate();
  const now = useNow();
  const advises = hub.can('CONVERSATION_WRITE');
  const [{ data, error }] = useQuery({ query: MyConversationDocument, variables: { hub: hub.slug }, pause: !advises });
  const mine = data?.hub?.myConversation;
  // Until it is known whether one is open, there is no button that might turn into another under the finger.
  const mayTake = advises && (data || error) && !mine;
  const [problem, setProblem] = useState<CombinedError>();
  const [refused, setRefused] = useState('');

  function open(conversation: { id: string } | null | undefined, otherwise: string) {
    if (conversation) return navigate({ to: '/$hub/conversation/$id', params: { hub: hub.slug, id: conversation.id } });
    setRefused(otherwise);
    announce(otherwise);
  }

  async function takeNext() {
    const outcome = await change(TakeNextDocument, { input: { hub: hub.slug, clientMutationId: mutationId() } });
    setProblem(outcome.problem);
    if (outcome.problem) return;
    void open(outcome.data.takeNext.conversation, outcome.userErrors[0]?.message ?? 'Nobody is waiting.');
  }

  async function take(visit: QueueVisitFragment) {
    const outcome = await change(TakeVisitDocument, { input: { hub: hub.slug, clientMutationId: mutationId(), visitId: visit.id } });
    setProblem(outcome.problem);
    if (outcome.problem) return;
    void open(outcome.data.takeVisit.conversation, outcome.userErrors[0]?.message ?? `${nameOf(visit)} is not waiting any more.`);
  }

  async function left(visit: QueueVisitFragment) {
    const outcome = await change(EndVisitDocument, { input: { hub: hub.slug, visitId: visit.id } });
    setProblem(outcome.problem);
    if (outcome.problem) return;
    setRefused(outcome.userErrors[0]?.message ?? '');
    if (!outcome.userErrors.length) announce(`${nameOf(visit)} has left.`);
  }

  useShortcut('n', mayTake ? 'Take the next person' : false, () => void takeNext());

  return (
    <section aria-labelledby="waiting-title" className="lr-waiting">
      <div className="lr-heading">
        <h2 id="waiting-title" className="nhsuk-heading-m">
          Waiting for an advisor
          {queue && <span className="lr-count"> {queue.waiting.length}</span>}
        </h2>
        {mine && (
          <Link to="/$hub/conversation/$id" params={{ hub: hub.slug, id: mine.id }} className="nhsuk-button">
            Carry on with {mine.person?.displayName ?? 'the anonymous visitor'}
          </Link>
        )}
        {mayTake && (
          <Button type="button" onClick={takeNext} preventDoubleClick>
            Take the next person
          </Button>
        )}
      </div>
      {interrupted && (
        <p className="lr-offline" role="status">
          <strong>Not live.</strong> The connection is broken; trying again.{' '}
          {heardAt && `This list is as it was at ${time(heardAt, hub.timeZone)}.`}
        </p>
      )}
      {refused && (
        <p className="lr-problem" role="alert">
          {refused}
        </p>
      )}
      {problem && <Problem error={problem} />}
      {!queue && !interrupted && !live && <Loading what="who is waiting" />}
      {queue && queue.waiting.length === 0 && <Empty>Nobody is waiting.</Empty>}
      {queue && queue.waiting.length > 0 && (
        <ol className="lr-queue">
          {queue.waiting.map((visit, i) => (
            <li key={visit.id} className="lr-queue__visit">
              <span className="lr-queue__place" aria-hidden="true">
                {i + 1}
              </span>
              <Who visit={visit}>
                waiting {waited(visit.arrivedAt, now)}, since {time(visit.arrivedAt, hub.timeZone)}
              </Who>
              <span className="lr-queue__acts">
                {mayTake && (
                  <Button type="button" secondary small onClick={() => void take(visit)}>
                    Take<span className="nhsuk-u-visually-hidden"> {nameOf(visit)} out of turn</span>
                  </Button>
                )}
                {hub.can('DESK_WRITE') && (
                  <Button type="button" secondary small onClick={() => void left(visit)}>
                    <span className="nhsuk-u-visually-hidden">{nameOf(visit)} has </span>Left
                  </Button>
                )}
              </span>
            </li>
          ))}
        </ol>
      )}
      {queue && queue.withAdvisor.length > 0 && (
        <>
          <h2 className="nhsuk-heading-s">With an advisor</h2>
          <ul className="lr-queue">
            {queue.withAdvisor.map((visit) => (
              <li key={visit.id} className="lr-queue__visit">
                <Who visit={visit}>
                  with {visit.advisor?.name ?? 'an advisor'}
                  {visit.calledAt && ` since ${time(visit.calledAt, hub.timeZone)}`}
                </Who>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Who({ visit, children }: { visit: QueueVisitFragment; children: React.ReactNode }) {
  const hub = useHub();
  return (
    <div className="lr-queue__who">
      <span className="lr-queue__name">
        {visit.person ? (
          <Link to="/$hub/people/$id" params={{ hub: hub.slug, id: visit.person.id }}>
            {visit.person.displayName}
          </Link>
        ) : (
          'Anonymous visitor'
        )}
        {visit.person?.pronouns && <span className="lr-identity__pronouns">({visit.person.pronouns})</span>}
        {visit.need && <span className="lr-need">{visit.need.name}</span>}
      </span>
      <span className="lr-small">{children}</span>
      {visit.person && <AccessNeeds of={visit.person.accessNeeds} />}
    </div>
  );
}
