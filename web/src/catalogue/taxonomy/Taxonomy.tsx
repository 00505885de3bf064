import { Button } from 'nhsuk-react-components';
import { useEffect, useRef, useState } from 'react';
import { useQuery } from 'urql';
import {
  CatalogueNeedsDocument,
  CatalogueTermsDocument,
  MapTermsDocument,
  type CatalogueNeedsQuery,
  type TermDecisionInput,
  type TermFragment,
  type TermMeaning,
} from '../../gql/graphql';
import { announce } from '../../shell/announce';
import { useHub } from '../../shell/hub';
import { Empty } from '../../shell/Loading';
import { Pages, usePages } from '../../shell/Pages';
import { useChange } from '../../shell/useChange';
import { plural } from '../../shell/words';
import { CataloguePage } from '../CataloguePage';

type Needs = NonNullable<CatalogueNeedsQuery['hub']>['needs'];

/** A decision as the value of a select: a need's code, or one of these. */
const notOurs = '(not ours)';
const undecided = '';

const meanings: Record<TermMeaning, string> = {
  UNKNOWN: 'Nobody has said',
  ASSUMED: 'Taken from its words',
  CHOSEN: 'Chosen here',
  NOT_OURS: 'Chosen here',
};

const valueOf = (t: TermFragment) => (t.meaning === 'CHOSEN' ? t.need!.code : t.meaning === 'NOT_OURS' ? notOurs : undecided);

type Decision = TermDecisionInput & { termId: string };

function decisionOf(termId: string, value: string): Decision {
  if (value === undecided) return { termId, decision: 'UNDECIDED' };
  if (value === notOurs) return { termId, decision: 'NOT_OURS' };
  return { termId, decision: 'NEED', need: value };
}

/** The terms by which sources say what services are for, and the hub's needs that they mean. */
export function Taxonomy() {
  const hub = useHub();
  const [{ data }] = useQuery({ query: CatalogueNeedsDocument, variables: { hub: hub.slug } });
  const needs = data?.hub?.needs.filter((n) => n.offered) ?? [];
  const [text, setText] = useState('');
  const [asked, setAsked] = useState('');
  const [meaning, setMeaning] = useState<TermMeaning | ''>('');
  const pages = usePages(
    CatalogueTermsDocument,
    { hub: hub.slug, filter: { text: asked || undefined, meaning: meaning || undefined } },
    (d) => d.hub?.catalogueTerms,
  );
  // As they are since they were decided on here: a list that jumps under the hand would be of no use.
  const [since, setSince] = useState<Map<string, TermFragment>>(new Map());
  const [wanted, setWanted] = useState<Map<string, string>>(new Map());
  const [picked, setPicked] = useState<Set<string>>(new Set());
  const terms = pages.items?.map((t) => since.get(t.id) ?? t);
  const known = new Map(terms?.map((t) => [t.id, t]));

  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim().slice(0, 100)), 300);
    return () => clearTimeout(timer);
  }, [text]);

  function want(ids: Iterable<string>, value: string) {
    setWanted((before) => {
      const after = new Map(before);
      for (const id of ids) {
        if (known.get(id) && valueOf(known.get(id)!) === value) after.delete(id);
        else after.set(id, value);
      }
      return after;
    });
  }

  function saved(now: TermFragment[]) {
    setSince((before) => new Map([...before, ...now.map((t) => [t.id, t] as const)]));
    setWanted(new Map());
    setPicked(new Set());
  }

  return (
    <CataloguePage title="Terms and needs" caption="Each source has its own terms for what services are for. Say which need of the hub each one means; those that mean none yet come first.">
      <search className="lr-terms__filter">
        <div>
          <label className="nhsuk-label" htmlFor="term-text">Find a term</label>
          <input id="term-text" className="nhsuk-input" type="text" value={text} onChange={(e) => setText(e.currentTarget.value)} maxLength={100} />
        </div>
        <div>
          <label className="nhsuk-label" htmlFor="term-meaning">Show</label>
          <select id="term-meaning" className="nhsuk-select" value={meaning} onChange={(e) => setMeaning(e.currentTarget.value as TermMeaning | '')}>
            <option value="">All terms</option>
            <option value="UNKNOWN">That mean nothing yet</option>
            <option value="ASSUMED">Taken from their words</option>
            <option value="CHOSEN">With a need chosen here</option>
            <option value="NOT_OURS">That are no need of ours</option>
          </select>
        </div>
      </search>
      <Decide wanted={wanted} known={known} onSaved={saved} onDrop={() => setWanted(new Map())} />
      <Pages
        {...pages}
        items={terms}
        what="terms"
        empty={<Empty>{asked || meaning ? 'No such term.' : 'No source of the catalogue uses terms yet.'}</Empty>}
      >
        {(all) => (
          <>
            <Bulk all={all} picked={picked} needs={needs} onPick={setPicked} onWant={(value) => want(picked, value)} />
            <ul className="lr-rows lr-terms" aria-label="Terms">
              {all.map((t) => (
                <li key={t.id} className={wanted.has(t.id) ? 'lr-terms__changed' : undefined}>
                  <input
                    type="checkbox"
                    className="lr-tick"
                    aria-label={`Pick ${t.name}`}
                    checked={picked.has(t.id)}
                    onChange={(e) => {
                      const after = new Set(picked);
                      if (e.currentTarget.checked) after.add(t.id);
                      else after.delete(t.id);
                      setPicked(after);
                    }}
                  />
                  <div className="lr-terms__what">
                    <strong>{t.name}</strong> {t.code && <code className="lr-small">{t.code}</code>}
                    <span className="lr-small">
                      {[t.taxonomy, plural(t.serviceCount, 'service')].filter(Boolean).join(', ')}
                    </span>
                  </div>
                  <div className="lr-terms__need">
                    <Choice label={`Need that ${t.name} means`} needs={needs} value={wanted.get(t.id) ?? valueOf(t)} undecidedAs={t.meaning === 'ASSUMED' ? `${t.need!.name} (by its words)` : t.meaning === 'UNKNOWN' ? 'Nothing yet' : undefined} onChange={(value) => want([t.id], value)} />
                    <span className="lr-small">{wanted.has(t.id) ? 'Not saved yet' : meanings[t.meaning]}</span>
                  </div>
                </li>
              ))}
            </ul>
          </>
        )}
      </Pages>
    </CataloguePage>
  );
}

function Choice(props: { label: string; needs: Needs; value: string; undecidedAs?: string; onChange(value: string): void }) {
  return (
    <select className="nhsuk-select" aria-label={props.label} value={props.value} onChange={(e) => props.onChange(e.currentTarget.value)}>
      <option value={undecided}>{props.undecidedAs ?? 'What its words say'}</option>
      <option value={notOurs}>No need of ours</option>
      {props.needs.map((n) => (
        <option key={n.code} value={n.code}>
          {n.name}
        </option>
      ))}
    </select>
  );
}

/** One choice for many terms. */
function Bulk(props: { all: TermFragment[]; picked: Set<string>; needs: Needs; onPick(ids: Set<string>): void; onWant(value: string): void }) {
  const [value, setValue] = useState(undecided);
  const every = props.picked.size > 0 && props.all.every((t) => props.picked.has(t.id));
  return (
    <div className="lr-actions lr-terms__bulk" role="group" aria-label="Choose for many terms">
      <label className="lr-terms__all">
        <input type="checkbox" className="lr-tick" checked={every} onChange={() => props.onPick(every ? new Set() : new Set(props.all.slice(0, 200).map((t) => t.id)))} />
        Pick all that are shown
      </label>
      {props.picked.size > 0 && (
        <>
          <Choice label={`Need for ${plural(props.picked.size, 'picked term')}`} needs={props.needs} value={value} onChange={setValue} />
          <Button type="button" secondary small onClick={() => props.onWant(value)}>
            Choose for {plural(props.picked.size, 'term')}
          </Button>
        </>
      )}
    </div>
  );
}

/** What is wanted and not saved yet, with how many services it would change; then what was saved, which can be undone. */
function Decide(props: { wanted: Map<string, string>; known: Map<string, TermFragment>; onSaved(now: TermFragment[]): void; onDrop(): void }) {
  const hub = useHub();
  const [preview, setPreview] = useState<{ key: string; services: number }>();
  const [done, setDone] = useState<{ text: string; before?: Decision[] }>();
  const { send, busy, failed, trouble } = useChange();
  const panel = useRef<HTMLElement>(null);
  const terms = [...props.wanted].map(([id, value]) => decisionOf(id, value));
  const key = JSON.stringify(terms);

  useEffect(() => {
    if (terms.length === 0) return;
    let stale = false;
    setDone(undefined);
    void send(MapTermsDocument, { input: { hub: hub.slug, terms, preview: true } }).then((made) => {
      if (stale || !made) return;
      const services = made.mapTerms.servicesChanged;
      setPreview({ key, services });
      announce(`${plural(terms.length, 'term')} not saved yet. ${plural(services, 'service')} would meet other needs.`);
    });
    return () => {
      stale = true;
    };
    // What is wanted is told by its key.
  }, [hub.slug, key]);

  async function save(what: Decision[], undoes: boolean) {
    const before = what.flatMap((t) => (props.known.has(t.termId) ? [decisionOf(t.termId, valueOf(props.known.get(t.termId)!))] : []));
    const made = await send(MapTermsDocument, { input: { hub: hub.slug, terms: what } });
    if (!made) return;
    const { servicesChanged, terms: now } = made.mapTerms;
    const text = `${undoes ? 'Undone' : 'Saved'}: ${plural(now.length, 'term')}, ${plural(servicesChanged, 'service')} changed.`;
    setDone({ text, before: undoes ? undefined : before });
    props.onSaved(now);
    announce(text);
    panel.current?.focus();
  }

  if (terms.length === 0 && !done && !failed) return null;
  return (
    <section className="lr-terms__decide" aria-label="What is not saved yet" ref={panel} tabIndex={-1}>
      {terms.length > 0 && (
        <>
          <p>
            <strong>{plural(terms.length, 'term')} not saved yet.</strong>{' '}
            {preview?.key === key ? `${plural(preview.services, 'service')} would meet other needs.` : 'Counting the services that would change…'} Services whose needs somebody chose stay as they are.
          </p>
          <div className="lr-actions">
            <Button type="button" small disabled={busy || terms.length > 200} onClick={() => void save(terms, false)}>
              Save
            </Button>
            <Button type="button" secondary small disabled={busy} onClick={props.onDrop}>
              Leave as it was
            </Button>
          </div>
        </>
      )}
      {terms.length === 0 && done && (
        <div className="lr-actions">
          <p>{done.text}</p>
          {done.before && (
            <Button type="button" secondary small disabled={busy} onClick={() => void save(done.before!, true)}>
              Undo
            </Button>
          )}
        </div>
      )}
      {trouble}
    </section>
  );
}
