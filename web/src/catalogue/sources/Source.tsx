import { Link, useNavigate } from '@tanstack/react-router';
import { Button } from 'nhsuk-react-components';
import { useEffect, useRef, useState } from 'react';
import { useQuery } from 'urql';
import { CheckSourceDocument, RemoveSourceDocument, SourceReportDocument, SyncSourceDocument } from '../../gql/graphql';
import { announce, tell } from '../../shell/announce';
import { mutationId } from '../../shell/client';
import { useHub } from '../../shell/hub';
import { Loading } from '../../shell/Loading';
import { Problem } from '../../shell/Problem';
import { useChange } from '../../shell/useChange';
import { CataloguePage } from '../CataloguePage';
import { Report } from './Report';
import { Standing } from './Sources';
import { fromWhere, underWay } from './words';

/** One source: how it is, what was refused of it, and what can be done with it. */
export function SourcePage({ id }: { id: string }) {
  const hub = useHub();
  const navigate = useNavigate();
  const [{ data, error }, again] = useQuery({ query: SourceReportDocument, variables: { hub: hub.slug, id } });
  const source = data?.hub?.catalogueSource;
  const busy = source ? underWay(source) : false;
  const { send, trouble } = useChange();
  const [removing, setRemoving] = useState(false);
  const ask = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (removing) ask.current?.focus(); // the button that had it is gone
  }, [removing]);
  useEffect(() => {
    if (!busy) return;
    const timer = setInterval(() => again(), 2000);
    return () => clearInterval(timer);
  }, [busy, again]);

  if (!source)
    return (
      <CataloguePage title="Source" caption="Where part of the catalogue comes from">
        {error ? <Problem error={error} retry={() => again()} /> : <Loading what="the source" />}
      </CataloguePage>
    );

  async function sync() {
    if (!(await send(SyncSourceDocument, { input: { hub: hub.slug, sourceId: id } }))) return;
    announce('It is being fetched.');
    again();
  }

  async function check() {
    const made = (await send(CheckSourceDocument, { input: { hub: hub.slug, clientMutationId: mutationId(), sourceId: id } }))?.checkCatalogueSource.check;
    if (made) await navigate({ to: '/$hub/catalogue/sources/check/$id', params: { hub: hub.slug, id: made.id } });
  }

  async function remove() {
    if (!(await send(RemoveSourceDocument, { input: { hub: hub.slug, sourceId: id } }))) return;
    tell(`${source!.name} is removed. What it brought is being retired.`);
    await navigate({ to: '/$hub/catalogue/sources', params: { hub: hub.slug } });
  }

  return (
    <CataloguePage title={source.name} caption={fromWhere(source)}>
      {trouble}
      <Standing source={source} />
      <div className="lr-actions">
        <Button type="button" secondary small disabled={busy} onClick={() => void sync()}>
          Fetch now
        </Button>
        <Button type="button" secondary small onClick={() => void check()}>
          See what would change
        </Button>
        {source.byStaff && (
          <Link className="nhsuk-button nhsuk-button--secondary nhsuk-button--small" to="/$hub/catalogue/sources/new" params={{ hub: hub.slug }} search={{ replaces: id }}>
            {source.kind === 'DOCUMENT' ? 'Upload another file' : 'Change the address'}
          </Link>
        )}
        {source.byStaff && !removing && (
          <Button type="button" secondary small onClick={() => setRemoving(true)}>
            Remove the source
          </Button>
        )}
      </div>
      {removing && (
        <div ref={ask} tabIndex={-1} className="lr-ask" role="group" aria-label="Remove the source">
          <p>
            {source.rowsTaken === 1 ? 'The one record' : `All ${source.rowsTaken.toLocaleString('en-GB')} records`} of {source.name} would be retired: no longer offered, but kept for what points
            to them.
          </p>
          <div className="lr-actions">
            <Button type="button" warning small onClick={() => void remove()}>
              Remove {source.name}
            </Button>
            <Button type="button" secondary small onClick={() => setRemoving(false)}>
              Keep it
            </Button>
          </div>
        </div>
      )}
      <h2 className="nhsuk-heading-m">The last report</h2>
      {source.syncedAt ? <Report problems={source.problems} name={source.name} /> : <p>There is none yet: nothing was taken.</p>}
    </CataloguePage>
  );
}
