import { Link, useNavigate } from '@tanstack/react-router';
import { Button } from 'nhsuk-react-components';
import { useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useQuery, type CombinedError } from 'urql';
import { OrganisationToEditDocument, SaveOrganisationDocument, type EditableOrganisationFragment, type OrganisationToEditQuery } from '../../gql/graphql';
import { tell } from '../../shell/announce';
import { change, mutationId } from '../../shell/client';
import { Errors } from '../../shell/form';
import { useHub } from '../../shell/hub';
import { Loading } from '../../shell/Loading';
import { Unread } from '../../shell/Shell';
import { dayOf } from '../../shell/words';
import { CataloguePage } from '../CataloguePage';
import { Choice, Flag, Form, Line, Lines, refusal, useDraft, useGuard, type Values } from './draft';
import { State } from './Records';
import { Saved, Stale, Trouble } from './Saved';
import { Standing } from './Standing';
import { sourceName, visibilityWords } from './words';

const fields = ['name', 'alternateName', 'description', 'email', 'url', 'phone', 'legalStatus'] as const;

const valuesOf = (o: EditableOrganisationFragment): Values => Object.fromEntries(fields.map((f) => [f, o[f] ?? null]));

export function PartnerEditor({ id }: { id: string }) {
  return id === 'new' ? <NewPartner /> : <Loaded id={id} />;
}

function NewPartner() {
  const hub = useHub();
  const navigate = useNavigate();
  const draft = useDraft({ visibility: 'PUBLIC' });
  const [problem, setProblem] = useState<CombinedError>();
  const [done, setDone] = useState(false);
  const intention = useRef(mutationId());
  useGuard(draft.dirty && !done);

  async function save() {
    const outcome = await change(SaveOrganisationDocument, { input: { hub: hub.slug, clientMutationId: intention.current, ...draft.values } });
    const why = refusal(outcome);
    setProblem(why?.problem);
    draft.setErrors(why?.errors ?? []);
    const made = outcome.data?.saveOrganisation.organisation;
    if (why || !made) return;
    flushSync(() => setDone(true));
    tell(`${made.name} is added.`);
    await navigate({ to: '/$hub/catalogue/records/partners/$id', params: { hub: hub.slug, id: made.id } });
  }
  return (
    <CataloguePage title="Add a partner">
      <Errors of={draft.errors} />
      <Trouble problem={problem} />
      <Form onSave={save}>
        <PartnerFields draft={draft} />
        <Choice draft={draft} field="visibility" label="Who sees it" options={Object.entries(visibilityWords)} />
        <div className="lr-actions">
          <Button type="submit">Add the partner</Button>
          <Link to="/$hub/catalogue/records" params={{ hub: hub.slug }} search={{ kind: 'partners' }} className="nhsuk-button nhsuk-button--secondary">
            Cancel
          </Link>
        </div>
      </Form>
    </CataloguePage>
  );
}

function Loaded({ id }: { id: string }) {
  const hub = useHub();
  const [{ data, error }, again] = useQuery({ query: OrganisationToEditDocument, variables: { hub: hub.slug, id } });
  if (!data && !error) return <Loading what="the partner" />;
  const partner = data?.hub?.organisation;
  if (!partner) return <Unread what="partner" error={error} retry={() => again()} />;
  return <Edit partner={partner} sources={data.hub!.recordSources} again={() => again({ requestPolicy: 'network-only' })} />;
}

type Partner = NonNullable<NonNullable<OrganisationToEditQuery['hub']>['organisation']>;

function Edit({ partner, sources, again }: { partner: Partner; sources: { source: string; name: string }[]; again(): void }) {
  const hub = useHub();
  const saved = valuesOf(partner);
  const draft = useDraft(saved);
  const [problem, setProblem] = useState<CombinedError>();
  const [stale, setStale] = useState(false);
  const [undo, setUndo] = useState<{ before: Values; text: string; version: number; undone?: boolean }>();
  useGuard(draft.dirty);

  async function save(changes: Values, version: number, text: string, undone = false) {
    const before = Object.fromEntries(Object.keys(changes).map((f) => [f, saved[f]]));
    const outcome = await change(SaveOrganisationDocument, {
      input: { hub: hub.slug, clientMutationId: mutationId(), organisationId: partner.id, version, ...changes },
    });
    const why = refusal(outcome);
    setProblem(why?.problem);
    setStale(why?.stale ?? false);
    draft.setErrors(why?.stale ? [] : (why?.errors ?? []));
    if (why) return;
    draft.forget();
    setUndo({ before, text, version: outcome.data!.saveOrganisation.organisation!.version, undone });
    again();
  }

  const held = { kind: 'ORGANISATION' as const, id: partner.id, version: partner.version, local: partner.localFields, onGivenBack: again };
  return (
    <CataloguePage
      title={partner.name}
      caption={`Partner. ${sourceName(partner.source, sources)}${partner.source === 'local' ? '' : `, last changed there ${dayOf(partner.importedAt, hub.timeZone)}`}`}
      aside={
        <Link to="/$hub/catalogue/partners/$id" params={{ hub: hub.slug, id: partner.id }}>
          Agreement and links
        </Link>
      }
    >
      <State {...partner} />
      {undo && <Saved text={undo.text} onUndo={undo.undone ? undefined : () => void save(undo.before, undo.version, 'It is as it was before.', true)} />}
      {stale && <Stale onShow={() => (setStale(false), again())} />}
      <Errors of={draft.errors} />
      <Trouble problem={problem} />
      <Form onSave={() => save(draft.changes, partner.version, 'Saved.')}>
        <PartnerFields draft={draft} held={held} />
        <div className="lr-actions">
          <Button type="submit" disabled={!draft.dirty}>
            Save
          </Button>
        </div>
      </Form>
      <section aria-labelledby="standing-title" className="lr-edited">
        <h2 id="standing-title" className="nhsuk-heading-m">Who sees it, and whether it is offered</h2>
        <Flag held={held} field="retired" label="whether it is offered" />
        <Standing of={{ ...held, name: partner.name, visibility: partner.visibility, retired: partner.retired, onChanged: again }} />
      </section>
      <section aria-labelledby="services-title" className="lr-edited">
        <h2 id="services-title" className="nhsuk-heading-m">Its services</h2>
        {partner.services.length === 0 && <p>None is offered.</p>}
        <ul className="lr-rows">
          {partner.services.map((s) => (
            <li key={s.id}>
              <Link to="/$hub/catalogue/records/services/$id" params={{ hub: hub.slug, id: s.id }}>
                {s.name}
              </Link>
            </li>
          ))}
        </ul>
        <p>
          <Link to="/$hub/catalogue/records/services/$id" params={{ hub: hub.slug, id: 'new' }} search={{ partner: partner.id }}>
            Add a service of {partner.name}
          </Link>
        </p>
      </section>
    </CataloguePage>
  );
}

function PartnerFields({ draft, held }: { draft: ReturnType<typeof useDraft>; held?: Parameters<typeof Line>[0]['held'] }) {
  const of = { draft, held };
  return (
    <div className="lr-form__columns">
      <div>
        <Line {...of} field="name" label="Name" />
        <Line {...of} field="alternateName" label="Other name" hint="By which people know it. Optional." />
        <Lines {...of} field="description" label="What it does" rows={6} />
      </div>
      <div>
        <Line {...of} field="phone" label="Phone" type="tel" width="20" />
        <Line {...of} field="email" label="Email" type="email" />
        <Line {...of} field="url" label="Website" hint="With https:// in front" type="url" />
        <Line {...of} field="legalStatus" label="Legal form" hint="For example, charity. Optional." />
      </div>
    </div>
  );
}
