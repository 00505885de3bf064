import { Link, useNavigate } from '@tanstack/react-router';
import { Button, Checkboxes, Fieldset, Select } from 'nhsuk-react-components';
import { useEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useQuery, type CombinedError } from 'urql';
import {
  EditableOrganisationsDocument,
  NewServiceOfDocument,
  PlaceDocument,
  SaveServiceDocument,
  ServiceToEditDocument,
  type EditableServiceFragment,
  type ServiceToEditQuery,
} from '../../gql/graphql';
import { tell } from '../../shell/announce';
import { change, client, mutationId } from '../../shell/client';
import { Errors } from '../../shell/form';
import { useHub } from '../../shell/hub';
import { Loading } from '../../shell/Loading';
import { Unread } from '../../shell/Shell';
import { dayOf } from '../../shell/words';
import { CataloguePage } from '../CataloguePage';
import { Choice, errorOf, Flag, Form, Line, Lines, numbers, refusal, useDraft, useGuard, type Draft, type Held, type Values } from './draft';
import { Places } from './Places';
import { Preview, type Shown } from './Preview';
import { State } from './Records';
import { Areas, Contacts, Costs, prices } from './Repeated';
import { Saved, Stale, Trouble } from './Saved';
import { Standing } from './Standing';
import { Times } from './Times';
import { sourceName, statusWords, visibilityWords } from './words';

interface Need {
  code: string;
  name: string;
}

const fields = [
  'name', 'alternateName', 'description', 'url', 'email', 'phone', 'status', 'alert', 'eligibilityDescription', 'minimumAge', 'maximumAge',
  'feesDescription', 'free', 'applicationProcess', 'accreditations', 'languages', 'contacts', 'costOptions', 'serviceAreas',
] as const;

const blank: Values = { description: '', status: 'ACTIVE', free: false, languages: [], contacts: [], costOptions: [], serviceAreas: [], needs: [], visibility: 'PUBLIC' };

const valuesOf = (s: EditableServiceFragment): Values => ({
  ...Object.fromEntries(fields.map((f) => [f, s[f] ?? null])),
  organisationId: s.organisation.id,
  needs: s.needs.map((n) => n.code).sort(),
});

const numeric = { minimumAge: 'The youngest age', maximumAge: 'The oldest age' };

/** What is typed, as the API takes it. */
function read(changes: Values) {
  const ages = numbers(changes, numeric);
  const costs = prices(ages.input);
  return { input: costs.input, errors: [...ages.errors, ...costs.errors] };
}

export function ServiceEditor({ id, partner }: { id: string; partner?: string }) {
  return id === 'new' ? <NewService partner={partner} /> : <Loaded id={id} />;
}

function NewService({ partner }: { partner?: string }) {
  const hub = useHub();
  const navigate = useNavigate();
  const [{ data: place }] = useQuery({ query: PlaceDocument, variables: { hub: hub.slug } });
  const [{ data: of }] = useQuery({ query: NewServiceOfDocument, variables: { hub: hub.slug, id: partner ?? '' }, pause: !partner });
  const given = of?.hub?.organisation;
  const draft = useDraft({ ...blank, organisationId: partner ?? null });
  const [problem, setProblem] = useState<CombinedError>();
  const [done, setDone] = useState(false);
  const intention = useRef(mutationId());
  useGuard(draft.dirty && !done);
  const needs = place?.hub?.needs ?? [];

  async function save() {
    const { input, errors } = read(draft.values);
    if (errors.length) return draft.setErrors(errors);
    const outcome = await change(SaveServiceDocument, { input: { hub: hub.slug, clientMutationId: intention.current, ...input } });
    const why = refusal(outcome);
    setProblem(why?.problem);
    draft.setErrors(why?.errors ?? []);
    const made = outcome.data?.saveService.service;
    if (why || !made) return;
    flushSync(() => setDone(true));
    tell(`${made.name} is added. Now say where and when.`);
    await navigate({ to: '/$hub/catalogue/records/services/$id', params: { hub: hub.slug, id: made.id } });
  }

  if (!place || (partner && !of)) return <Loading what="the form" />;
  return (
    <CataloguePage title="Add a service" caption={given ? `Of ${given.name}` : undefined}>
      <Errors of={draft.errors} />
      <Trouble problem={problem} />
      <div className="lr-editor">
        <Form onSave={save}>
          <PartnerChoice draft={draft} now={given ?? undefined} />
          <ServiceFields draft={draft} needs={needs} />
          <Choice draft={draft} field="visibility" label="Who sees it" options={Object.entries(visibilityWords)} />
          <div className="lr-actions">
            <Button type="submit">Add the service</Button>
            <Link to="/$hub/catalogue/records" params={{ hub: hub.slug }} className="nhsuk-button nhsuk-button--secondary">
              Cancel
            </Link>
          </div>
        </Form>
        <Preview of={shownOf(draft, needs, { partner: given?.name ?? '', schedules: [], places: [], hidden: '' })} />
      </div>
    </CataloguePage>
  );
}

function Loaded({ id }: { id: string }) {
  const hub = useHub();
  const [{ data, error }, again] = useQuery({ query: ServiceToEditDocument, variables: { hub: hub.slug, id } });
  if (!data && !error) return <Loading what="the service" />;
  const service = data?.hub?.service;
  if (!service) return <Unread what="service" error={error} retry={() => again()} />;
  return <Edit service={service} hubData={data.hub!} again={() => again({ requestPolicy: 'network-only' })} />;
}

function Edit({ service, hubData, again }: { service: EditableServiceFragment; hubData: NonNullable<ServiceToEditQuery['hub']>; again(): void }) {
  const hub = useHub();
  const saved = valuesOf(service);
  const draft = useDraft(saved);
  const [problem, setProblem] = useState<CombinedError>();
  const [stale, setStale] = useState(false);
  const [undo, setUndo] = useState<{ before: Values; text: string; version: number; undone: boolean }>();
  const [others, setOthers] = useState<Record<string, boolean>>({});
  useGuard(draft.dirty || Object.values(others).some(Boolean));

  async function save(changes: Values, version: number, text: string, undone: boolean) {
    const { input, errors } = read(changes);
    if (errors.length) return draft.setErrors(errors);
    const before = Object.fromEntries(Object.keys(changes).map((f) => [f, saved[f]]));
    const outcome = await change(SaveServiceDocument, { input: { hub: hub.slug, clientMutationId: mutationId(), serviceId: service.id, version, ...input } });
    const why = refusal(outcome);
    setProblem(why?.problem);
    setStale(why?.stale ?? false);
    draft.setErrors(why?.stale ? [] : (why?.errors ?? []));
    if (why) return;
    draft.forget();
    setUndo({ before, text, version: outcome.data!.saveService.service!.version, undone });
    again();
  }

  const held: Held = { kind: 'SERVICE', id: service.id, version: service.version, local: service.localFields, onGivenBack: again };
  const hidden =
    service.retired || service.organisation.retired
      ? 'The public does not see it: it is no longer offered.'
      : service.visibility !== 'PUBLIC'
        ? 'The public does not see it: it is hidden.'
        : service.organisation.visibility !== 'PUBLIC'
          ? 'The public does not see it: its partner is hidden.'
          : '';
  const from = sourceName(service.source, hubData.recordSources);
  const needs = hubData.needs;
  const shared = { service, again, onDirty: (what: string, dirty: boolean) => setOthers((o) => (o[what] === dirty ? o : { ...o, [what]: dirty })) };
  return (
    <CataloguePage
      title={service.name}
      caption={`Of ${service.organisation.name}. ${from}${service.source === 'local' ? '' : `, last changed there ${dayOf(service.importedAt, hub.timeZone)}`}`}
      aside={
        <Link to="/$hub/catalogue/records/partners/$id" params={{ hub: hub.slug, id: service.organisation.id }}>
          Open {service.organisation.name}
        </Link>
      }
    >
      <State {...service} />
      {undo && <Saved text={undo.text} onUndo={undo.undone ? undefined : () => void save(undo.before, undo.version, 'It is as it was before.', true)} />}
      {stale && <Stale onShow={() => (setStale(false), again())} />}
      <Errors of={draft.errors} />
      <Trouble problem={problem} />
      <div className="lr-editor">
        <div>
          <Form onSave={() => save(draft.changes, service.version, 'Saved.', false)}>
            <PartnerChoice draft={draft} now={service.organisation} held={held} />
            <ServiceFields draft={draft} needs={needs} held={held} />
            <div className="lr-actions">
              <Button type="submit" disabled={!draft.dirty}>
                Save
              </Button>
            </div>
          </Form>
          <section aria-labelledby="places-title" className="lr-edited">
            <h2 id="places-title" className="nhsuk-heading-m">
              Where it is given
            </h2>
            <Places {...shared} />
          </section>
          <section aria-labelledby="times-title" className="lr-edited">
            <h2 id="times-title" className="nhsuk-heading-m">
              When
            </h2>
            <Times {...shared} />
          </section>
          <section aria-labelledby="standing-title" className="lr-edited">
            <h2 id="standing-title" className="nhsuk-heading-m">
              Who sees it, and whether it is offered
            </h2>
            <Flag held={held} field="retired" label="whether it is offered" />
            <Standing of={{ ...held, name: service.name, visibility: service.visibility, retired: service.retired, onChanged: again }} />
          </section>
        </div>
        <Preview of={shownOf(draft, needs, { partner: service.organisation.name, schedules: service.schedules, places: service.places, hidden })} />
      </div>
    </CataloguePage>
  );
}

/** What the public page shows of what is typed. */
function shownOf(draft: Draft, needs: Need[], saved: { partner: string; schedules: Shown['schedules']; places: Shown['places']; hidden: string }): Shown {
  const { values, text } = draft;
  const [least, most] = [text('minimumAge'), text('maximumAge')];
  const ages = least && most ? `Ages ${least} to ${most}` : least ? `Age ${least} and over` : most ? `Up to age ${most}` : '';
  const chosen = (values.needs as string[]) ?? [];
  const languages = ((values.languages as string[]) ?? []).filter(Boolean);
  return {
    name: text('name'),
    partner: saved.partner,
    alert: text('alert'),
    closed: text('status') === 'TEMPORARILY_CLOSED',
    needs: needs.filter((n) => chosen.includes(n.code)).map((n) => n.name),
    description: text('description'),
    facts: [
      ['Cost', values.free ? 'Free' : text('feesDescription')],
      ['Who it is for', [text('eligibilityDescription'), ages].filter(Boolean).join('. ')],
      ['How to get in', text('applicationProcess')],
      ['Phone', text('phone')],
      ['Email', text('email')],
      ['Website', text('url').replace(/^https?:\/\//, '')],
      ['Languages', languages.join(', ')],
    ],
    schedules: saved.schedules,
    places: saved.places,
    hiddenBecause: saved.hidden || (values.visibility && values.visibility !== 'PUBLIC' ? 'The public will not see it.' : ''),
  };
}

/** How many partners are offered to choose from. */
const most = 20;

/** The partner that a service belongs to, by name. */
function PartnerChoice({ draft, now, held }: { draft: Draft; now?: { id: string; name: string }; held?: Held }) {
  const hub = useHub();
  const [open, setOpen] = useState(!now && !draft.values.organisationId);
  const [text, setText] = useState('');
  const [found, setFound] = useState<{ id: string; name: string }[]>([]);
  useEffect(() => {
    if (!open) return;
    let late = false;
    const timer = setTimeout(async () => {
      const { data } = await client.query(EditableOrganisationsDocument, { hub: hub.slug, filter: { text, retired: false }, first: most }).toPromise();
      if (!late) setFound(data?.hub?.editableOrganisations.nodes ?? []);
    }, 200);
    return () => {
      late = true;
      clearTimeout(timer);
    };
  }, [open, text, hub.slug]);
  const chosen = found.find((o) => o.id === draft.values.organisationId) ?? (now?.id === draft.values.organisationId ? now : undefined);
  if (!open)
    return (
      <div className="lr-field">
        <p>
          <strong>Partner:</strong> {chosen?.name ?? now?.name}{' '}
          <button type="button" className="lr-link-button" onClick={() => setOpen(true)}>
            Choose another partner
          </button>
        </p>
        <Flag held={held} field="organisationId" label="Partner" />
      </div>
    );
  const options = chosen && !found.includes(chosen) ? [chosen, ...found] : found;
  return (
    <Fieldset>
      <Fieldset.Legend size="m">Partner</Fieldset.Legend>
      <div className="nhsuk-form-group">
        <label className="nhsuk-label" htmlFor="partner-search">
          Find a partner by name
        </label>
        <input id="partner-search" className="nhsuk-input" autoComplete="off" maxLength={100} value={text} onChange={(e) => setText(e.target.value)} />
      </div>
      <Select
        id="organisationId"
        label="Partner"
        error={errorOf(draft, 'organisationId')}
        value={draft.text('organisationId')}
        onChange={(e) => draft.set('organisationId', e.currentTarget.value || null)}
      >
        <Select.Option value="">{found.length < most ? 'Choose one' : `Choose one of the first ${most}, or write more of its name`}</Select.Option>
        {options.map((o) => (
          <Select.Option key={o.id} value={o.id}>
            {o.name}
          </Select.Option>
        ))}
      </Select>
    </Fieldset>
  );
}

function ServiceFields({ draft, needs, held }: { draft: Draft; needs: Need[]; held?: Held }) {
  const of = { draft, held };
  const chosen = (draft.values.needs as string[]) ?? [];
  return (
    <>
      <Line {...of} field="name" label="Name" />
      <Line {...of} field="alternateName" label="Other name" hint="By which people know it. Optional." />
      <Lines {...of} field="alert" label="What people should know first" hint="For example, that it has moved. Optional." rows={2} />
      <Lines {...of} field="description" label="What it is" rows={6} />
      <Choice {...of} field="status" label="Is it running?" options={Object.entries(statusWords)} />
      <Fieldset>
        <Fieldset.Legend size="m">Needs that it helps with</Fieldset.Legend>
        {needs.length === 0 && <p>The hub has no list of needs.</p>}
        {needs.length > 0 && (
          <Checkboxes small className="lr-form__access-needs">
            {needs.map((n) => (
              <Checkboxes.Item
                key={n.code}
                id={`needs-${n.code}`}
                value={n.code}
                checked={chosen.includes(n.code)}
                onChange={(e) => draft.set('needs', (e.currentTarget.checked ? [...chosen, n.code] : chosen.filter((c) => c !== n.code)).sort())}
              >
                {n.name}
              </Checkboxes.Item>
            ))}
          </Checkboxes>
        )}
        <Flag held={held} field="needs" label="Needs" />
      </Fieldset>
      <h2 className="nhsuk-heading-m">How to reach it</h2>
      <div className="lr-form__columns">
        <Line {...of} field="phone" label="Phone" type="tel" width="20" />
        <Line {...of} field="email" label="Email" type="email" />
        <Line {...of} field="url" label="Website" hint="With https:// in front" type="url" />
        <Lines {...of} field="applicationProcess" label="How to get in" hint="For example, turn up, or phone first" rows={2} />
      </div>
      <Contacts draft={draft} />
      <Flag held={held} field="contacts" label="Contacts" />
      <h2 className="nhsuk-heading-m">Who it is for</h2>
      <Lines {...of} field="eligibilityDescription" label="Who can come" rows={2} />
      <div className="lr-form__columns">
        <Line {...of} field="minimumAge" label="Youngest age" width="5" number />
        <Line {...of} field="maximumAge" label="Oldest age" width="5" number />
      </div>
      <Lines {...of} field="languages" label="Languages" hint="One on each line" list />
      <Areas draft={draft} />
      <Flag held={held} field="serviceAreas" label="Areas" />
      <h2 className="nhsuk-heading-m">Cost</h2>
      <Checkboxes small>
        <Checkboxes.Item id="free" value="free" checked={Boolean(draft.values.free)} onChange={(e) => draft.set('free', e.currentTarget.checked)}>
          Free of charge
        </Checkboxes.Item>
      </Checkboxes>
      <Flag held={held} field="free" label="Free of charge" />
      <Lines {...of} field="feesDescription" label="What it costs" rows={2} />
      <Costs draft={draft} />
      <Flag held={held} field="costOptions" label="Prices" />
      <Lines {...of} field="accreditations" label="Accreditations" hint="Optional" rows={2} />
    </>
  );
}
