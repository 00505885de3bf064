import { Button } from 'nhsuk-react-components';
import { useState } from 'react';
import { MergesDocument, UndoMergeDocument, type MergeCardFragment } from '../../gql/graphql';
import { announce } from '../../shell/announce';
import { useHub } from '../../shell/hub';
import { Empty } from '../../shell/Loading';
import { Pages, usePages } from '../../shell/Pages';
import { useChange } from '../../shell/useChange';
import { capital, dayOf, list, time } from '../../shell/words';
import { RecordSummary } from './Duplicates';
import { fieldWords, kinds, parts } from './words';

let latest: MergeCardFragment | undefined;

/** Notes what was just merged, so that the list that comes next offers to undo it. */
export function merged(merge: MergeCardFragment) {
  latest = merge;
}

/** What was just merged, with the way back. It stays until the page is left. */
export function JustMerged() {
  const [merge] = useState(() => {
    const made = latest;
    latest = undefined;
    return made;
  });
  const undo = useUndo(merge);
  if (!merge) return null;
  return (
    <section className="lr-done" aria-label="Just done">
      <div className="lr-done__words" role="status">
        <p className="lr-done__text">
          {undo.state?.undoneAt
            ? `The merge is undone: ${merge.folded.name} is back.`
            : `${merge.folded.name} (${merge.folded.sourceName}) was merged into ${merge.kept.name} (${merge.kept.sourceName}).`}
        </p>
        <Remained of={undo.state} />
        {undo.trouble}
      </div>
      {!undo.state?.undoneAt && (
        <div className="lr-done__undo">
          <Button type="button" secondarySolid small disabled={undo.busy} onClick={undo.run}>
            Undo
          </Button>
        </div>
      )}
    </section>
  );
}

function useUndo(merge: MergeCardFragment | undefined) {
  const hub = useHub();
  const [state, setState] = useState(merge);
  const { send, busy, trouble } = useChange();
  async function run() {
    if (!merge) return;
    const undone = (await send(UndoMergeDocument, { input: { hub: hub.slug, mergeId: merge.id } }))?.undoMerge.merge;
    if (!undone) return;
    setState(undone);
    announce(`The merge is undone. ${undone.folded.name} is back.${undone.remained.length ? ` ${undone.remained.join(' ')}` : ''}`);
  }
  return { state, busy, trouble, run };
}

function Remained({ of }: { of: MergeCardFragment | undefined }) {
  if (!of?.remained.length) return null;
  return (
    <>
      <p>What was left:</p>
      <ul>
        {of.remained.map((r) => (
          <li key={r}>{r}</li>
        ))}
      </ul>
    </>
  );
}

/** What was merged, the latest first, each with the way back. */
export function MergeHistory() {
  const hub = useHub();
  const pages = usePages(MergesDocument, { hub: hub.slug }, (data) => data.hub?.merges);
  return (
    <section aria-labelledby="merges-title">
      <h2 id="merges-title" className="nhsuk-heading-m">
        Merged
      </h2>
      <Pages {...pages} what="merges" empty={<Empty>Nothing was merged yet. What you merge is listed here, and can be undone.</Empty>}>
        {(merges) => (
          <ul className="lr-plain-list" aria-label="Merges">
            {merges.map((m) => (
              <li key={m.id}>
                <Merged merge={m} />
              </li>
            ))}
          </ul>
        )}
      </Pages>
    </section>
  );
}

function Merged({ merge }: { merge: MergeCardFragment }) {
  const hub = useHub();
  const undo = useUndo(merge);
  const m = undo.state ?? merge;
  const when = (at: string) => `${dayOf(at, hub.timeZone)}, ${time(at, hub.timeZone)}`;
  const names = `${m.folded.name} into ${m.kept.name}`;
  return (
    <article className="lr-card" aria-label={names}>
      <p className="lr-small">
        {capital(kinds[m.kind].one)}, merged on {when(m.mergedAt)} by {m.mergedBy ?? 'Life Rooms itself'}
      </p>
      <div className="lr-two">
        <RecordSummary of={m.kept}>
          <p className="lr-small">Stayed</p>
        </RecordSummary>
        <RecordSummary of={m.folded}>
          <p className="lr-small">{m.undoneAt ? 'Was folded in, and is back' : 'Folded in: its link leads to the other'}</p>
        </RecordSummary>
      </div>
      <p>
        {m.taken.length > 0 ? `Taken from the second: ${list(m.taken.map((f) => fieldWords(f).toLowerCase()))}. ` : ''}
        {m.moved.length > 0 && `Came with it: ${parts(m.moved)}. `}
        {m.stayed.length > 0 && `Stayed with it, since the first has them already: ${parts(m.stayed)}.`}
      </p>
      {m.keptRetired && (
        <p className="lr-warning">The source of the record that stayed no longer offers it, so neither is shown. Undo the merge to show the other one again.</p>
      )}
      {m.otherSays.length > 0 && (
        <div className="lr-inset">
          <p>
            <strong>{m.folded.sourceName} now says something else</strong> of the record that was folded in. The record that stayed does not follow it.
          </p>
          <dl className="lr-pairs">
            {m.otherSays.map((f) => (
              <div key={f.name}>
                <dt>{fieldWords(f.name)}</dt>
                <dd>
                  {f.now || <em>Nothing</em>} <span className="lr-small">(was: {f.was || 'nothing'})</span>
                </dd>
              </div>
            ))}
          </dl>
        </div>
      )}
      {m.undoneAt ? (
        <>
          <p role="status">
            Undone on {when(m.undoneAt)} by {m.undoneBy ?? 'Life Rooms itself'}.
          </p>
          <Remained of={m} />
        </>
      ) : m.obstacle ? (
        <p>{m.obstacle}</p>
      ) : (
        <Button type="button" secondary small disabled={undo.busy} onClick={undo.run} aria-label={`Undo: ${names}`}>
          Undo this merge
        </Button>
      )}
      {undo.trouble}
    </article>
  );
}
