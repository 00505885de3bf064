import type { CaredForFragment } from '../../gql/graphql';
import { day, dayOf, plural, today } from '../../shell/words';

/** What the fields are called that partners correct. */
const fields: Record<string, string> = {
  name: 'Name',
  description: 'Description',
  phone: 'Phone',
  email: 'Email',
  url: 'Website',
  eligibility_description: 'Who it is for',
  minimum_age: 'Youngest age',
  maximum_age: 'Oldest age',
  free: 'Free of charge',
  fees_description: 'What it costs',
  application_process: 'How to get in',
  languages: 'Languages',
  offered: 'Offered',
};

export function fieldWords(change: { field: string; schedule?: { summary: string } | null }): string {
  return change.schedule ? `About the time “${change.schedule.summary}”` : (fields[change.field] ?? change.field);
}

/** What a field says, for people: yes and no as words. */
export function said(field: string, text: string): string {
  return field === 'free' || field === 'offered' ? (text === 'yes' ? 'Yes' : text === 'no' ? 'No' : text) : text;
}

/** 3 weeks ago, of a day as YYYY-MM-DD. */
export function since(date: string, timeZone: string): string {
  const days = Math.round((Date.parse(`${today(timeZone)}T00:00:00Z`) - Date.parse(`${date}T00:00:00Z`)) / 86_400_000);
  if (days < 0) return `on ${day(date)}`;
  if (days === 0) return 'today';
  if (days === 1) return 'yesterday';
  if (days < 14) return `${days} days ago`;
  if (days < 60) return `${Math.floor(days / 7)} weeks ago`;
  return days < 730 ? `${plural(Math.floor(days / 30.4), 'month')} ago` : `${plural(Math.floor(days / 365.25), 'year')} ago`;
}

/** Assured 3 weeks ago by Mo Manager. */
export function assured(service: CaredForFragment, timeZone: string): string {
  const { assuredDate, assurance } = service;
  if (!assuredDate) return 'Never assured';
  const when = `Assured ${since(assuredDate, timeZone)}`;
  if (assurance?.assuredOn !== assuredDate) return `${when}, as its source says`;
  return `${when} by ${assurance.by === 'PARTNER' ? 'the partner by its link' : (assurance.staff?.name ?? 'staff')}`;
}

/** 3 of 10 places free, as the partner said on 3 May 2026. */
export function capacity(c: CaredForFragment['capacities'][number], timeZone: string): string {
  const free = `${c.available}${c.maximum == null ? '' : ` of ${c.maximum}`} ${c.unit} free`;
  const who = c.by === 'PARTNER' ? 'the partner' : c.by === 'SOURCE' ? 'its source' : (c.staff?.name ?? 'staff');
  const when = dayOf(c.updatedAt, timeZone);
  return c.current ? `${free}, as ${who} said on ${when}` : `Not known: ${free} was said on ${when}, more than 4 weeks ago`;
}
