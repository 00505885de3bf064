import { Link } from '@tanstack/react-router';
import { Button } from 'nhsuk-react-components';
import { useState } from 'react';
import { DismissDuplicateDocument, DuplicatesDocument, RestoreDuplicateDocument, type CatalogueRecordCardFragment, type DuplicateCardFragment, type MergeKind } from '../../gql/graphql';
import { announce } from '../../shell/announce';
import { mutationId } from '../../shell/client';
import { useHub } from '../../shell/hub';
import { Empty } from '../../shell/Loading';
import { Pages, usePages } from '../../shell/Pages';
import { useChange } from '../../shell/useChange';
import { capital, dayOf } from '../../shell/words';
import { CataloguePage } from '../CataloguePage';
import { JustMerged, MergeHistory } from './Merges';
import { kinds, visibilityWords } from './words';

export interface DuplicateSearch {
  kind?: MergeKind;
  view?: 'dismissed' | 'merged';
}

/** Records of the catalogue that are probably the same, and what was made of those before. */
export function Duplicates({ search }: { search: DuplicateSearch }) {
  const { slug } = useHub();
  const kind = search.kind ?? 'ORGANISATION';
  const views: { view: DuplicateSearch['view']; label: string }[] = [
    { view: undefined, label: 'Likely' },
    { view: 'dismissed', label: 'Dismissed' },
    { view: 'merged', label: 'Merged' },
  ];
  return (
    <CataloguePage title="Duplicates" caption="Records that are probably the same. The usual case: two sources that carry the same service." keepFocus>
      <JustMerged />
      <nav aria-label="What to show" className="lr-duplicates__views">
        <ul className="lr-plain-list">
          {views.map(({ view, label }) => (
            <li key={label}>
              <Link to="/$hub/catalogue/duplicates" params={{ hub: slug }} search={{ kind, view }} aria-current={search.view === view ? 'page' : undefined}>
                {label}
              </Link>
            </li>
          ))}
        </ul>
        {search.view !== 'merged' && (
          <ul className="lr-plain-list">
            {(Object.keys(kinds) as MergeKind[]).map((k) => (
              <li key={k}>
                <Link to="/$hub/catalogue/duplicates" params={{ hub: slug }} search={{ kind: k, view: search.view }} aria-current={k === kind ? 'page' : undefined}>
                  {capital(kinds[k].many)}
                </Link>
              </li>
            ))}
          </ul>
        )}
      </nav>
      {search.view === 'merged' ? <MergeHistory /> : <Pairs key={`${kind} ${search.view}`} kind={kind} dismissed={search.view === 'dismissed'} />}
    </CataloguePage>
  );
}

function Pairs({ kind, dismissed }: { kind: MergeKind; dismissed: boolean }) {
  const hub = useHub();
  const pages = usePages(DuplicatesDocument, { hub: hub.slug, kind, dismissed }, (data) => data.hub?.duplicates);
  const { many } = kinds[kind];
  return (
    <section aria-labelledby="pairs-title">
      <h2 id="pairs-title" className="nhsuk-heading-m">
        {dismissed ? `Dismissed: ${many} that look alike and are two` : `${capital(many)} that are probably the same`}
      </h2>
      <Pages
        {...pages}
        what="pairs"
        empty={
          <Empty>
            {dismissed
              ? `No pair of ${many} was dismissed. A dismissed pair comes back to the list once one of the two changes.`
              : `No two ${many} look like the same. New ones are compared each time you open this page.`}
          </Empty>
        }
      >
        {(pairs) => (
          <ul className="lr-plain-list" aria-label="Pairs">
            {pairs.map((p) => (
              <li key={p.records.map((r) => r.id).join()}>
                <Pair pair={p} />
              </li>
            ))}
          </ul>
        )}
      </Pages>
    </section>
  );
}

function Pair({ pair }: { pair: DuplicateCardFragment }) {
  const hub = useHub();
  const [one, other] = pair.records as [CatalogueRecordCardFragment, CatalogueRecordCardFragment];
  const [dismissed, setDismissed] = useState(Boolean(pair.dismissedAt));
  const [changed, setChanged] = useState(false);
  const { send, busy, trouble } = useChange();
  const names = one.name === other.name ? `both called ${one.name}` : `${one.name} and ${other.name}`;

  async function set(to: boolean) {
    const ids = { hub: hub.slug, kind: pair.kind, oneId: one.id, otherId: other.id };
    const made = to
      ? await send(DismissDuplicateDocument, { input: { ...ids, clientMutationId: mutationId() } })
      : await send(RestoreDuplicateDocument, { input: ids });
    if (!made) return;
    setDismissed(to);
    setChanged(true);
    announce(to ? `Dismissed: ${names}. They are two.` : `Back on the list: ${names}.`);
  }

  return (
    <article className="lr-card" aria-label={names}>
      <p>
        <strong>Why:</strong> {pair.reasons.join(', ')}.
      </p>
      <div className="lr-two">
        {pair.records.map((r) => (
          <RecordSummary key={r.id} of={r} />
        ))}
      </div>
      {changed ? (
        <p role="status">
          {dismissed ? 'Dismissed: these are two. The pair comes back once one of them changes. ' : 'The pair is back on the list. '}
          <button type="button" className="lr-link-button" onClick={() => set(!dismissed)} disabled={busy}>
            Undo
          </button>
        </p>
      ) : (
        <div className="lr-actions">
          <Link
            className="nhsuk-button nhsuk-button--small"
            to="/$hub/catalogue/duplicates/$kind/$one/$other"
            params={{ hub: hub.slug, kind: pair.kind, one: one.id, other: other.id }}
            aria-label={`Compare and merge: ${names}`}
          >
            Compare and merge
          </Link>
          <Button type="button" secondary small disabled={busy} onClick={() => set(!dismissed)} aria-label={`${dismissed ? 'Put back on the list' : 'These are two'}: ${names}`}>
            {dismissed ? 'Put back on the list' : 'These are two'}
          </Button>
          {pair.dismissedAt && <span className="lr-small">Dismissed on {dayOf(pair.dismissedAt, hub.timeZone)}</span>}
        </div>
      )}
      {trouble}
    </article>
  );
}

/** What tells one record from another that looks the same. */
export function RecordSummary({ of, children }: { of: CatalogueRecordCardFragment; children?: React.ReactNode }) {
  return (
    <div className="lr-duplicates__record">
      <p className="lr-duplicates__name">{of.name}</p>
      {of.detail && <p>{of.detail}</p>}
      <p className="lr-small">From: {of.sourceName}</p>
      {of.visibility !== 'PUBLIC' && <p className="lr-stale">{visibilityWords[of.visibility]}</p>}
      {children}
    </div>
  );
}
