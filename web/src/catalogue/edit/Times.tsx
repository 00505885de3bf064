import { Button, Checkboxes, Select } from 'nhsuk-react-components';
import { useRef, useState } from 'react';
import { SaveScheduleDocument, type EditableScheduleFragment } from '../../gql/graphql';
import { announce } from '../../shell/announce';
import { change, mutationId } from '../../shell/client';
import { Errors } from '../../shell/form';
import { useHub } from '../../shell/hub';
import { session } from '../../shell/words';
import { Choice, errorOf, Flag, Form, Group, Line, Lines, numbers, refusal, useDraft, type Draft, type Held, type Values } from './draft';
import { Retired, useTyping, type PartOf } from './Places';
import { State } from './Records';
import { Stale } from './Saved';
import { Standing } from './Standing';
import { dayWords, frequencyWords } from './words';

const fields = ['freq', 'interval', 'byDay', 'byMonthDay', 'dtstart', 'until', 'opensAt', 'closesAt', 'description', 'excludedDates', 'extraDates', 'serviceAtLocationId'] as const;

const blank: Values = { freq: 'WEEKLY', interval: 1, byDay: [], byMonthDay: [], description: '', excludedDates: [], extraDates: [], serviceAtLocationId: null };

const wordsOf = (s: EditableScheduleFragment) => s.summary || s.description || 'A time without a rule';

/** When a service is on: its times one by one, each with a form of its own. */
export function Times(props: PartOf) {
  const { service } = props;
  const hub = useHub();
  const [open, setOpen] = useState<string>();
  const box = useRef<HTMLDivElement>(null);
  const close = (said?: string) => {
    setOpen(undefined);
    if (said) announce(said);
    box.current?.focus();
    props.again();
  };
  const next = service.nextSessions;
  return (
    <div ref={box} tabIndex={-1}>
      {service.schedules.length === 0 && <p>No times are known.</p>}
      <ul className="lr-plain-list">
        {service.schedules.map((s) => (
          <li key={s.id} className="lr-card">
            <p>{wordsOf(s)}</p>
            {s.summary && s.description && <p className="lr-small">{s.description}</p>}
            <State {...s} />
            {open === s.id ? (
              <TimeForm {...props} schedule={s} close={close} />
            ) : (
              <button type="button" className="lr-link-button" onClick={() => setOpen(s.id)}>
                Change<span className="nhsuk-u-visually-hidden"> {wordsOf(s)}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      {next.length > 0 && (
        <p className="lr-small">
          Next: {next.map((s) => session(s.startsAt, s.endsAt, hub.timeZone)).join('; ')}.
        </p>
      )}
      <Retired items={service.retiredSchedules.map((s) => ({ ...s, words: wordsOf(s) }))} kind="SCHEDULE" again={props.again} />
      {open === 'new' ? (
        <div className="lr-card">
          <TimeForm {...props} close={close} />
        </div>
      ) : (
        <Button type="button" secondary small onClick={() => setOpen('new')}>
          Add a time
        </Button>
      )}
    </div>
  );
}

function TimeForm({ service, schedule, close, again, onDirty }: PartOf & { schedule?: EditableScheduleFragment; close(said?: string): void }) {
  const hub = useHub();
  const saved = schedule ? Object.fromEntries(fields.map((f) => [f, schedule[f] ?? null])) : blank;
  const draft = useDraft(saved, `time-${schedule?.id ?? 'new'}-`);
  const [stale, setStale] = useState(false);
  const [problem, setProblem] = useState('');
  const intention = useRef(mutationId());
  useTyping(`time ${schedule?.id ?? ''}`, draft.dirty, onDirty);

  const freq = draft.text('freq');
  const counts = freq !== '' && freq !== 'YEARLY';

  async function save() {
    const { input, errors } = numbers(written(schedule ? draft.changes : draft.values, { counts }), { interval: 'The number of weeks, months or days' });
    if (errors.length) return draft.setErrors(errors);
    const which = schedule ? { scheduleId: schedule.id, version: schedule.version } : { serviceId: service.id };
    const outcome = await change(SaveScheduleDocument, { input: { hub: hub.slug, clientMutationId: schedule ? mutationId() : intention.current, ...which, ...input } });
    const why = refusal(outcome);
    setProblem(why?.problem ? 'That did not work. Check the days and times, and try again.' : '');
    setStale(why?.stale ?? false);
    draft.setErrors(why?.stale ? [] : (why?.errors ?? []));
    if (why) return;
    draft.forget();
    close(`Saved: ${outcome.data!.saveSchedule.schedule!.summary}`);
  }

  const held: Held | undefined = schedule && { kind: 'SCHEDULE', id: schedule.id, version: schedule.version, local: schedule.localFields, onGivenBack: again };
  const of = { draft, held };
  const [from, to] = [draft.text('opensAt'), draft.text('closesAt')];
  return (
    <Form aria-label={schedule ? `Change ${wordsOf(schedule)}` : 'Add a time'} onSave={save}>
      {stale && <Stale onShow={() => (setStale(false), again())} />}
      <Errors of={draft.errors} />
      {problem && <p role="alert">{problem}</p>}
      <Choice {...of} field="freq" label="How often" options={frequencyWords} empty="Once, or as described" />
      {counts && (
        <Line {...of} field="interval" label={freq === 'WEEKLY' ? 'Every how many weeks' : freq === 'MONTHLY' ? 'Every how many months' : 'Every how many days'} width="5" number />
      )}
      {freq === 'WEEKLY' && <Days draft={draft} held={held} />}
      {freq === 'MONTHLY' && <DaysOfMonth draft={draft} held={held} />}
      <div className="lr-form__columns">
        <Line {...of} field="opensAt" label="From" type="time" width="10" />
        <Line {...of} field="closesAt" label="To" hint={from && to && to <= from ? 'That is on the next day' : undefined} type="time" width="10" />
        <Line {...of} field="dtstart" label={freq ? 'First day' : 'Day'} hint={freq ? 'Optional' : undefined} type="date" width="20" />
        {freq && <Line {...of} field="until" label="Last day" hint="Optional" type="date" width="20" />}
      </div>
      {freq && <Dates draft={draft} held={held} field="excludedDates" label="Not on" add="Add a day on which it is not" />}
      <Dates draft={draft} held={held} field="extraDates" label="Also on" add="Add another day on which it is" />
      <Choice
        {...of}
        field="serviceAtLocationId"
        label="Where"
        empty="At any of its places"
        options={service.places.map((p) => [p.id, [p.location.name, p.location.address].filter(Boolean).join(', ')])}
      />
      <Lines {...of} field="description" label="More about it" hint="For example, term time only. Optional." rows={2} />
      <div className="lr-actions">
        <Button type="submit" small disabled={Boolean(schedule) && !draft.dirty}>
          {schedule ? 'Save the time' : 'Add the time'}
        </Button>
        <Button type="button" secondary small onClick={() => (draft.forget(), close())}>
          {schedule ? 'Close' : 'Cancel'}
        </Button>
      </div>
      <Flag held={held} field="retired" label="whether it is offered" />
      {schedule && (
        <Standing of={{ kind: 'SCHEDULE', id: schedule.id, version: schedule.version, name: wordsOf(schedule), visibility: schedule.visibility, retired: false, onChanged: again }} />
      )}
    </Form>
  );
}

/** What is saved of what was typed: not what a field holds that is no longer shown, nor a day that was added and left empty. */
function written(typed: Values, { counts }: { counts: boolean }): Values {
  const once = 'freq' in typed && !typed.freq;
  const days = (all: unknown) => (all as string[]).filter(Boolean);
  return {
    ...typed,
    ...('interval' in typed && !counts && { interval: 1 }),
    ...('excludedDates' in typed && { excludedDates: days(typed.excludedDates) }),
    ...('extraDates' in typed && { extraDates: days(typed.extraDates) }),
    ...(once && { until: null, excludedDates: [] }),
  };
}

function Days({ draft, held }: { draft: Draft; held?: Held }) {
  const chosen = (draft.values.byDay as string[]) ?? [];
  const order = Object.keys(dayWords);
  return (
    <Group draft={draft} field="byDay" legend="On which days">
      <Checkboxes small className="lr-days">
        {order.map((code) => (
          <Checkboxes.Item
            key={code}
            id={`${draft.prefix}byDay-${code}`}
            value={code}
            checked={chosen.includes(code)}
            onChange={(e) => draft.set('byDay', (e.currentTarget.checked ? [...chosen, code] : chosen.filter((c) => c !== code)).sort((a, b) => order.indexOf(a) - order.indexOf(b)))}
          >
            {dayWords[code]}
          </Checkboxes.Item>
        ))}
      </Checkboxes>
      <Flag held={held} field="byDay" label="Days" />
    </Group>
  );
}

const places: [string, string][] = [
  ['1', 'First'],
  ['2', 'Second'],
  ['3', 'Third'],
  ['4', 'Fourth'],
  ['-1', 'Last'],
];

/** One day of each month: such as the first Monday, or the 15th. Rules of other kinds show in words, and stay as they are. */
function DaysOfMonth({ draft, held }: { draft: Draft; held?: Held }) {
  const days = (draft.values.byDay as string[]) ?? [];
  const dates = (draft.values.byMonthDay as number[]) ?? [];
  const options: [string, string][] = places.flatMap(([n, words]) => Object.entries(dayWords).map(([code, name]): [string, string] => [n + code, `${words} ${name}`]));
  for (let n = 1; n <= 31; n++) options.push([String(n), `Day ${n}`]);
  options.push(['-1', 'Last day']);
  const value = days[0] ?? (dates[0] === undefined ? '' : String(dates[0]));
  return (
    <div className="lr-field">
      <Select
        id={`${draft.prefix}byDay`}
        label="On which day of the month"
        error={errorOf(draft, 'byDay')}
        value={value}
        onChange={(e) => {
          const picked = e.currentTarget.value;
          const named = /[A-Z]/.test(picked);
          draft.set('byDay', named ? [picked] : []);
          draft.set('byMonthDay', named || !picked ? [] : [Number(picked)]);
        }}
      >
        <Select.Option value="">That of the first day</Select.Option>
        {options.map(([v, words]) => (
          <Select.Option key={v} value={v}>
            {words}
          </Select.Option>
        ))}
      </Select>
      {days.length + dates.length > 1 && <p className="lr-small">There are more days than one: they stay unless you choose another.</p>}
      <Flag held={held} field="byDay" label="Days" />
      <Flag held={held} field="byMonthDay" label="Days of the month" />
    </div>
  );
}

function Dates({ draft, held, field, label, add }: { draft: Draft; held?: Held; field: 'excludedDates' | 'extraDates'; label: string; add: string }) {
  const all = (draft.values[field] as string[]) ?? [];
  return (
    <Group draft={draft} field={field} legend={label}>
      <ul className="lr-plain-list">
        {all.map((value, n) => (
          <li key={n} className="lr-date">
            <input
              type="date"
              className="nhsuk-input nhsuk-input--width-10"
              aria-label={`${label}, day ${n + 1}`}
              value={value}
              onChange={(e) => draft.set(field, all.map((old, i) => (i === n ? e.target.value : old)))}
            />
            <button type="button" className="lr-link-button" onClick={() => draft.set(field, all.filter((_, i) => i !== n))}>
              Remove<span className="nhsuk-u-visually-hidden"> day {n + 1} of: {label}</span>
            </button>
          </li>
        ))}
      </ul>
      <button type="button" className="lr-link-button" onClick={() => draft.set(field, [...all, ''])}>
        {add}
      </button>
      <Flag held={held} field={field} label={label} />
    </Group>
  );
}
