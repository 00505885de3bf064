import { Button, Select } from 'nhsuk-react-components';
import { useEffect, useMemo, useRef, useState } from 'react';
import { LocationsToChooseDocument, SaveLocationDocument, SavePlaceDocument, type EditableLocationFragment, type EditablePlaceFragment, type EditableServiceFragment } from '../../gql/graphql';
import { announce } from '../../shell/announce';
import { change, client, mutationId } from '../../shell/client';
import { Errors } from '../../shell/form';
import { useHub } from '../../shell/hub';
import { Flag, Form, Line, Lines, numbers, refusal, useDraft, type Draft, type Held, type Values } from './draft';
import { State } from './Records';
import { Stale } from './Saved';
import { Standing } from './Standing';

export interface PartOf {
  service: EditableServiceFragment;
  again(): void;
  onDirty(what: string, dirty: boolean): void;
}

const fields = ['name', 'description', 'address', 'city', 'county', 'postcode', 'latitude', 'longitude', 'accessibility'] as const;

const valuesOf = (l: EditableLocationFragment): Values => Object.fromEntries(fields.map((f) => [f, l[f] ?? null]));

const numeric = { latitude: 'Latitude', longitude: 'Longitude' };

const inOneLine = (l: EditableLocationFragment) => [l.name, l.address, l.city, l.postcode].filter(Boolean).join(', ');

/** Where a service is given: its places one by one, each with a form of its own. */
export function Places(props: PartOf) {
  const { service } = props;
  const [open, setOpen] = useState<string>();
  const heading = useRef<HTMLDivElement>(null);
  const close = (said?: string) => {
    setOpen(undefined);
    if (said) announce(said);
    heading.current?.focus();
    props.again();
  };
  return (
    <div ref={heading} tabIndex={-1}>
      {service.places.length === 0 && <p>No place is known.</p>}
      <ul className="lr-plain-list">
        {service.places.map((p) => (
          <li key={p.id} className="lr-card">
            <p>{inOneLine(p.location)}</p>
            {p.description && <p className="lr-small">{p.description}</p>}
            <State visibility={p.visibility} localFields={[...p.localFields, ...p.location.localFields]} />
            {p.location.visibility !== 'PUBLIC' && <p className="lr-stale">The place itself is hidden from the public</p>}
            {open === p.id ? (
              <PlaceForm {...props} place={p} close={close} />
            ) : (
              <button type="button" className="lr-link-button" onClick={() => setOpen(p.id)}>
                Change<span className="nhsuk-u-visually-hidden"> {inOneLine(p.location)}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      <Retired items={service.retiredPlaces.map((p) => ({ ...p, words: inOneLine(p.location) }))} kind="SERVICE_AT_LOCATION" again={props.again} />
      {open === 'new' ? (
        <div className="lr-card">
          <NewPlace {...props} close={close} />
        </div>
      ) : (
        <Button type="button" secondary small onClick={() => setOpen('new')}>
          Add a place
        </Button>
      )}
    </div>
  );
}

/** What is no longer offered of a service, to be brought back. */
export function Retired(props: {
  items: (Pick<EditablePlaceFragment, 'id' | 'version' | 'visibility' | 'localFields'> & { words: string })[];
  kind: 'SERVICE_AT_LOCATION' | 'SCHEDULE';
  again(): void;
}) {
  if (props.items.length === 0) return null;
  return (
    <details className="lr-folded">
      <summary>No longer offered ({props.items.length})</summary>
      <ul className="lr-plain-list">
        {props.items.map((item) => (
          <li key={item.id} className="lr-card">
            <p>{item.words}</p>
            <State visibility={item.visibility} retired localFields={item.localFields} />
            <Standing of={{ kind: props.kind, id: item.id, version: item.version, name: item.words, visibility: item.visibility, retired: true, onChanged: props.again }} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function LocationFields({ draft, held }: { draft: Draft; held?: Held }) {
  const of = { draft, held };
  return (
    <>
      <Line {...of} field="name" label="Name of the place" />
      <Line {...of} field="address" label="Street" />
      <div className="lr-form__columns">
        <Line {...of} field="city" label="Town" />
        <Line {...of} field="postcode" label="Postcode" width="10" />
        <Line {...of} field="latitude" label="Latitude" hint="For example, 53.443" width="10" number />
        <Line {...of} field="longitude" label="Longitude" hint="For example, -2.962" width="10" number />
      </div>
      <Lines {...of} field="accessibility" label="Accessibility" hint="One on each line, such as step-free" list rows={2} />
    </>
  );
}

function PlaceForm({ service, place, close, again, onDirty }: PartOf & { place: EditablePlaceFragment; close(said?: string): void }) {
  const hub = useHub();
  const location = useDraft(valuesOf(place.location), `place-${place.id}-`);
  const here = useDraft({ description: place.description }, `here-${place.id}-`);
  const [stale, setStale] = useState(false);
  const [problem, setProblem] = useState('');
  const errors = useMemo(() => [...location.errors, ...here.errors], [location.errors, here.errors]);
  useTyping(`place ${place.id}`, location.dirty || here.dirty, onDirty);

  async function save() {
    const { input, errors } = numbers(location.changes, numeric, true);
    if (errors.length) return location.setErrors(errors);
    setProblem('');
    if (location.dirty) {
      const why = refusal(
        await change(SaveLocationDocument, {
          input: { hub: hub.slug, clientMutationId: mutationId(), locationId: place.location.id, version: place.location.version, ...input },
        }),
      );
      setStale(why?.stale ?? false);
      location.setErrors(why?.stale ? [] : (why?.errors ?? []));
      if (why?.problem) setProblem('That did not work. Try again.');
      if (why) return;
      location.forget();
    }
    if (here.dirty) {
      const why = refusal(
        await change(SavePlaceDocument, {
          input: { hub: hub.slug, clientMutationId: mutationId(), serviceAtLocationId: place.id, version: place.version, ...here.changes },
        }),
      );
      setStale(why?.stale ?? false);
      here.setErrors(why?.stale ? [] : (why?.errors ?? []));
      if (why?.problem) setProblem('That did not work. Try again.');
      if (why) return;
      here.forget();
    }
    close('The place is saved.');
  }

  const heldPlace: Held = { kind: 'SERVICE_AT_LOCATION', id: place.id, version: place.version, local: place.localFields, onGivenBack: again };
  const heldLocation: Held = { kind: 'LOCATION', id: place.location.id, version: place.location.version, local: place.location.localFields, onGivenBack: again };
  return (
    <Form aria-label={`Change ${inOneLine(place.location)}`} onSave={save}>
      {stale && <Stale onShow={() => (setStale(false), again())} />}
      <Errors of={errors} />
      {problem && <p role="alert">{problem}</p>}
      <p className="lr-small">Other services that are given at this place change with it.</p>
      <LocationFields draft={location} held={heldLocation} />
      <Lines draft={here} held={heldPlace} field="description" label={`About ${service.name} here`} hint="For example, which room. Optional." rows={2} />
      <div className="lr-actions">
        <Button type="submit" small disabled={!location.dirty && !here.dirty}>
          Save the place
        </Button>
        <Button type="button" secondary small onClick={() => (location.forget(), here.forget(), close())}>
          Close
        </Button>
      </div>
      <Flag held={heldPlace} field="retired" label="whether it is offered here" />
      <Standing
        of={{ kind: 'SERVICE_AT_LOCATION', id: place.id, version: place.version, name: `${service.name} at ${inOneLine(place.location)}`, visibility: place.visibility, retired: false, onChanged: again }}
      />
      <h3 className="nhsuk-heading-s">The place itself, for all services there</h3>
      <Standing
        of={{ kind: 'LOCATION', id: place.location.id, version: place.location.version, name: inOneLine(place.location), visibility: place.location.visibility, retired: false, onChanged: again }}
      />
    </Form>
  );
}

function NewPlace({ service, close, onDirty }: PartOf & { close(said?: string): void }) {
  const hub = useHub();
  const [text, setText] = useState('');
  const [found, setFound] = useState<EditableLocationFragment[]>([]);
  const [chosen, setChosen] = useState('');
  const location = useDraft({ name: '', address: null, city: null, postcode: null, latitude: null, longitude: null, accessibility: [], visibility: 'PUBLIC' }, 'new-place-');
  const [problem, setProblem] = useState('');
  const intention = useRef(mutationId());
  useTyping('new place', location.dirty || chosen !== '', onDirty);
  useEffect(() => {
    let late = false;
    const timer = setTimeout(async () => {
      const { data } = await client.query(LocationsToChooseDocument, { hub: hub.slug, search: text }).toPromise();
      if (!late) setFound(data?.hub?.editableLocations ?? []);
    }, 200);
    return () => {
      late = true;
      clearTimeout(timer);
    };
  }, [text, hub.slug]);

  async function save() {
    setProblem('');
    let at = chosen;
    if (!at) {
      const { input, errors } = numbers(location.values, numeric, true);
      if (errors.length) return location.setErrors(errors);
      const outcome = await change(SaveLocationDocument, { input: { hub: hub.slug, clientMutationId: `${intention.current}-at`, ...input } });
      const why = refusal(outcome);
      location.setErrors(why?.errors ?? []);
      if (why?.problem) setProblem('That did not work. Try again.');
      if (why) return;
      at = outcome.data!.saveLocation.location!.id;
    }
    const why = refusal(await change(SavePlaceDocument, { input: { hub: hub.slug, clientMutationId: intention.current, serviceId: service.id, locationId: at } }));
    if (why) return setProblem(why.errors[0]?.message ?? 'That did not work. Try again.');
    location.forget();
    close('The place is added.');
  }

  return (
    <Form aria-label="Add a place" onSave={save}>
      <Errors of={location.errors} />
      {problem && <p role="alert">{problem}</p>}
      <div className="nhsuk-form-group">
        <label className="nhsuk-label" htmlFor="place-search">
          Find a place that is known already
        </label>
        <input id="place-search" className="nhsuk-input" autoComplete="off" maxLength={100} value={text} onChange={(e) => setText(e.target.value)} />
      </div>
      <Select id="place-chosen" label="Place" value={chosen} onChange={(e) => setChosen(e.currentTarget.value)}>
        <Select.Option value="">A new place, as below</Select.Option>
        {found.map((l) => (
          <Select.Option key={l.id} value={l.id}>
            {inOneLine(l)}
          </Select.Option>
        ))}
      </Select>
      {!chosen && (
        <>
          <LocationFields draft={location} />
          <Copy from={found} onCopy={(l) => (location.set('latitude', l.latitude), location.set('longitude', l.longitude))} />
        </>
      )}
      <div className="lr-actions">
        <Button type="submit" small>
          Add the place
        </Button>
        <Button type="button" secondary small onClick={() => (location.forget(), close())}>
          Cancel
        </Button>
      </div>
    </Form>
  );
}

/** A point is not looked up anywhere: it is typed, or taken from a place nearby that the hub knows. */
function Copy({ from, onCopy }: { from: EditableLocationFragment[]; onCopy(l: EditableLocationFragment): void }) {
  const known = from.filter((l) => l.latitude != null && l.longitude != null);
  if (known.length === 0) return null;
  return (
    <Select id="place-point" label="Take the point on the map from" hint="A place next door or with the same postcode will do" value="" onChange={(e) => onCopy(known.find((l) => l.id === e.currentTarget.value)!)}>
      <Select.Option value="">No other place</Select.Option>
      {known.map((l) => (
        <Select.Option key={l.id} value={l.id}>
          {inOneLine(l)}
        </Select.Option>
      ))}
    </Select>
  );
}

/** Tells the page whether something is typed here, until the form goes. */
export function useTyping(what: string, dirty: boolean, tell: PartOf['onDirty']) {
  const latest = useRef(tell);
  latest.current = tell;
  useEffect(() => latest.current(what, dirty), [what, dirty]);
  useEffect(() => () => latest.current(what, false), [what]);
}
