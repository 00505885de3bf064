import { Link, useNavigate } from '@tanstack/react-router';
import { Button } from 'nhsuk-react-components';
import { useEffect, useRef } from 'react';
import { useQuery } from 'urql';
import { CatalogueCheckDocument, SaveSourceDocument } from '../../gql/graphql';
import { announce, tell } from '../../shell/announce';
import { mutationId } from '../../shell/client';
import { useHub } from '../../shell/hub';
import { Loading } from '../../shell/Loading';
import { Problem } from '../../shell/Problem';
import { useChange } from '../../shell/useChange';
import { plural } from '../../shell/words';
import { CataloguePage } from '../CataloguePage';
import { Difference } from '../Difference';
import { Report } from './Report';
import { fieldWord, fromWhere, kindWord, whatWords, wouldBe, type Check } from './words';

/** What would become of the catalogue if a source were taken: seen first, then saved or left. */
export function CheckPage({ id }: { id: string }) {
  const hub = useHub();
  const navigate = useNavigate();
  const [{ data, error }, again] = useQuery({ query: CatalogueCheckDocument, variables: { hub: hub.slug, id } });
  const check = data?.hub?.catalogueCheck;
  const pending = check?.state === 'PENDING';
  const { send, busy, trouble } = useChange();
  const intention = useRef(mutationId());
  useEffect(() => {
    if (!pending) return;
    const timer = setInterval(() => again(), 1000);
    return () => clearInterval(timer);
  }, [pending, again]);
  const state = check?.state;
  useEffect(() => {
    if (state === 'DONE') announce('What would change is known.');
    if (state === 'FAILED') announce('It could not be read.');
  }, [state]);

  if (!check)
    return (
      <CataloguePage title="What would change" caption="Nothing is saved yet">
        {error ? <Problem error={error} retry={() => again()} /> : <Loading what="what would change" />}
      </CataloguePage>
    );

  async function save() {
    const saved = (await send(SaveSourceDocument, { input: { hub: hub.slug, clientMutationId: intention.current, checkId: id } }))?.saveCatalogueSource.source;
    if (!saved) return;
    tell(`${saved.name} is saved and is being fetched.`);
    await navigate({ to: '/$hub/catalogue/sources/$id', params: { hub: hub.slug, id: saved.id } });
  }

  const lines = wouldBe(check.counts);
  return (
    <CataloguePage title={`What ${check.name} would change`} caption={`${fromWhere(check)}. Nothing is saved yet.`}>
      {trouble}
      {pending && (
        <p role="status">
          It is being read and compared with the catalogue.{' '}
          {check.pagesTotal > 0 && `Page ${check.pagesRead.toLocaleString('en-GB')} of ${check.pagesTotal.toLocaleString('en-GB')} is read. `}
          You can leave this page and come back.
        </p>
      )}
      {check.state === 'FAILED' && (
        <div className="lr-problem" role="alert">
          <h2 className="nhsuk-heading-s">It could not be read, so nothing would change</h2>
          <p>{check.message}</p>
          <Link to="/$hub/catalogue/sources/new" params={{ hub: hub.slug }} search={check.sourceId ? { replaces: check.sourceId } : {}}>
            Try another address or file
          </Link>
        </div>
      )}
      {check.state === 'DONE' && (
        <>
          <h2 className="nhsuk-heading-m">In short</h2>
          <p>
            {plural(check.rows, 'record was', 'records were')} read{check.refused > 0 && `, and ${check.refused.toLocaleString('en-GB')} of them refused`}.
            {lines.length === 0 && ' Nothing would change.'}
          </p>
          {lines.length > 0 && (
            <ul className="nhsuk-list nhsuk-list--bullet">
              {lines.map((line) => (
                <li key={line}>{line}.</li>
              ))}
            </ul>
          )}
          {check.savedId ? (
            <p>
              It was saved.{' '}
              <Link to="/$hub/catalogue/sources/$id" params={{ hub: hub.slug, id: check.savedId }}>
                See the source
              </Link>
            </p>
          ) : (
            <div className="lr-actions">
              <Button type="button" disabled={busy} onClick={() => void save()}>
                {check.sourceId ? 'Make these changes' : 'Save the source and make these changes'}
              </Button>
              <Link className="nhsuk-button nhsuk-button--secondary" to="/$hub/catalogue/sources" params={{ hub: hub.slug }}>
                Leave it
              </Link>
            </div>
          )}
          <Differences of={check} />
          <h2 className="nhsuk-heading-m">What was refused or changed on the way in</h2>
          <Report problems={check.problems} name={check.name} />
        </>
      )}
    </CataloguePage>
  );
}

function Differences({ of: check }: { of: Check }) {
  if (check.differences.length === 0) return null;
  const all = check.counts.reduce((n, c) => n + c.added + c.changed + c.retired + c.restored, 0);
  return (
    <>
      <h2 className="nhsuk-heading-m">One by one</h2>
      {all > check.differences.length && (
        <p>
          The first {check.differences.length} of {all.toLocaleString('en-GB')}.
        </p>
      )}
      <ul className="lr-rows lr-differences">
        {check.differences.map((d, i) => (
          <li key={i}>
            <strong className={`nhsuk-tag ${d.what === 'RETIRED' ? 'nhsuk-tag--red' : d.what === 'ADDED' ? 'nhsuk-tag--green' : 'nhsuk-tag--yellow'}`}>
              {whatWords[d.what] ?? d.what}
            </strong>{' '}
            {kindWord(d.kind)} <strong>{d.name}</strong>
            {d.fields.map((f) => (
              <div key={f.field}>
                <h3 className="lr-asked__field">{fieldWord(f.field)}</h3>
                <Difference field={f.field} from={f.before} to={f.after} />
              </div>
            ))}
          </li>
        ))}
      </ul>
    </>
  );
}
