import { Link, useNavigate } from '@tanstack/react-router';
import { Button, Checkboxes, DateInput, Fieldset, Select, TextInput } from 'nhsuk-react-components';
import { useEffect, useRef, useState } from 'react';
import type { ReactNode, SubmitEvent } from 'react';
import { useQuery, type CombinedError } from 'urql';
import {
  CheckInDocument,
  PersonDocument,
  PossibleDuplicatesDocument,
  RegisterPersonDocument,
  SetAccessNeedsDocument,
  UpdatePersonDocument,
  type AccessNeedCode,
  type AccessNeedInput,
  type PersonCardFragment,
  type PersonDetailsFragment,
  type SafeContact,
} from '../gql/graphql';
import { announce, tell } from '../shell/announce';
import { change, client, mutationId } from '../shell/client';
import { dateOf, Errors, noDate, partsOf, type DateParts, type FieldError } from '../shell/form';
import { useHub } from '../shell/hub';
import { Loading } from '../shell/Loading';
import { Page } from '../shell/Page';
import { Problem } from '../shell/Problem';
import { Unread } from '../shell/Shell';
import { nhsNumber, plural, safeContactWords, time } from '../shell/words';
import { accessNeedCodes, accessNeedLabel, AccessNeeds } from './AccessNeeds';
import { Identity } from './Identity';

const textFields = ['givenName', 'familyName', 'preferredName', 'pronouns', 'phone', 'email', 'postcode', 'nhsNumber', 'gpPractice', 'safeContactNote'] as const;
type TextField = (typeof textFields)[number];

interface Entry {
  text: Record<TextField, string>;
  dateOfBirth: DateParts;
  safeContact: SafeContact;
  accessNeeds: Partial<Record<AccessNeedCode, string>>;
}

function entryOf(person?: PersonDetailsFragment): Entry {
  const text = Object.fromEntries(textFields.map((f) => [f, person?.[f] ?? ''])) as Entry['text'];
  return {
    text: { ...text, nhsNumber: nhsNumber(text.nhsNumber) },
    dateOfBirth: person ? partsOf(person.dateOfBirth) : noDate,
    safeContact: person?.safeContact ?? 'ANY',
    accessNeeds: Object.fromEntries(person?.accessNeeds.map((n) => [n.code, n.note ?? '']) ?? []),
  };
}

/** What the API takes: trimmed, and null for what is empty. */
function inputOf(entry: Entry) {
  const text = Object.fromEntries(textFields.map((f) => [f, entry.text[f].trim() || null])) as Record<TextField, string | null>;
  const accessNeeds = Object.entries(entry.accessNeeds).map(([code, note]) => ({ code, note: note.trim() || null }) as AccessNeedInput);
  return {
    person: {
      ...text,
      givenName: text.givenName ?? '',
      familyName: text.familyName ?? '',
      dateOfBirth: dateOf(entry.dateOfBirth) ?? null,
      safeContact: entry.safeContact,
    },
    accessNeeds,
  };
}

function check(entry: Entry): FieldError[] {
  const errors: FieldError[] = [];
  if (!entry.text.givenName.trim()) errors.push({ field: 'givenName', message: 'Enter a first name, or whatever they want to be called' });
  if (dateOf(entry.dateOfBirth) === undefined) errors.push({ field: 'dateOfBirth', message: 'Date of birth must be a real date, such as 3 5 1980' });
  return errors;
}

export function NewPerson() {
  const hub = useHub();
  const navigate = useNavigate();
  const [entry, setEntry] = useState(() => entryOf());
  const [errors, setErrors] = useState<FieldError[]>([]);
  const [problem, setProblem] = useState<CombinedError>();
  const busy = useRef(false);
  // One name for one registration, however often the button is pressed; a new one once something was changed.
  const intention = useRef(mutationId());
  const duplicates = useDuplicates(entry);

  function edit(next: Entry) {
    intention.current = mutationId();
    setEntry(next);
  }

  async function save(checkIn: boolean) {
    const found = check(entry);
    setErrors(found);
    if (found.length || busy.current) return;
    busy.current = true;
    try {
      const { person, accessNeeds } = inputOf(entry);
      const outcome = await change(RegisterPersonDocument, {
        input: { hub: hub.slug, clientMutationId: intention.current, ...person, accessNeeds },
      });
      setProblem(outcome.problem);
      if (outcome.problem) return;
      setErrors(outcome.userErrors);
      const registered = outcome.data.registerPerson.person;
      if (!registered) return;
      let said = `${registered.displayName} is registered.`;
      if (checkIn) {
        const visit = await change(CheckInDocument, { input: { hub: hub.slug, clientMutationId: `${intention.current}-in`, personId: registered.id } });
        const at = visit.data?.checkIn.visit?.arrivedAt;
        said = at
          ? `${registered.displayName} is registered and checked in (${time(at, hub.timeZone)}), waiting for an advisor.`
          : `${registered.displayName} is registered, but could not be checked in.`;
      }
      tell(said);
      await navigate({ to: '/$hub/people/$id', params: { hub: hub.slug, id: registered.id } });
    } finally {
      busy.current = false;
    }
  }

  return (
    <Page title="Register a new person">
      <Errors of={errors} />
      {problem && <Problem error={problem} />}
      <PersonForm entry={entry} errors={errors} onChange={edit} onSubmit={() => void save(hub.can('DESK_WRITE'))}>
        <Duplicates people={duplicates} />
        {hub.can('DESK_WRITE') && <Button type="submit">Register and check in</Button>}{' '}
        <Button type="button" secondary onClick={() => void save(false)}>
          Register only
        </Button>
      </PersonForm>
    </Page>
  );
}

export function EditPerson({ id }: { id: string }) {
  const hub = useHub();
  const [{ data, error }, again] = useQuery({ query: PersonDocument, variables: { hub: hub.slug, id } });
  if (!data && !error) return <Loading what="the person" />;
  const person = data?.hub?.person;
  if (!person) return <Unread what="person" error={error} retry={() => again()} />;
  return <EditLoaded person={person} />;
}

function EditLoaded({ person }: { person: PersonDetailsFragment }) {
  const hub = useHub();
  const navigate = useNavigate();
  // What was there when the form was opened: only what differs from it is sent, so that two people editing undo less of each other's.
  const [opened] = useState(() => entryOf(person));
  const [entry, setEntry] = useState(opened);
  const [errors, setErrors] = useState<FieldError[]>([]);
  const [problem, setProblem] = useState<CombinedError>();

  async function save() {
    const found = check(entry);
    setErrors(found);
    if (found.length) return;
    const before = inputOf(opened);
    const now = inputOf(entry);
    const changed = Object.fromEntries(Object.entries(now.person).filter(([field, value]) => before.person[field as keyof typeof before.person] !== value));
    if (Object.keys(changed).length) {
      const outcome = await change(UpdatePersonDocument, { input: { hub: hub.slug, personId: person.id, ...changed } });
      if (outcome.problem) return setProblem(outcome.problem);
      if (outcome.userErrors.length) return setErrors(outcome.userErrors);
    }
    if (JSON.stringify(before.accessNeeds) !== JSON.stringify(now.accessNeeds)) {
      const outcome = await change(SetAccessNeedsDocument, { input: { hub: hub.slug, personId: person.id, accessNeeds: now.accessNeeds } });
      if (outcome.problem) return setProblem(outcome.problem);
      if (outcome.userErrors.length) return setErrors(outcome.userErrors);
    }
    tell('Saved.');
    await navigate({ to: '/$hub/people/$id', params: { hub: hub.slug, id: person.id } });
  }

  return (
    <Page title={`Change the details of ${person.displayName}`} caption={`Member ${person.memberNumber}`}>
      <Errors of={errors} />
      {problem && <Problem error={problem} />}
      <PersonForm entry={entry} errors={errors} onChange={setEntry} onSubmit={() => void save()}>
        <Button type="submit">Save</Button>{' '}
        <Link to="/$hub/people/$id" params={{ hub: hub.slug, id: person.id }} className="nhsuk-button nhsuk-button--secondary">
          Cancel
        </Link>
      </PersonForm>
    </Page>
  );
}

function PersonForm(props: { entry: Entry; errors: FieldError[]; onChange(entry: Entry): void; onSubmit(): void; children: ReactNode }) {
  const { entry, onChange } = props;
  const errorOf = (field: string) => props.errors.find((e) => e.field === field)?.message;
  const text = (field: TextField) => ({
    id: field,
    name: field,
    value: entry.text[field],
    maxLength: 200,
    autoComplete: 'off',
    error: errorOf(field),
    onChange: (e: { target: { value: string } }) => onChange({ ...entry, text: { ...entry.text, [field]: e.target.value } }),
  });
  const submit = (e: SubmitEvent<HTMLFormElement>) => {
    e.preventDefault();
    props.onSubmit();
  };
  const datePart = (part: keyof DateParts) => ({
    id: part === 'day' ? 'dateOfBirth' : `dateOfBirth-${part}`,
    name: `dateOfBirth-${part}`,
    value: entry.dateOfBirth[part],
    onChange: (e: { target: unknown }) =>
      onChange({ ...entry, dateOfBirth: { ...entry.dateOfBirth, [part]: (e.target as HTMLInputElement).value.trim() } }),
  });
  return (
    <form noValidate onSubmit={submit} className="lr-form">
      <div className="lr-form__columns">
        <div>
          <h2 className="nhsuk-heading-m">Who they are</h2>
          <TextInput label="First name" {...text('givenName')} />
          <TextInput label="Family name" {...text('familyName')} />
          <TextInput label="Preferred first name" hint="If they go by another name" {...text('preferredName')} />
          <TextInput label="Pronouns" hint="For example, she/her" width="10" {...text('pronouns')} />
          <DateInput
            legend="Date of birth"
            hint="For example, 3 5 1980. Leave it empty if they would rather not say."
            error={errorOf('dateOfBirth')}
            id="dateOfBirth-group"
            name="dateOfBirth"
          >
            <DateInput.Day {...datePart('day')} />
            <DateInput.Month {...datePart('month')} />
            <DateInput.Year {...datePart('year')} />
          </DateInput>
          <TextInput label="Postcode" width="10" {...text('postcode')} />
        </div>
        <div>
          <h2 className="nhsuk-heading-m">How to reach them</h2>
          <TextInput label="Phone" type="tel" width="20" {...text('phone')} />
          <TextInput label="Email" type="email" {...text('email')} />
          <Select
            label="Safe contact"
            hint="How it is safe to reach them"
            id="safeContact"
            name="safeContact"
            error={errorOf('safeContact')}
            value={entry.safeContact}
            onChange={(e: { target: { value: string } }) => onChange({ ...entry, safeContact: e.target.value as SafeContact })}
          >
            {Object.entries(safeContactWords).map(([value, words]) => (
              <Select.Option key={value} value={value}>
                {words}
              </Select.Option>
            ))}
          </Select>
          <TextInput label="What to mind when reaching them" hint="For example, only before 3 pm" {...text('safeContactNote')} />
          <h2 className="nhsuk-heading-m">Health care</h2>
          <TextInput label="NHS number" hint="10 digits, for example 999 123 4560. Optional." width="10" inputMode="numeric" {...text('nhsNumber')} />
          <TextInput label="GP practice" {...text('gpPractice')} />
        </div>
      </div>
      <Fieldset>
        <Fieldset.Legend size="m">Access needs</Fieldset.Legend>
        <div className="nhsuk-hint">What they need so that a visit works for them. Everybody who meets them will see this.</div>
        <Checkboxes small className="lr-form__access-needs">
          {accessNeedCodes.map((code) => (
            <Checkboxes.Item
              key={code}
              value={code}
              id={`accessNeed-${code}`}
              checked={entry.accessNeeds[code] !== undefined}
              onChange={(e) => {
                const { [code]: _, ...others } = entry.accessNeeds;
                onChange({ ...entry, accessNeeds: e.currentTarget.checked ? { ...others, [code]: '' } : others });
              }}
            >
              {accessNeedLabel(code)}
            </Checkboxes.Item>
          ))}
        </Checkboxes>
        {accessNeedCodes
          .filter((code) => entry.accessNeeds[code] !== undefined)
          .map((code) => (
            <TextInput
              key={code}
              id={`accessNeed-${code}-note`}
              label={`More about: ${accessNeedLabel(code)}`}
              hint={code === 'INTERPRETER' ? 'Which language?' : 'Optional'}
              maxLength={200}
              value={entry.accessNeeds[code]}
              onChange={(e) => onChange({ ...entry, accessNeeds: { ...entry.accessNeeds, [code]: e.currentTarget.value } })}
            />
          ))}
      </Fieldset>
      {props.children}
    </form>
  );
}

/** Who may be the same person, looked up while the form is filled in. */
function useDuplicates(entry: Entry): PersonCardFragment[] {
  const hub = useHub();
  const [people, setPeople] = useState<PersonCardFragment[]>([]);
  const { person } = inputOf(entry);
  const of = JSON.stringify({
    givenName: person.givenName,
    familyName: person.familyName,
    dateOfBirth: person.dateOfBirth,
    phone: person.phone,
    nhsNumber: person.nhsNumber,
  });
  const enough = person.givenName.length >= 2 && (person.familyName.length >= 2 || Boolean(person.dateOfBirth || person.phone));
  useEffect(() => {
    if (!enough) return setPeople([]);
    let stale = false;
    const timer = setTimeout(async () => {
      const { data } = await client
        .query(PossibleDuplicatesDocument, { hub: hub.slug, of: JSON.parse(of) }).toPromise();
      // An unfinished phone or NHS number may be refused here; the form says so when it is sent.
      if (stale || !data?.hub) return;
      const found = data.hub.possibleDuplicates;
      setPeople(found);
      if (found.length) announce(`${plural(found.length, 'person', 'people')} already registered may be the same. See the list before the Register button.`);
    }, 400);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [of, enough, hub.slug]);
  return people;
}

function Duplicates({ people }: { people: PersonCardFragment[] }) {
  const hub = useHub();
  if (people.length === 0) return null;
  return (
    <section className="lr-warning" aria-labelledby="duplicates-title">
      <h2 id="duplicates-title" className="nhsuk-heading-s">
        {people.length === 1 ? 'Somebody already registered may be the same person' : `${people.length} people already registered may be the same person`}
      </h2>
      <p>Look before you make a second record. If none of them is the same, carry on.</p>
      <ul className="lr-plain-list">
        {people.map((person) => (
          <li key={person.id} className="lr-match lr-match--static">
            <Identity of={person} />
            <AccessNeeds of={person.accessNeeds} />
            <Link to="/$hub/people/$id" params={{ hub: hub.slug, id: person.id }}>
              Open the record of {person.displayName}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
