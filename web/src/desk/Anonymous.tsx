import { Button, Checkboxes } from 'nhsuk-react-components';
import { useRef, useState } from 'react';
import type { CombinedError } from 'urql';
import { RecordAnonymousVisitDocument } from '../gql/graphql';
import { change, mutationId } from '../shell/client';
import { useHub } from '../shell/hub';
import { Problem } from '../shell/Problem';
import { useShortcut } from '../shell/shortcuts';
import { time } from '../shell/words';
import type { Deed } from './Done';

type Need = { code: string; name: string };

/** Somebody came in and gives no name: one click, or one key, with the reason or without. */
export function Anonymous({ needs, onDone }: { needs: Need[]; onDone(deed: Deed): void }) {
  const hub = useHub();
  const busy = useRef(false);
  const [waits, setWaits] = useState(false);
  const [problem, setProblem] = useState<{ error: CombinedError; retry(): void }>();
  const [refused, setRefused] = useState('');

  async function record(need?: Need, clientMutationId = mutationId()) {
    if (busy.current) return;
    busy.current = true;
    const outcome = await change(RecordAnonymousVisitDocument, {
      input: { hub: hub.slug, clientMutationId, need: need?.code, waitForAdvisor: waits },
    });
    busy.current = false;
    if (outcome.problem) return setProblem({ error: outcome.problem, retry: () => record(need, clientMutationId) });
    const { visit } = outcome.data.recordAnonymousVisit;
    setProblem(undefined);
    setRefused(visit ? '' : (outcome.userErrors[0]?.message ?? 'The visit was not recorded.'));
    if (!visit) return;
    setWaits(false);
    const reason = need ? `, reason ${need.name.toLowerCase()}` : '';
    onDone({
      id: clientMutationId,
      text: `Anonymous visit recorded (${time(visit.arrivedAt, hub.timeZone)}${reason})${visit.state === 'WAITING' ? ', waiting for an advisor' : ''}.`,
      undoneText: 'The anonymous visit is taken back.',
      visitId: visit.id,
    });
  }

  // The search box has the focus as a rule, so one key means a key that is not typed into it.
  useShortcut('F2', 'Record an anonymous visit, also from within the search box', () => void record());
  useShortcut('a', 'Record an anonymous visit', () => void record());

  return (
    <section className="lr-panel" aria-labelledby="anonymous-title">
      <h2 id="anonymous-title" className="nhsuk-heading-s">
        Anonymous visit
      </h2>
      <p className="lr-small">No name is kept. Choose what they came about:</p>
      <div className="lr-reasons" role="group" aria-label="Reason for the anonymous visit">
        {needs.map((need) => (
          <button key={need.code} type="button" className="lr-reason" onClick={() => void record(need)}>
            {need.name}
          </button>
        ))}
      </div>
      <Button type="button" secondary small onClick={() => void record()}>
        No reason given <kbd aria-hidden="true">F2</kbd>
      </Button>
      <Checkboxes small>
        <Checkboxes.Item checked={waits} onChange={(e) => setWaits(e.currentTarget.checked)} value="waits">
          They want to see an advisor
        </Checkboxes.Item>
      </Checkboxes>
      {refused && <p role="alert">{refused}</p>}
      {problem && <Problem error={problem.error} retry={problem.retry} />}
    </section>
  );
}
