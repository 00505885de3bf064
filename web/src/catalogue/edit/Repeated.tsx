import { Button, Fieldset, TextInput } from 'nhsuk-react-components';
import type { FieldError } from '../../shell/form';
import { errorOf, Group, type Draft, type Values } from './draft';

type Entry = Record<string, unknown>;

/** A list of several things with a few texts each. */
function Repeated(props: { draft: Draft; field: string; one: string; entry: string; legend: string; parts: [string, string, ('5' | '10' | '20')?][]; empty: Entry; read(entry: Entry, part: string): string; write(entry: Entry, part: string, text: string): Entry }) {
  const { draft, field, one } = props;
  const entries = (draft.values[field] as Entry[] | undefined) ?? [];
  return (
    <Group draft={draft} field={field} legend={props.legend}>
      {entries.map((entry, n) => (
        <Fieldset key={n} className="lr-repeated">
          <Fieldset.Legend>
            {props.entry} {n + 1}
          </Fieldset.Legend>
          <div className="lr-repeated__parts">
            {props.parts.map(([part, label, width]) => (
              <TextInput
                key={part}
                id={`${draft.prefix}${field}-${n}-${part}`}
                label={label}
                width={width}
                autoComplete="off"
                error={errorOf(draft, `${field}-${n}-${part}`)}
                value={props.read(entry, part)}
                onChange={(e) => draft.set(field, entries.map((old, i) => (i === n ? props.write(old, part, e.currentTarget.value) : old)))}
              />
            ))}
          </div>
          <button type="button" className="lr-link-button" onClick={() => draft.set(field, entries.filter((_, i) => i !== n))}>
            Remove {props.entry.toLowerCase()} {n + 1}
          </button>
        </Fieldset>
      ))}
      <Button type="button" secondary small onClick={() => draft.set(field, [...entries, props.empty])}>
        Add {one}
      </Button>
    </Group>
  );
}

const plain = {
  read: (entry: Entry, part: string) => String(entry[part] ?? ''),
  write: (entry: Entry, part: string, text: string) => ({ ...entry, [part]: text }),
};

export function Contacts({ draft }: { draft: Draft }) {
  return (
    <Repeated
      draft={draft}
      field="contacts"
      one="a person to ask"
      entry="Person to ask"
      legend="People to ask"
      parts={[
        ['name', 'Name'],
        ['title', 'Role'],
        ['email', 'Email'],
        ['phones', 'Phone', '20'],
      ]}
      empty={{ name: '', title: '', email: '', phones: [] }}
      read={(entry, part) => (part === 'phones' ? ((entry.phones as string[]) ?? []).join(', ') : plain.read(entry, part))}
      write={(entry, part, text) => (part === 'phones' ? { ...entry, phones: text ? text.split(/,\s*/) : [] } : plain.write(entry, part, text))}
    />
  );
}

export function Costs({ draft }: { draft: Draft }) {
  return (
    <Repeated
      draft={draft}
      field="costOptions"
      one="a price"
      entry="Price"
      legend="Prices"
      parts={[
        ['option', 'What for'],
        ['amount', 'Pounds', '5'],
        ['amountDescription', 'More about it'],
      ]}
      empty={{ option: '', amount: null, currency: '', amountDescription: '', validFrom: '', validTo: '' }}
      {...plain}
    />
  );
}

/** Prices as the API takes them, in place of the words that were typed for them. */
export function prices(changes: Values): { input: Values; errors: FieldError[] } {
  const errors: FieldError[] = [];
  if (!changes.costOptions) return { input: changes, errors };
  const costOptions = (changes.costOptions as Entry[]).map((entry, n) => {
    const typed = String(entry.amount ?? '').replace('£', '').trim();
    if (typed && !/^\d+(\.\d{1,2})?$/.test(typed)) errors.push({ field: `costOptions-${n}-amount`, message: 'Write the price in pounds, such as 2.50' });
    return { ...entry, amount: typed === '' ? null : Number(typed) };
  });
  return { input: { ...changes, costOptions }, errors };
}

export function Areas({ draft }: { draft: Draft }) {
  return (
    <Repeated
      draft={draft}
      field="serviceAreas"
      one="an area"
      entry="Area that it serves"
      legend="Areas that it serves"
      parts={[
        ['name', 'Name'],
        ['description', 'More about it'],
      ]}
      empty={{ name: '', description: '', uri: '' }}
      {...plain}
    />
  );
}
