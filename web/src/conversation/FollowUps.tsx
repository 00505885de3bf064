import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { CombinedError } from 'urql';
import { FollowUpsDocument, RecordFollowUpDocument, type FollowUpsQuery, type SignpostOutcome } from '../gql/graphql';
import { AccessNeeds, SafeContactFlag } from '../person/AccessNeeds';
import { announce } from '../shell/announce';
import { change } from '../shell/client';
import { useHub } from '../shell/hub';
import { Empty } from '../shell/Loading';
import { Page } from '../shell/Page';
import { Pages, usePages } from '../shell/Pages';
import { Problem } from '../shell/Problem';
import { day, dayOf, outcomeWords, today } from '../shell/words';

type Due = NonNullable<FollowUpsQuery['hub']>['followUps']['nodes'][number];

/** Who is to be asked whether they got there. */
export function FollowUps() {
  const hub = useHub();
  const [dueBy] = useState(() => today(hub.timeZone));
  const pages = usePages(FollowUpsDocument, { hub: hub.slug, dueBy }, (data) => data.hub?.followUps);
  return (
    <Page title="Follow-ups" caption="People to ask whether they got to what they were told of, longest due first">
      <Pages {...pages} what="follow-ups" empty={<Empty>Nobody is to be asked today.</Empty>}>
        {(due) => (
          <ul className="lr-plain-list">
            {due.map((signpost) => (
              <li key={signpost.id}>
                <FollowUp signpost={signpost} />
              </li>
            ))}
          </ul>
        )}
      </Pages>
    </Page>
  );
}

/** Only what is safe to use is shown: a number that must not be rung is not there to be rung. */
function safeWays(person: NonNullable<Due['person']>): string[] {
  const phone = ['ANY', 'PHONE_ONLY', 'TEXT_ONLY'].includes(person.safeContact) && person.phone;
  const email = ['ANY', 'EMAIL_ONLY'].includes(person.safeContact) && person.email;
  return [phone, email].filter((way) => typeof way === 'string');
}

function FollowUp({ signpost: s }: { signpost: Due }) {
  const hub = useHub();
  const [answer, setAnswer] = useState<SignpostOutcome>();
  const [problem, setProblem] = useState<{ error: CombinedError; retry(): void }>();
  const [refused, setRefused] = useState('');
  const name = s.person?.displayName ?? 'They';
  const ways = s.person ? safeWays(s.person) : [];

  async function record(outcome: SignpostOutcome) {
    const result = await change(RecordFollowUpDocument, { input: { hub: hub.slug, signpostId: s.id, outcome } });
    setProblem(result.problem && { error: result.problem, retry: () => record(outcome) });
    if (result.problem) return;
    setRefused(result.userErrors[0]?.message ?? '');
    if (result.userErrors.length) return;
    setAnswer(outcome);
    announce(`Recorded for ${name}: ${outcomeWords[outcome].toLowerCase()}.`);
  }

  return (
    <article className="lr-card" aria-label={`${name}: ${s.service.name}`}>
      <h2 className="nhsuk-heading-s">
        {s.person ? (
          <Link to="/$hub/people/$id" params={{ hub: hub.slug, id: s.person.id }}>
            {name}
          </Link>
        ) : (
          name
        )}
        {s.person?.pronouns && <span className="lr-identity__pronouns"> ({s.person.pronouns})</span>}
      </h2>
      <p>
        Told of{' '}
        <Link to="/$hub/services/$id" params={{ hub: hub.slug, id: s.service.id }}>
          {s.service.name}
        </Link>{' '}
        ({s.service.organisation.name}) on {dayOf(s.givenAt, hub.timeZone)}
        {s.followUpOn && <>. Ask from {day(s.followUpOn)}</>}.
      </p>
      {s.person && <SafeContactFlag of={s.person} />}
      {s.person && <AccessNeeds of={s.person.accessNeeds} />}
      {ways.length > 0 && <p className="lr-small">{ways.join(', ')}</p>}
      <div role="group" aria-label={`Did ${name} get to ${s.service.name}?`} className="lr-answers">
        <span className="lr-answers__question">Did they get there?</span>
        {(Object.keys(outcomeWords) as SignpostOutcome[]).map((outcome) => (
          <button key={outcome} type="button" className="lr-reason" aria-pressed={answer === outcome} onClick={() => void record(outcome)}>
            {outcomeWords[outcome]}
          </button>
        ))}
      </div>
      {answer && <p className="lr-signposted">Recorded: {outcomeWords[answer].toLowerCase()}. Choose another if that is not right.</p>}
      {refused && (
        <p className="lr-problem" role="alert">
          {refused}
        </p>
      )}
      {problem && <Problem error={problem.error} retry={problem.retry} />}
    </article>
  );
}
