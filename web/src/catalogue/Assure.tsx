import { Button } from 'nhsuk-react-components';
import { useEffect, useRef, useState } from 'react';
import { AssureServicesDocument, type CaredForFragment } from '../gql/graphql';
import { useHub } from '../shell/hub';
import { useChange } from '../shell/useChange';
import { plural } from '../shell/words';

/** How many services the server assures at once. */
const most = 200;

type Assuring = ReturnType<typeof useAssuring>;

/** Services that somebody found right: chosen, asked about, and marked as assured today. */
export function useAssuring(open: string[], onAssured: (services: CaredForFragment[]) => void) {
  const hub = useHub();
  const { send, trouble } = useChange();
  const [chosen, setChosen] = useState<string[]>([]);
  const [asked, setAsked] = useState<string[]>([]);
  const [said, setSaid] = useState('');
  const heard = useRef<HTMLParagraphElement>(null);

  async function assure() {
    const made = await send(AssureServicesDocument, { input: { hub: hub.slug, serviceIds: asked } });
    setAsked([]);
    if (!made) return;
    setChosen((all) => all.filter((id) => !asked.includes(id)));
    setSaid(`${plural(asked.length, 'service')} marked as assured today.`);
    onAssured(made.assureServices.services);
    heard.current?.focus(); // the button that had it is gone
  }
  return { open, chosen, setChosen, asked, setAsked, assure, said, heard, trouble };
}

/** Before a service's name, where several are marked at once. */
export function Choose({ of: { chosen, setChosen }, id, name }: { of: Assuring; id: string; name: string }) {
  const on = chosen.includes(id);
  return (
    <input
      type="checkbox"
      className="lr-tick lr-no-print"
      aria-label={`Choose ${name}`}
      checked={on}
      disabled={!on && chosen.length >= most}
      onChange={() => setChosen((all) => (on ? all.filter((other) => other !== id) : [...all, id]))}
    />
  );
}

/** Above the services: what is done with those that are chosen, and what came of it. */
export function AssureChosen({ of }: { of: Assuring }) {
  const { open, chosen, asked, said } = of;
  const all = chosen.length === open.length;
  return (
    <>
      {open.length > 1 && (
        <div className="lr-actions lr-no-print">
          <Button type="button" secondary small onClick={() => of.setChosen(all ? [] : open.slice(0, most))}>
            {all ? 'Choose none' : 'Choose all that are shown'}
          </Button>
          {chosen.length > 0 && (
            <Button type="button" small onClick={() => of.setAsked(chosen)}>
              Mark {plural(chosen.length, 'service')} as assured today
            </Button>
          )}
        </div>
      )}
      {asked.length > 1 && <Sure of={of} what={`the entries of ${plural(asked.length, 'service')}`} />}
      <p ref={of.heard} tabIndex={-1} role="status" className={said ? 'lr-no-print' : 'nhsuk-u-visually-hidden'}>
        {said}
      </p>
      {of.trouble}
    </>
  );
}

/** Beside a service. */
export function AssureOne({ of, id, name }: { of: Assuring; id: string; name: string }) {
  if (of.asked.length === 1 && of.asked[0] === id) return <Sure of={of} what={`the entry of ${name}`} />;
  return (
    <button type="button" className="lr-link-button lr-no-print" onClick={() => of.setAsked([id])}>
      Mark as assured today<span className="nhsuk-u-visually-hidden">: {name}</span>
    </button>
  );
}

/** Asks before services are assured: nothing takes that back. */
function Sure({ of, what }: { of: Assuring; what: string }) {
  const ask = useRef<HTMLDivElement>(null);
  useEffect(() => ask.current?.focus(), []);
  return (
    <div ref={ask} tabIndex={-1} role="group" aria-label="Mark as assured?" className="lr-ask lr-no-print">
      <p>Did you find {what} right today? It goes on record with your name and cannot be taken back.</p>
      <div className="lr-actions">
        <Button type="button" small onClick={() => void of.assure()} preventDoubleClick>
          Yes, mark as assured
        </Button>
        <Button type="button" secondary small onClick={() => of.setAsked([])}>
          No, go back
        </Button>
      </div>
    </div>
  );
}
