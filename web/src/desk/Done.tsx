import { Link } from '@tanstack/react-router';
import { Button } from 'nhsuk-react-components';
import { useEffect, useState } from 'react';
import type { CombinedError } from 'urql';
import { AccessNeeds, SafeContactFlag } from '../person/AccessNeeds';
import { UndoVisitDocument, type PersonCardFragment } from '../gql/graphql';
import { announce } from '../shell/announce';
import { change } from '../shell/client';
import { useHub } from '../shell/hub';
import { Problem } from '../shell/Problem';
import { day } from '../shell/words';

/** What was just done at the desk. With a visitId it can be undone for ten seconds. */
export interface Deed {
  id: string;
  text: string;
  undoneText?: string;
  visitId?: string;
  person?: PersonCardFragment;
}

const undoSeconds = 10;

export function Done({ deed, onUndone }: { deed: Deed; onUndone(text: string): void }) {
  const hub = useHub();
  const [left, setLeft] = useState(deed.visitId ? undoSeconds : 0);
  // Who reads slowly, or uses a switch or a magnifier, is not hurried: the time stands still while they are at it.
  const [held, setHeld] = useState({ pointer: false, focus: false });
  const [problem, setProblem] = useState<CombinedError>();
  const [refused, setRefused] = useState('');
  const running = left > 0 && !held.pointer && !held.focus;

  useEffect(() => {
    announce(deed.text + (deed.visitId ? ' To undo, press Tab, then Enter.' : ''));
  }, [deed]);

  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setLeft((n) => n - 1), 1000);
    return () => clearInterval(timer);
  }, [running]);

  async function undo() {
    const outcome = await change(UndoVisitDocument, { input: { hub: hub.slug, visitId: deed.visitId! } });
    if (outcome.problem) return setProblem(outcome.problem);
    if (!outcome.data.undoVisit.undone) return setRefused(outcome.userErrors[0]?.message ?? 'This cannot be undone any more.');
    onUndone(deed.undoneText ?? 'Undone.');
  }

  return (
    <section
      className="lr-done"
      aria-label="Just done"
      onMouseEnter={() => setHeld((h) => ({ ...h, pointer: true }))}
      onMouseLeave={() => setHeld((h) => ({ ...h, pointer: false }))}
      onFocus={() => setHeld((h) => ({ ...h, focus: true }))}
      onBlur={() => setHeld((h) => ({ ...h, focus: false }))}
    >
      <div className="lr-done__words">
        <p className="lr-done__text">{deed.text}</p>
        {deed.person && (
          <p className="lr-small">
            {deed.person.dateOfBirth ? `Born ${day(deed.person.dateOfBirth)}, member` : 'Member'} {deed.person.memberNumber}.{' '}
            <Link to="/$hub/people/$id" params={{ hub: hub.slug, id: deed.person.id }}>
              Open the record
            </Link>
          </p>
        )}
        {deed.person && <AccessNeeds of={deed.person.accessNeeds} />}
        {deed.person && <SafeContactFlag of={deed.person} />}
        {refused && <p role="alert">{refused}</p>}
        {problem && <Problem error={problem} />}
      </div>
      {left > 0 && (
        <div className="lr-done__undo">
          <Button type="button" secondarySolid small onClick={undo}>
            Undo
          </Button>
          <span className="lr-small" aria-hidden="true">
            {running ? `${left} s left` : 'Waiting for you'}
          </span>
        </div>
      )}
    </section>
  );
}
