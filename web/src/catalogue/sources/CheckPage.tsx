import { Link, useNavigate } from '@tanstack/react-router';
import { Button } from 'nhsuk-react-components';
import { useEffect, useState } from 'react';
import { useQuery, type CombinedError } from 'urql';
import { CatalogueCheckDocument, SaveSourceDocument } from '../../gql/graphql';
import { announce, tell } from '../../shell/announce';
import { change, mutationId } from '../../shell/client';
import { useHub } from '../../shell/hub';
import { Loading } from '../../shell/Loading';
import { Page } from '../../shell/Page';
import { Problem } from '../../shell/Problem';
import { Sections } from '../Sections';
import { Report } from './Report';
import { fieldWord, fromWhere, kindWord, whatWords, wouldBe, type Check } from './words';

/** What would become of the catalogue if a source were taken: seen first, then saved or left. */
export function CheckPage({ id }: { id: string }) {
  const hub = useHub();
  const navigate = useNavigate();
  const [{ data, error }, again] = useQuery({ query: CatalogueCheckDocument, variables: { hub: hub.slug, id } });
  const check = data?.hub?.catalogueCheck;
  const pending = check?.state === 'PENDING';
  const [saving, setSaving] = useState(false);
  const [problem, setProblem] = useState<CombinedError>();
  const [refused, setRefused] = useState('');
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
      <Page title="What would change" caption="Nothing is saved yet">
        <Sections />
        {error ? <Problem error={error} retry={() => again()} /> : <Loading what="what would change" />}
      </Page>
    );

  async function save() {
    if (saving) return;
    setSaving(true);
    const outcome = await change(SaveSourceDocument, { input: { hub: hub.slug, clientMutationId: mutationId(), checkId: id } });
    setSaving(false);
    setProblem(outcome.problem);
    if (outcome.problem) return;
    setRefused(outcome.userErrors[0]?.message ?? '');
    const saved = outcome.data.saveCatalogueSource.source;
    if (!saved) return;
    tell(`${saved.name} is saved and is being fetched.`);
    await navigate({ to: '/$hub/catalogue/sources/$id', params: { hub: hub.slug, id: saved.id } });
  }

  const lines = wouldBe(check.counts);
  return (
    <Page title={`What ${check.name} would change`} caption={`${fromWhere(check)}. Nothing is saved yet.`}>
      <Sections />
      {problem && <Problem error={problem} />}
      {refused && (
        <p className="lr-refused" role="alert">
          {refused}
        </p>
      )}
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
            {check.rows.toLocaleString('en-GB')} records were read{check.refused > 0 && `, and ${check.refused.toLocaleString('en-GB')} of them refused`}.
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
            <div className="lr-source-actions">
              <Button type="button" disabled={saving} onClick={() => void save()}>
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
    </Page>
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
      <ul className="lr-plain-list lr-differences">
        {check.differences.map((d, i) => (
          <li key={i}>
            <strong className={`nhsuk-tag ${d.what === 'RETIRED' ? 'nhsuk-tag--red' : d.what === 'ADDED' ? 'nhsuk-tag--green' : 'nhsuk-tag--yellow'}`}>
              {whatWords[d.what] ?? d.what}
            </strong>{' '}
            {kindWord(d.kind)} <strong>{d.name}</strong>
            {d.fields.length > 0 && (
              <dl>
                {d.fields.map((f) => (
                  <div key={f.field}>
                    <dt>{fieldWord(f.field)}</dt>
                    <dd>
                      {f.before ? <del>{f.before}</del> : <span className="lr-small">nothing</span>}
                      <span aria-hidden="true"> → </span>
                      <span className="nhsuk-u-visually-hidden"> becomes </span>
                      {f.after ? <ins>{f.after}</ins> : <span className="lr-small">nothing</span>}
                    </dd>
                  </div>
                ))}
              </dl>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
