import { useEffect, useRef, useState } from 'react';
import { useQuery } from 'urql';
import { TodayDocument } from '../gql/graphql';
import { useHub } from '../shell/hub';
import { Page } from '../shell/Page';
import { Problem } from '../shell/Problem';
import { day, plural, today } from '../shell/words';
import { Anonymous } from './Anonymous';
import { Done, type Deed } from './Done';
import { FindPerson } from './FindPerson';
import { useQueue } from './useQueue';
import { Waiting } from './Waiting';

/** The desk: who comes in, who waits. */
export function Today() {
  const hub = useHub();
  const queue = useQueue(hub.slug);
  const [{ data, error }, again] = useQuery({ query: TodayDocument, variables: { hub: hub.slug } });
  const [deed, setDeed] = useState<Deed>();
  const desk = useRef<HTMLDivElement>(null);

  // What changes the queue changes the counts.
  useEffect(() => {
    if (queue.heardAt) again();
  }, [queue.heardAt, again]);

  function done(next: Deed) {
    setDeed(next);
    again();
  }

  const counts = data?.hub?.today;
  const hours = counts && (counts.opens && counts.closes ? `Open ${counts.opens} to ${counts.closes}` : 'Closed today');
  const date = day(counts?.date ?? today(hub.timeZone), { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
  return (
    <Page title={`Today at ${hub.name}`} caption={[date, hours].filter(Boolean).join('. ')} keepFocus={hub.can('DESK_WRITE')}>
      <div className="lr-today" ref={desk}>
        <div>
          {hub.can('DESK_WRITE') && (
            <FindPerson
              onDone={done}
              done={
                deed && (
                  <Done
                    key={deed.id}
                    deed={deed}
                    onUndone={(text) => {
                      done({ id: `${deed.id}-undone`, text });
                      desk.current?.querySelector<HTMLInputElement>('[role=combobox]')?.focus();
                    }}
                  />
                )
              }
            />
          )}
          <Waiting {...queue} />
        </div>
        <div>
          {error && !data && <Problem error={error} retry={() => again()} />}
          <section className="lr-panel" aria-labelledby="counts-title">
            <h2 id="counts-title" className="nhsuk-heading-s">
              So far today
            </h2>
            <ul className="lr-counts">
              <Count n={counts?.visitCount} of="visit" />
              <Count n={counts?.anonymousCount} of="anonymous" many="anonymous" />
              <Count n={counts?.waitingCount} of="waiting" many="waiting" />
            </ul>
          </section>
          {hub.can('DESK_WRITE') && <Anonymous needs={data?.hub?.needs.filter((n) => n.offered) ?? []} onDone={done} />}
        </div>
      </div>
    </Page>
  );
}

function Count({ n, of, many }: { n: number | undefined; of: string; many?: string }) {
  const [number, ...words] = plural(n ?? 0, of, many).split(' ');
  return (
    <li>
      <strong>{n === undefined ? '–' : number}</strong> {words.join(' ')}
    </li>
  );
}
