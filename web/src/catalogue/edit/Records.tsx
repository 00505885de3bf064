import { Link, useNavigate, useRouter } from '@tanstack/react-router';
import { Checkboxes, Select } from 'nhsuk-react-components';
import { useEffect, useState } from 'react';
import { useQuery } from 'urql';
import { EditableOrganisationsDocument, EditableServicesDocument, RecordSourcesDocument, type EditableFilter, type Visibility } from '../../gql/graphql';
import { useHub } from '../../shell/hub';
import { Empty } from '../../shell/Loading';
import { Pages, usePages } from '../../shell/Pages';
import { list } from '../../shell/words';
import { CataloguePage } from '../CataloguePage';
import { fieldWords, sourceName } from './words';

/** What is looked for, in the address. */
export interface RecordSearch {
  kind?: 'partners';
  text?: string;
  source?: string;
  retired?: boolean;
  hidden?: boolean;
  changed?: boolean;
}

/** The hub's partners and services, to edit. */
export function Records({ search }: { search: RecordSearch }) {
  const hub = useHub();
  const navigate = useNavigate();
  const router = useRouter();
  const [{ data }] = useQuery({ query: RecordSourcesDocument, variables: { hub: hub.slug } });
  const sources = data?.hub?.recordSources ?? [];
  const [text, setText] = useState(search.text ?? '');
  const partners = search.kind === 'partners';
  const go = (next: RecordSearch) => void navigate({ to: '/$hub/catalogue/records', params: { hub: hub.slug }, search: next, replace: true });

  useEffect(() => {
    const timer = setTimeout(() => {
      const wanted = text.trim() || undefined;
      // Whoever has chosen a record meanwhile is on the way to it, while this page still stands.
      const here = router.latestLocation.pathname.endsWith('/catalogue/records');
      if (here && wanted !== search.text) go({ ...search, text: wanted });
    }, 250);
    return () => clearTimeout(timer);
  });

  const filter: EditableFilter = {
    text: search.text,
    source: search.source,
    retired: search.retired ?? false,
    hidden: search.hidden || undefined,
    changedHere: search.changed || undefined,
  };
  const box = (name: 'retired' | 'hidden' | 'changed', words: string) => (
    <Checkboxes.Item id={`records-${name}`} value={name} checked={search[name] ?? false} onChange={(e) => go({ ...search, [name]: e.currentTarget.checked || undefined })}>
      {words}
    </Checkboxes.Item>
  );
  return (
    <CataloguePage
      title="Services and partners"
      caption={`All that the catalogue of ${hub.name} holds, to correct and add to`}
      aside={
        <>
          <Link to="/$hub/catalogue/records/services/$id" params={{ hub: hub.slug, id: 'new' }} className="nhsuk-button nhsuk-button--small">
            Add a service
          </Link>
          <Link to="/$hub/catalogue/records/partners/$id" params={{ hub: hub.slug, id: 'new' }} className="nhsuk-button nhsuk-button--secondary nhsuk-button--small">
            Add a partner
          </Link>
        </>
      }
    >
      <div className="lr-catalogue">
        <form role="search" className="lr-records__filter" onSubmit={(e) => e.preventDefault()}>
          <div className="nhsuk-form-group">
            <label className="nhsuk-label" htmlFor="records-text">
              Name
            </label>
            <input id="records-text" className="nhsuk-input" autoComplete="off" maxLength={100} value={text} onChange={(e) => setText(e.target.value)} />
          </div>
          <Select id="records-kind" label="Show" value={search.kind ?? ''} onChange={(e) => go({ ...search, kind: e.currentTarget.value === 'partners' ? 'partners' : undefined })}>
            <Select.Option value="">Services</Select.Option>
            <Select.Option value="partners">Partners</Select.Option>
          </Select>
          <Select id="records-source" label="From" value={search.source ?? ''} onChange={(e) => go({ ...search, source: e.currentTarget.value || undefined })}>
            <Select.Option value="">Any source</Select.Option>
            {sources.map((s) => (
              <Select.Option key={s.source} value={s.source}>
                {s.source === 'local' ? 'Added here' : s.name}
              </Select.Option>
            ))}
          </Select>
          <Checkboxes small legend="Only those that are" legendProps={{ size: 's' }}>
            {box('changed', 'changed here')}
            {box('hidden', 'hidden from the public')}
            {box('retired', 'no longer offered')}
          </Checkboxes>
        </form>
        {partners ? <Partners filter={filter} sources={sources} /> : <Services filter={filter} sources={sources} />}
      </div>
    </CataloguePage>
  );
}

type Sources = { source: string; name: string }[];

const nothing = <Empty>Nothing matches all of this. Take a tick away, or use fewer words.</Empty>;

function Services({ filter, sources }: { filter: EditableFilter; sources: Sources }) {
  const hub = useHub();
  const pages = usePages(EditableServicesDocument, { hub: hub.slug, filter, first: 25 }, (data) => data.hub?.editableServices);
  return (
    <section aria-label="Services">
      <Pages {...pages} what="services" empty={nothing}>
        {(services) => (
          <ul className="lr-rows">
            {services.map((s) => (
              <li key={s.id}>
                <Link to="/$hub/catalogue/records/services/$id" params={{ hub: hub.slug, id: s.id }}>
                  {s.name}
                </Link>
                <span className="lr-small">
                  {s.organisation.name}. {sourceName(s.source, sources)}
                </span>
                <State {...s} />
              </li>
            ))}
          </ul>
        )}
      </Pages>
    </section>
  );
}

function Partners({ filter, sources }: { filter: EditableFilter; sources: Sources }) {
  const hub = useHub();
  const pages = usePages(EditableOrganisationsDocument, { hub: hub.slug, filter, first: 25 }, (data) => data.hub?.editableOrganisations);
  return (
    <section aria-label="Partners">
      <Pages {...pages} what="partners" empty={nothing}>
        {(partners) => (
          <ul className="lr-rows">
            {partners.map((o) => (
              <li key={o.id}>
                <Link to="/$hub/catalogue/records/partners/$id" params={{ hub: hub.slug, id: o.id }}>
                  {o.name}
                </Link>
                <span className="lr-small">{sourceName(o.source, sources)}</span>
                <State {...o} />
              </li>
            ))}
          </ul>
        )}
      </Pages>
    </section>
  );
}

/** What sets a record apart, in words. */
export function State(props: { visibility: Visibility; retired?: boolean; localFields: { field: string }[] }) {
  const tags = [
    props.retired && 'No longer offered',
    props.visibility === 'STAFF' && 'Hidden from the public',
    props.visibility === 'RESTRICTED' && 'Restricted',
    props.localFields.length > 0 && `Changed here: ${list(props.localFields.map((l) => fieldWords(l.field)))}`,
  ].filter((t): t is string => Boolean(t));
  if (tags.length === 0) return null;
  return (
    <ul className="lr-tags">
      {tags.map((t) => (
        <li key={t}>{t}</li>
      ))}
    </ul>
  );
}
