import { Checkboxes, Fieldset, Select, TextInput } from 'nhsuk-react-components';
import { useState } from 'react';
import { useQuery } from 'urql';
import { LanguagesDocument, type PlaceQuery, type Weekday } from '../gql/graphql';
import { useHub } from '../shell/hub';
import type { From } from './usePoint';
import { useRested } from './useRested';
import { accessibilityWords, accessOf, asksMore, backwards, kinds, weekdays, type Wanted } from './wanted';

const distances = [1, 2, 5, 10];

/** What a service must be, beside the words: the few that are asked for each time, and the rest folded away. */
export function Facets(props: {
  wanted: Wanted;
  onChange(w: Wanted): void;
  place: NonNullable<PlaceQuery['hub']>;
  from: From;
  /** Without it the needs are chosen elsewhere. */
  needs?: boolean;
  /** The postcode of whom it is for. */
  theirs?: string | null;
}) {
  const hub = useHub();
  const { wanted, place, from } = props;
  const [{ data }] = useQuery({ query: LanguagesDocument, variables: { hub: hub.slug } });
  const [open] = useState(() => asksMore(wanted));
  const set = (change: Partial<Wanted>) => props.onChange({ ...wanted, ...change });
  const chosen = accessOf(wanted);
  const languages = data?.hub?.catalogueLanguages ?? [];
  return (
    <div className="lr-facets" role="group" aria-label="Only services that are">
      {props.needs && (
        <Select id="service-need" label="Need" value={wanted.need ?? ''} onChange={(e) => set({ need: e.currentTarget.value || undefined })}>
          <Select.Option value="">Any need</Select.Option>
          {place.needs.map((n) => (
            <Select.Option key={n.code} value={n.code}>
              {n.name}
            </Select.Option>
          ))}
        </Select>
      )}
      <Select id="service-day" label="On" value={wanted.day ?? ''} onChange={(e) => set({ day: (e.currentTarget.value || undefined) as Weekday | undefined })}>
        <Select.Option value="">Any day</Select.Option>
        {Object.entries(weekdays).map(([value, name]) => (
          <Select.Option key={value} value={value}>
            {name}
          </Select.Option>
        ))}
      </Select>
      {from.latitude != null && (
        <Select id="service-within" label="Within" value={wanted.within ?? 0} onChange={(e) => set({ within: Number(e.currentTarget.value) || undefined })}>
          <Select.Option value={0}>Any distance</Select.Option>
          {distances.map((n) => (
            <Select.Option key={n} value={n}>
              {n === 1 ? '1 mile' : `${n} miles`}
            </Select.Option>
          ))}
        </Select>
      )}
      <Checkboxes small>
        <Checkboxes.Item id="service-free" value="free" checked={wanted.free ?? false} onChange={(e) => set({ free: e.currentTarget.checked || undefined })}>
          Free only
        </Checkboxes.Item>
        <Checkboxes.Item id="service-places" value="places" checked={wanted.places ?? false} onChange={(e) => set({ places: e.currentTarget.checked || undefined })}>
          Has places
        </Checkboxes.Item>
      </Checkboxes>
      <details className="lr-more" open={open}>
        <summary>Time, area, age, language, access</summary>
        <div className="lr-facets">
          <Typed id="service-from" label="From" type="time" value={wanted.from ?? ''} onTyped={(from) => set({ from: from || undefined })} />
          <Typed
            id="service-to"
            label="Until"
            type="time"
            error={backwards(wanted) ? 'The hours end before they begin. Choose a later time.' : undefined}
            value={wanted.to ?? ''}
            onTyped={(to) => set({ to: to || undefined })}
          />
          <div>
            <Typed
              id="service-near"
              label="Near a postcode"
              hint="Empty: near the hub"
              error={from.problem}
              maxLength={10}
              autoComplete="off"
              value={wanted.near ?? ''}
              onTyped={(near) => set({ near: near.trim() || undefined })}
            />
            {props.theirs && wanted.near !== props.theirs && (
              <button type="button" className="lr-link-button" onClick={() => set({ near: props.theirs ?? undefined })}>
                Near their home, {props.theirs}
              </button>
            )}
          </div>
          <Typed
            id="service-age"
            label="For somebody aged"
            inputMode="numeric"
            maxLength={3}
            autoComplete="off"
            value={wanted.age === undefined ? '' : String(wanted.age)}
            wrong={(age) => (age && ageOf(age) === undefined ? 'Write an age in years, such as 42.' : undefined)}
            onTyped={(age) => set({ age: ageOf(age) })}
          />
          {languages.length > 0 && (
            <Select id="service-language" label="In" value={wanted.language ?? ''} onChange={(e) => set({ language: e.currentTarget.value || undefined })}>
              <Select.Option value="">Any language</Select.Option>
              {languages.map((name) => (
                <Select.Option key={name} value={name}>
                  {name}
                </Select.Option>
              ))}
            </Select>
          )}
        </div>
        <Fieldset>
          <Fieldset.Legend>A place that says it has</Fieldset.Legend>
          <Checkboxes small>
            {kinds.map((kind) => (
              <Checkboxes.Item
                key={kind}
                id={`service-${kind}`}
                value={kind}
                checked={chosen.includes(kind)}
                onChange={(e) => set({ access: kinds.filter((k) => (k === kind ? e.currentTarget.checked : chosen.includes(k))).join(',') || undefined })}
              >
                {accessibilityWords[kind]}
              </Checkboxes.Item>
            ))}
          </Checkboxes>
        </Fieldset>
      </details>
    </div>
  );
}

const ageOf = (typed: string) => (/^\d+$/.test(typed) && Number(typed) <= 120 ? Number(typed) : undefined);

/** A field that is looked at once the typing rests. */
function Typed({
  value,
  onTyped,
  wrong,
  ...field
}: { value: string; onTyped(value: string): void; wrong?(typed: string): string | undefined } & Omit<React.ComponentProps<typeof TextInput>, 'value' | 'onChange'>) {
  const { typed, type } = useRested(value, onTyped, 400);
  return <TextInput {...field} error={wrong?.(typed) ?? field.error} value={typed} onChange={(e) => type(e.currentTarget.value)} />;
}
