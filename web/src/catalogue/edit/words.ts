import type { ServiceStatus, Visibility } from '../../gql/graphql';
import { day } from '../../shell/words';

export const statusWords: Record<ServiceStatus, string> = {
  ACTIVE: 'Running',
  INACTIVE: 'Not running',
  DEFUNCT: 'Ended for good',
  TEMPORARILY_CLOSED: 'Closed for a while',
};

export const visibilityWords: Record<Visibility, string> = {
  PUBLIC: 'Everybody',
  STAFF: 'Staff of this hub only',
  RESTRICTED: 'Staff only, and never to be passed on',
};

export const dayWords: Record<string, string> = {
  MO: 'Monday',
  TU: 'Tuesday',
  WE: 'Wednesday',
  TH: 'Thursday',
  FR: 'Friday',
  SA: 'Saturday',
  SU: 'Sunday',
};

export const frequencyWords: [string, string][] = [
  ['WEEKLY', 'Every week, or every so many weeks'],
  ['MONTHLY', 'Every month'],
  ['DAILY', 'Every day'],
  ['YEARLY', 'Every year'],
];

/** What a source says of a field, for people. */
export function sourceWords(field: string, json: string): string {
  const value: unknown = JSON.parse(json);
  if (field === 'organisationId' || field === 'locationId' || field === 'serviceAtLocationId') return value === null ? 'none' : 'another one';
  if (field === 'retired') return value ? 'it is no longer offered' : 'it is offered';
  return words(value) || 'nothing';
}

function words(value: unknown): string {
  if (value === null || value === undefined || value === '') return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map(words).filter(Boolean).join('; ');
  if (typeof value === 'object') return Object.values(value).map(words).filter(Boolean).join(', ');
  const text = String(value);
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return day(text);
  return statusWords[text as ServiceStatus] ?? dayWords[text] ?? text;
}

export function sourceName(source: string, sources: { source: string; name: string }[]): string {
  if (source === 'local') return 'Added here';
  return `From ${sources.find((s) => s.source === source)?.name ?? source}`;
}

const labels: Record<string, string> = { url: 'website', retired: 'whether it is offered', feesDescription: 'cost', applicationProcess: 'how to get in', eligibilityDescription: 'who it is for' };

/** "phone", "how to get in": what a field is called on the screen. */
export function fieldWords(field: string): string {
  return labels[field] ?? field.replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`).replace(/ id$/, '');
}
