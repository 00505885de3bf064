import type { Role, SafeContact, SignpostOutcome, VisitState } from '../gql/graphql';

/** 10:12, in the hub's time zone. */
export function time(instant: string | Date, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone }).format(new Date(instant));
}

/** 3 May 2026, in the hub's time zone. */
export function dayOf(instant: string, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone }).format(new Date(instant));
}

/** Thursday 7 May, 10:00 to 12:00. */
export function session(startsAt: string, endsAt: string | null | undefined, timeZone: string): string {
  const day = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', timeZone }).format(new Date(startsAt));
  return `${day}, ${time(startsAt, timeZone)}${endsAt ? ` to ${time(endsAt, timeZone)}` : ''}`;
}

/** 3 May 1980, of a day as YYYY-MM-DD, which has no time zone. */
export function day(date: string, options: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'long', year: 'numeric' }): string {
  return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' }).format(new Date(`${date}T00:00:00Z`));
}

/** Today in the time zone, as YYYY-MM-DD. */
export function today(timeZone: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone }).format(new Date());
}

/** The day so many days on, as YYYY-MM-DD. */
export function plusDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en-GB')} ${n === 1 ? one : many}`;
}

/** How long since, in minutes or hours. */
export function waited(since: string, now: number): string {
  const minutes = Math.max(0, Math.floor((now - Date.parse(since)) / 60_000));
  if (minutes < 1) return 'less than a minute';
  if (minutes < 60) return plural(minutes, 'minute');
  const rest = minutes % 60;
  return plural(Math.floor(minutes / 60), 'hour') + (rest ? ` ${plural(rest, 'minute')}` : '');
}

const metresInMile = 1609.344;

export function miles(metres: number): string {
  const n = metres / metresInMile;
  if (n < 0.1) return 'less than 0.1 miles away';
  return `${n < 10 ? n.toFixed(1) : Math.round(n)} miles away`;
}

export function metres(miles: number): number {
  return Math.round(miles * metresInMile);
}

/** 999 123 4567. */
export function nhsNumber(digits: string): string {
  return digits.replace(/^(\d{3})(\d{3})(\d{4})$/, '$1 $2 $3');
}

/** Free of charge, of "free of charge". */
export function capital(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

/** One, two and three. */
export function list(words: string[]): string {
  return new Intl.ListFormat('en-GB').format(words);
}

export const safeContactWords: Record<SafeContact, string> = {
  ANY: 'Any way',
  PHONE_ONLY: 'Phone calls only',
  TEXT_ONLY: 'Text messages only',
  EMAIL_ONLY: 'Email only',
  POST_ONLY: 'Post only',
  IN_PERSON_ONLY: 'In person only: do not phone, text, email or write',
};

export const outcomeWords: Record<SignpostOutcome, string> = {
  GOT_THERE: 'Got there',
  DID_NOT_GO: 'Did not go',
  STILL_PLANNING: 'Still planning to go',
  COULD_NOT_REACH: 'Could not reach them',
};

export const visitWords: Record<VisitState, string> = {
  IN: 'Here',
  WAITING: 'Waiting for an advisor',
  WITH_ADVISOR: 'With an advisor',
  LEFT: 'Left',
};

export const roleWords: Record<Role, string> = {
  RECEPTION: 'Reception',
  ADVISOR: 'Pathways Advisor',
  TUTOR: 'Tutor',
  VOLUNTEER_LEAD: 'Volunteer lead',
  MANAGER: 'Hub manager',
  SAFEGUARDING: 'Safeguarding lead',
  ANALYST: 'Trust analyst',
  TRUST_ADMIN: 'Trust administrator',
  GOVERNANCE: 'Information governance',
};

/** Walton, of Life Rooms Walton: the header says Life Rooms already. */
export function hubName(name: string): string {
  return name.replace(/^Life Rooms\s+/, '');
}
