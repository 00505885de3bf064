import { Button, Fieldset, TextInput } from 'nhsuk-react-components';
import type { Draft } from './draft';

type Entry = Record<string, unknown>;

/** A list of several things with a few texts each. */
function Repeated(props: { draft: Draft; field: string; one: string; legend: string; parts: [string, string, ('5' | '10' | '20')?][]; empty: Entry; read(entry: Entry, part: string): string; write(entry: Entry, part: string, text: string): Entry }) {
  const { draft, field, one } = props;
  const entries = (draft.values[field] as Entry[] | undefined) ?? [];
  const error = draft.errors.find((e) => e.field === draft.prefix + field)?.message;
  return (
    <div className="lr-field" id={draft.prefix + field} tabIndex={-1}>
      {error && (
        <p className="nhsuk-error-message">
          <span className="nhsuk-u-visually-hidden">Error: </span>
          {error}
        </p>
      )}
      {entries.map((entry, n) => (
        <Fieldset key={n} className="lr-repeated">
          <Fieldset.Legend>
            {props.legend} {n + 1}
          </Fieldset.Legend>
          <div className="lr-repeated__parts">
            {props.parts.map(([part, label, width]) => (
              <TextInput
                key={part}
                id={`${draft.prefix}${field}-${n}-${part}`}
                label={label}
                width={width}
                autoComplete="off"
                value={props.read(entry, part)}
                onChange={(e) => draft.set(field, entries.map((old, i) => (i === n ? props.write(old, part, e.currentTarget.value) : old)))}
              />
            ))}
          </div>
          <button type="button" className="lr-link-button" onClick={() => draft.set(field, entries.filter((_, i) => i !== n))}>
            Remove {one} {n + 1}
          </button>
        </Fieldset>
      ))}
      <Button type="button" secondary small onClick={() => draft.set(field, [...entries, props.empty])}>
        Add {one}
      </Button>
    </div>
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
      legend="Person to ask"
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
      legend="Price"
      parts={[
        ['option', 'What for'],
        ['amount', 'Pounds', '5'],
        ['amountDescription', 'More about it'],
      ]}
      empty={{ option: '', amount: null, currency: '', amountDescription: '', validFrom: '', validTo: '' }}
      read={plain.read}
      write={(entry, part, text) => {
        if (part !== 'amount') return plain.write(entry, part, text);
        const pounds = Number(text.replace('£', ''));
        return { ...entry, amount: text.trim() === '' || Number.isNaN(pounds) ? null : text.endsWith('.') ? text : pounds };
      }}
    />
  );
}

export function Areas({ draft }: { draft: Draft }) {
  return (
    <Repeated
      draft={draft}
      field="serviceAreas"
      one="an area"
      legend="Area that it serves"
      parts={[
        ['name', 'Name'],
        ['description', 'More about it'],
      ]}
      empty={{ name: '', description: '', uri: '' }}
      {...plain}
    />
  );
}
