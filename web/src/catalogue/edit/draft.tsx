import { useBlocker } from '@tanstack/react-router';
import { ErrorMessage, Fieldset, Select, Textarea, TextInput } from 'nhsuk-react-components';
import { useState } from 'react';
import type { ReactNode } from 'react';
import type { CombinedError } from 'urql';
import { UseSourceDocument, type LocalFragment, type RecordKind } from '../../gql/graphql';
import { announce } from '../../shell/announce';
import type { FieldError } from '../../shell/form';
import { useHub } from '../../shell/hub';
import { useChange } from '../../shell/useChange';
import { sourceWords } from './words';

/** What of a record an editor may change, by the API's names. */
export type Values = Record<string, unknown>;

const same = (a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** What differs from what was saved. */
export function differences(saved: Values, now: Values): Values {
  return Object.fromEntries(Object.entries(now).filter(([field, value]) => !same(value, saved[field])));
}

export interface Draft {
  values: Values;
  changes: Values;
  dirty: boolean;
  errors: FieldError[];
  /** Of the inputs' ids, where several forms are on one page. */
  prefix: string;
  set(field: string, value: unknown): void;
  setErrors(errors: FieldError[]): void;
  /** Forgets what was typed, or of the fields that are named. */
  forget(...fields: string[]): void;
  text(field: string): string;
}

/** What somebody has typed over a saved record. Where the record changes beneath, what was typed stays, and the rest follows. */
export function useDraft(saved: Values, prefix = ''): Draft {
  const [typed, setTyped] = useState<Values>({});
  const [errors, setErrors] = useState<FieldError[]>([]);
  const values = { ...saved, ...typed };
  const changes = differences(saved, values);
  return {
    values,
    changes,
    dirty: Object.keys(changes).length > 0,
    errors,
    prefix,
    set: (field, value) => setTyped((t) => ({ ...t, [field]: value })),
    setErrors: (found) => setErrors(found.map((e) => ({ ...e, field: e.field && e.field !== 'version' ? prefix + e.field : null }))),
    forget: (...fields) => setTyped((t) => (fields.length ? Object.fromEntries(Object.entries(t).filter(([f]) => !fields.includes(f))) : {})),
    text: (field) => (values[field] == null ? '' : String(values[field])),
  };
}

/** Asks before what was typed is left behind. */
export function useGuard(dirty: boolean) {
  useBlocker({
    shouldBlockFn: () => dirty && !window.confirm('What you changed is not saved yet. Leave it behind?'),
    enableBeforeUnload: () => dirty,
  });
}

/** The record that fields belong to: what staff hold of it against its source, and how it is given back. */
export interface Held {
  kind: RecordKind;
  id: string;
  version: number;
  local: LocalFragment[];
  /** Called when a field was given back. */
  onGivenBack(): void;
}

/** What the source says of a field that was changed here, with a way back to it. */
export function Flag({ held, field, label }: { held?: Held; field: string; label: string }) {
  const hub = useHub();
  const { send, trouble } = useChange();
  const local = held?.local.find((l) => l.field === field);
  if (!held || !local) return null;
  async function giveBack() {
    const { kind, id, version, onGivenBack } = held!;
    if (!(await send(UseSourceDocument, { input: { hub: hub.slug, kind, recordId: id, version, fields: [field] } }))) return;
    announce(`${label} is as its source says again.`);
    onGivenBack();
  }
  return (
    <div className="lr-held" data-field={field}>
      <p>
        <strong>Changed here.</strong> The source says: {sourceWords(field, local.sourceValue)}
      </p>
      <button type="button" className="lr-link-button" onClick={() => void giveBack()}>
        Use the source’s<span className="nhsuk-u-visually-hidden"> for: {label}</span>
      </button>
      {trouble}
    </div>
  );
}

interface FieldProps {
  draft: Draft;
  field: string;
  label: string;
  hint?: string;
  held?: Held;
}

export const errorOf = (draft: Draft, field: string) => draft.errors.find((e) => e.field === draft.prefix + field)?.message;

function common({ draft, field, label, hint }: FieldProps) {
  return { id: draft.prefix + field, name: draft.prefix + field, label, hint, error: errorOf(draft, field), autoComplete: 'off' };
}

/** Text of one line; empty is null. */
export function Line(props: FieldProps & { width?: '5' | '10' | '20'; type?: string; number?: boolean }) {
  const { draft, field, held, label } = props;
  return (
    <div className="lr-field">
      <TextInput
        {...common(props)}
        width={props.width}
        type={props.type ?? 'text'}
        inputMode={props.number ? 'decimal' : undefined}
        value={draft.text(field)}
        onChange={(e) => draft.set(field, e.currentTarget.value === '' ? null : e.currentTarget.value)}
      />
      <Flag held={held} field={field} label={label} />
    </div>
  );
}

/** Text of many lines, as a text or as a list with one entry for each line. */
export function Lines(props: FieldProps & { rows?: number; list?: boolean }) {
  const { draft, field, held, label } = props;
  const value = props.list ? ((draft.values[field] as string[] | undefined) ?? []).join('\n') : draft.text(field);
  return (
    <div className="lr-field">
      <Textarea
        {...common(props)}
        rows={props.rows ?? 3}
        value={value}
        onChange={(e) => {
          const text = e.currentTarget.value;
          draft.set(field, props.list ? (text === '' ? [] : text.split('\n')) : text);
        }}
      />
      <Flag held={held} field={field} label={label} />
    </div>
  );
}

export function Choice(props: FieldProps & { options: [string, string][]; empty?: string }) {
  const { draft, field, held, label } = props;
  const { autoComplete: _, ...rest } = common(props);
  return (
    <div className="lr-field">
      <Select {...rest} value={draft.text(field)} onChange={(e) => draft.set(field, e.currentTarget.value || null)}>
        {props.empty !== undefined && <Select.Option value="">{props.empty}</Select.Option>}
        {props.options.map(([value, words]) => (
          <Select.Option key={value} value={value}>
            {words}
          </Select.Option>
        ))}
      </Select>
      <Flag held={held} field={field} label={label} />
    </div>
  );
}

/** What an answer of the API says against a save, as far as a person can mend it. */
export interface Refusal {
  stale: boolean;
  errors: FieldError[];
  problem?: CombinedError;
}

export function refusal(outcome: { problem?: CombinedError; userErrors?: { code: string; field?: string | null; message: string }[] }): Refusal | null {
  if (outcome.problem) return { stale: false, errors: [], problem: outcome.problem };
  const errors = outcome.userErrors ?? [];
  return errors.length ? { stale: errors.some((e) => e.field === 'version'), errors } : null;
}

/** Numbers as the API takes them: what is none, or a broken one where only a whole one will do, the API refuses by its type alone, so it is said here. */
export function numbers(changes: Values, fields: Record<string, string>, broken = false): { input: Values; errors: FieldError[] } {
  const input = { ...changes };
  const errors: FieldError[] = [];
  for (const [field, label] of Object.entries(fields)) {
    const value = input[field];
    if (typeof value !== 'string') continue;
    const read = Number(value.trim());
    if (value.trim() === '') input[field] = null;
    else if (broken ? Number.isFinite(read) : Number.isSafeInteger(read)) input[field] = read;
    else errors.push({ field, message: `${label} must be a ${broken ? 'number, such as 53.443' : 'whole number'}` });
  }
  return { input, errors };
}

/** A form that is checked as it is saved, not by the browser. */
export function Form({ onSave, ...rest }: { onSave(): Promise<void>; children: ReactNode; 'aria-label'?: string }) {
  return (
    <form
      noValidate
      onSubmit={(e) => {
        e.preventDefault();
        void onSave();
      }}
      {...rest}
    />
  );
}

/** Several inputs that are one field: what it is called and what is wrong with it are said of them all. */
export function Group({ draft, field, legend, children }: { draft: Draft; field: string; legend: ReactNode; children: ReactNode }) {
  const id = draft.prefix + field;
  const error = errorOf(draft, field);
  return (
    <div className={error ? 'nhsuk-form-group nhsuk-form-group--error' : 'nhsuk-form-group'}>
      <Fieldset id={id} tabIndex={-1} aria-describedby={error && `${id}-error`}>
        <Fieldset.Legend>{legend}</Fieldset.Legend>
        {error && <ErrorMessage id={`${id}-error`}>{error}</ErrorMessage>}
        {children}
      </Fieldset>
    </div>
  );
}
