import { Link, useNavigate } from '@tanstack/react-router';
import { Button } from 'nhsuk-react-components';
import { useMemo, useState } from 'react';
import { useQuery, type CombinedError } from 'urql';
import { MergeRecordsDocument, RecordComparisonDocument, type CatalogueRecordCardFragment, type MergeKind, type RecordComparisonQuery } from '../../gql/graphql';
import { tell } from '../../shell/announce';
import { change, mutationId } from '../../shell/client';
import { Errors } from '../../shell/form';
import { useHub } from '../../shell/hub';
import { Loading } from '../../shell/Loading';
import { Problem } from '../../shell/Problem';
import { Unread } from '../../shell/Shell';
import { CataloguePage } from '../CataloguePage';
import { merged } from './Merges';
import { fieldWords, kinds, parts, valueWords, visibilityWords } from './words';

type Comparison = NonNullable<NonNullable<RecordComparisonQuery['hub']>['recordComparison']>;

/** Two records side by side: which one stays, and whose value for each thing in which they differ. */
export function Compare({ kind, one, other }: { kind: MergeKind; one: string; other: string }) {
  const hub = useHub();
  const [kept, setKept] = useState(one);
  const folded = kept === one ? other : one;
  const [{ data, error, fetching }, again] = useQuery({ query: RecordComparisonDocument, variables: { hub: hub.slug, kind, keep: kept, fold: folded } });
  // Whose value was chosen, by the record's id: it stays where another record is kept.
  const [chosen, setChosen] = useState<Record<string, string>>({});
  const c = data?.hub?.recordComparison;
  if (!c && (fetching || !error)) return <Loading what="the two records" />;
  if (!c) return <Unread what={kinds[kind].one} error={error} retry={() => again()} />;
  return (
    <CataloguePage title={`Merge two ${kinds[kind].many}`} caption="Choose which record stays, then whose details it has.">
      <p>
        <Link to="/$hub/catalogue/duplicates" params={{ hub: hub.slug }} search={{ kind }}>
          Back to duplicates
        </Link>
      </p>
      {/* One of the two comes first, whichever is kept. */}
      <Choose kind={kind} c={c} first={one} busy={fetching} chosen={chosen} onKeep={setKept} onChoose={(field, id) => setChosen((all) => ({ ...all, [field]: id }))} again={() => again()} />
    </CataloguePage>
  );
}

function Choose(props: {
  kind: MergeKind;
  c: Comparison;
  first: string;
  busy: boolean;
  chosen: Record<string, string>;
  onKeep(id: string): void;
  onChoose(field: string, id: string): void;
  again(): void;
}) {
  const { kind, c, chosen } = props;
  const hub = useHub();
  const navigate = useNavigate();
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<CombinedError>();
  const [refused, setRefused] = useState<{ message: string; field?: string | null }[]>([]);
  // One name for what is on the screen: sent twice it merges once.
  const request = useMemo(mutationId, [c.seen, c.keep.id, chosen]);
  const two = c.keep.id === props.first ? [c.keep, c.fold] : [c.fold, c.keep];
  const differing = c.fields.filter((f) => !f.same);
  const alike = c.fields.filter((f) => f.same);
  const valueOf = (f: Comparison['fields'][number], r: CatalogueRecordCardFragment) => (r.id === c.keep.id ? f.keep : f.fold);
  /** Whose value it is to be: what was chosen, else the kept record's own unless it has none. */
  const from = (f: Comparison['fields'][number]) => chosen[f.name] ?? (f.keep === '' ? c.fold.id : c.keep.id);
  const take = differing.filter((f) => from(f) === c.fold.id).map((f) => f.name);
  const different = c.keep.name === c.fold.name ? (r: CatalogueRecordCardFragment) => `${r.name} (${r.sourceName})` : (r: CatalogueRecordCardFragment) => r.name;

  async function send() {
    setSending(true);
    const outcome = await change(MergeRecordsDocument, {
      input: { hub: hub.slug, clientMutationId: request, kind, keepId: c.keep.id, foldId: c.fold.id, take, seen: c.seen },
    });
    setSending(false);
    setProblem(outcome.problem);
    if (outcome.problem) return;
    setRefused(outcome.userErrors.map((e) => ({ message: e.message, field: 'merge' })));
    const made = outcome.data.mergeRecords.merge;
    if (!made) return props.again();
    merged(made);
    tell(`${different(c.fold)} was merged into ${different(c.keep)}.`);
    await navigate({ to: '/$hub/catalogue/duplicates', params: { hub: hub.slug }, search: { kind } });
  }

  return (
    <form
      aria-busy={props.busy}
      onSubmit={(e) => {
        e.preventDefault();
        void send();
      }}
    >
      <Errors of={refused} />
      <Versus name="keep" legend="Which record stays?" hint="The other is folded into it: it is no longer shown, and its link leads here." two={two} checked={c.keep.id} onChange={props.onKeep}>
        {(r) => (
          <>
            <strong>{r.name}</strong>
            {r.detail && <span className="lr-line">{r.detail}</span>}
            <span className="lr-line lr-small">
              From: {r.sourceName}. {visibilityWords[r.visibility]}.
            </span>
          </>
        )}
      </Versus>
      {c.stricter && (
        <p className="lr-inset">
          <strong>The record to be folded in is shown to fewer people</strong> ({visibilityWords[c.fold.visibility].toLowerCase()}, or beneath a partner that is). The merged
          record takes the stricter setting, so that nothing that was hidden can be seen through it.
        </p>
      )}
      {differing.length > 0 && (
        <h2 className="nhsuk-heading-m">
          What differs <span className="lr-small">({differing.length})</span>
        </h2>
      )}
      {differing.map((f) => (
        <Versus key={f.name} name={`field-${f.name}`} legend={fieldWords(f.name)} two={two} checked={from(f)} onChange={(id) => props.onChoose(f.name, id)}>
          {(r) => (
            <>
              <span className="lr-written">{valueWords(f.name, valueOf(f, r)) || <em>Nothing</em>}</span>
              <span className="lr-line lr-small">
                {r.sourceName}
                {r.id === c.fold.id && c.stricter && valueOf(f, r) !== '' && ', from the record that fewer people see'}
              </span>
            </>
          )}
        </Versus>
      ))}
      {alike.length > 0 && (
        <details className="lr-folded">
          <summary>The same in both ({alike.length})</summary>
          <dl className="lr-pairs">
            {alike.map((f) => (
              <div key={f.name}>
                <dt>{fieldWords(f.name)}</dt>
                <dd className="lr-written">{valueWords(f.name, f.keep)}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
      <section className="lr-panel" aria-labelledby="result-title">
        <h2 id="result-title" className="nhsuk-heading-m">
          What comes of it
        </h2>
        <dl className="lr-pairs">
          {c.fields.map((f) => {
            const value = from(f) === c.fold.id && !f.same ? f.fold : f.keep;
            return (
              value !== '' && (
                <div key={f.name}>
                  <dt>{fieldWords(f.name)}</dt>
                  <dd className="lr-written">{valueWords(f.name, value)}</dd>
                </div>
              )
            );
          })}
          <div>
            <dt>Who sees it</dt>
            <dd>
              {visibilityWords[c.visibility]}
              {c.hides && <strong> – it was: {visibilityWords[c.keep.visibility].toLowerCase()}</strong>}
            </dd>
          </div>
          <div>
            <dt>Comes with the other</dt>
            <dd>{c.comes.length > 0 ? `${parts(c.comes)}; what is there already is not doubled` : 'Nothing hangs on it'}</dd>
          </div>
        </dl>
        <p className="lr-small">
          What you take from the other record stays when the sources are read again. Everything can be undone under “Merged”.
        </p>
        <Button id="merge" type="submit" disabled={sending || props.busy}>
          Merge {different(c.fold)} into {different(c.keep)}
        </Button>
        {problem && <Problem error={problem} />}
      </section>
    </form>
  );
}

/** A choice between two records, side by side where there is room. */
function Versus(props: {
  name: string;
  legend: string;
  hint?: string;
  two: CatalogueRecordCardFragment[];
  checked: string;
  onChange(id: string): void;
  children(r: CatalogueRecordCardFragment): React.ReactNode;
}) {
  return (
    <fieldset className="nhsuk-fieldset lr-versus" aria-describedby={props.hint && `${props.name}-hint`}>
      <legend className="nhsuk-fieldset__legend">{props.legend}</legend>
      {props.hint && (
        <p id={`${props.name}-hint`} className="nhsuk-hint">
          {props.hint}
        </p>
      )}
      <div className="lr-two">
        {props.two.map((r) => (
          <label key={r.id} className="lr-versus__choice">
            <input type="radio" className="lr-tick" name={props.name} value={r.id} checked={props.checked === r.id} onChange={() => props.onChange(r.id)} />
            <span>{props.children(r)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
