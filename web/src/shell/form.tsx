import { ErrorSummary } from 'nhsuk-react-components';
import { useState } from 'react';

export interface FieldError {
  /** The id of the input; null where it is about the whole form. */
  field?: string | null;
  message: string;
}

/** All that is to be mended, at the top, where the focus goes. Given a new list it takes the focus again, though it says the same. */
export function Errors({ of }: { of: FieldError[] }) {
  const [given, setGiven] = useState({ of, times: 0 });
  if (given.of !== of) setGiven({ of, times: given.times + 1 });
  if (of.length === 0) return null;
  return (
    <ErrorSummary key={given.times}>
      <ErrorSummary.Title>There is a problem</ErrorSummary.Title>
      <ErrorSummary.List>
        {of.toSorted(asOnThePage).map((e) => (
          <ErrorSummary.ListItem key={e.message} href={`#${e.field ?? 'maincontent'}`}>
            {e.message}
          </ErrorSummary.ListItem>
        ))}
      </ErrorSummary.List>
    </ErrorSummary>
  );
}

/** In the order in which somebody comes by the inputs; what is about the whole form comes first. */
function asOnThePage(a: FieldError, b: FieldError): number {
  const [one, other] = [a, b].map((e) => document.getElementById(e.field ?? ''));
  if (!one || !other) return Number(Boolean(one)) - Number(Boolean(other));
  return one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_PRECEDING ? 1 : -1;
}

export interface DateParts {
  day: string;
  month: string;
  year: string;
}

export const noDate: DateParts = { day: '', month: '', year: '' };

export function partsOf(date: string | null | undefined): DateParts {
  const [year, month, day] = date?.split('-') ?? [];
  return year ? { year, month: String(Number(month)), day: String(Number(day)) } : noDate;
}

/** YYYY-MM-DD; null where nothing was entered; undefined where it is no day of the calendar. */
export function dateOf({ day, month, year }: DateParts): string | null | undefined {
  if (!day && !month && !year) return null;
  if (!/^\d{1,2}$/.test(day) || !/^\d{1,2}$/.test(month) || !/^\d{4}$/.test(year)) return undefined;
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const read = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(date) ? date : undefined;
}
