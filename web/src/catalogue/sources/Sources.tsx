import { Link } from '@tanstack/react-router';
import { Button } from 'nhsuk-react-components';
import { useEffect } from 'react';
import { useQuery } from 'urql';
import { SourcesDocument, SyncSourceDocument, type SourceFragment } from '../../gql/graphql';
import { announce } from '../../shell/announce';
import { useHub } from '../../shell/hub';
import { Empty, Loading } from '../../shell/Loading';
import { Problem } from '../../shell/Problem';
import { useChange } from '../../shell/useChange';
import { CataloguePage } from '../CataloguePage';
import { plural } from '../../shell/words';
import { fromWhere, moment, standing, underWay } from './words';

/** Where the hub's catalogue comes from, how that goes, and what to do where it does not. */
export function SourcesPage() {
  const hub = useHub();
  const [{ data, error }, again] = useQuery({ query: SourcesDocument, variables: { hub: hub.slug } });
  const sources = data?.hub?.catalogueSources;
  const busy = Boolean(sources?.some(underWay));
  useEffect(() => {
    if (!busy) return;
    const timer = setInterval(() => again(), 2000);
    return () => clearInterval(timer);
  }, [busy, again]);

  return (
    <CataloguePage
      title="Sources of the catalogue"
      caption="Feeds, files and other hubs from which services come. What staff write over a record stays when its source is fetched again."
      aside={
        <Link className="nhsuk-button nhsuk-button--small" to="/$hub/catalogue/sources/new" params={{ hub: hub.slug }}>
          Add a source
        </Link>
      }
    >
      {error && <Problem error={error} retry={() => again()} />}
      {!error && !sources && <Loading what="the sources" />}
      {sources?.length === 0 && <Empty>The catalogue has no source: all of it was written by staff. Add the address of a feed, or upload a file.</Empty>}
      {sources && sources.length > 0 && (
        <ul className="lr-plain-list" aria-label="Sources">
          {sources.map((source) => (
            <li key={source.id}>
              <OneSource source={source} changed={again} />
            </li>
          ))}
        </ul>
      )}
    </CataloguePage>
  );
}

function OneSource({ source, changed }: { source: SourceFragment; changed: () => void }) {
  const hub = useHub();
  const { send, trouble } = useChange();
  const to = { hub: hub.slug, id: source.id };

  async function sync() {
    if (!(await send(SyncSourceDocument, { input: { hub: hub.slug, sourceId: source.id } }))) return;
    announce(`${source.name} is being fetched.`);
    changed();
  }

  return (
    <article className="lr-card" aria-label={source.name}>
      <h2 className="nhsuk-heading-s">
        <Link to="/$hub/catalogue/sources/$id" params={to}>
          {source.name}
        </Link>
      </h2>
      <p>{fromWhere(source)}</p>
      <Standing source={source} />
      {trouble}
      <div className="lr-actions">
        <Button type="button" secondary small disabled={underWay(source)} onClick={() => void sync()}>
          Fetch now<span className="nhsuk-u-visually-hidden">{` ${source.name}`}</span>
        </Button>
      </div>
    </article>
  );
}

/** How a source is, since when, and what to do about it. */
export function Standing({ source }: { source: SourceFragment }) {
  const { timeZone } = useHub();
  const failing = source.failingSince != null;
  return (
    <>
      <p>
        <strong className={`nhsuk-tag ${failing ? 'nhsuk-tag--red' : underWay(source) ? 'nhsuk-tag--blue' : source.state === 'SYNCED' ? 'nhsuk-tag--green' : 'nhsuk-tag--grey'}`}>
          {standing(source)}
        </strong>
      </p>
      {underWay(source) && source.pagesTotal > 0 && (
        <p>
          <label htmlFor={`progress-${source.id}`}>
            Page {source.pagesRead.toLocaleString('en-GB')} of {source.pagesTotal.toLocaleString('en-GB')} is read.{' '}
          </label>
          <progress id={`progress-${source.id}`} value={source.pagesRead} max={source.pagesTotal} />
        </p>
      )}
      {failing && (
        <p>
          It has failed since {moment(source.failingSince!, timeZone)}. {source.syncedAt ? 'The records of the last good fetch stay in the catalogue.' : 'It was never taken.'}
          {source.pagesRead > 0 && source.pagesRead < source.pagesTotal && ` ${source.pagesRead} of its ${source.pagesTotal} pages are kept, and it goes on from there.`}
        </p>
      )}
      {source.message && (
        <p className={failing ? 'lr-problem' : undefined}>
          {failing && <strong>What to do: </strong>}
          {source.message}
        </p>
      )}
      <p className="lr-small">
        {source.syncedAt ? `${plural(source.rowsTaken, 'record')}, last taken ${moment(source.syncedAt, timeZone)}.` : 'Not taken yet.'}
        {!source.message && source.rowsRefused > 0 && ` ${source.rowsRefused.toLocaleString('en-GB')} refused.`}
        {!underWay(source) && source.kind !== 'DOCUMENT' && ` Fetched next ${moment(source.dueAt, timeZone)}.`}
        {source.byStaff ? '' : ' It comes with the hub’s settings, and is changed there.'}
      </p>
    </>
  );
}
