import type { CatalogueCheckQuery, ProblemsFragment, SourceFragment } from '../../gql/graphql';
import { capital, dayOf, plural, time } from '../../shell/words';

export type Check = NonNullable<NonNullable<CatalogueCheckQuery['hub']>['catalogueCheck']>;

export function moment(at: string, timeZone: string): string {
  return `${dayOf(at, timeZone)}, ${time(at, timeZone)}`;
}

/** Somebody reads it, or will in a moment. */
export function underWay(source: SourceFragment): boolean {
  return source.reading || (Date.parse(source.dueAt) <= Date.now() + 1000);
}

export function standing(source: SourceFragment): string {
  if (source.reading) return 'Being fetched';
  if (underWay(source)) return 'Waiting to be fetched';
  if (source.state === 'FAILED') return 'Failing';
  return source.state === 'SYNCED' ? 'In step' : 'Not fetched yet';
}

export function fromWhere(source: { kind: string; url?: string | null; fromHub?: string | null; fileName?: string | null }): string {
  switch (source.kind) {
    case 'URL':
      return `The feed at ${source.url ?? 'an address'}`;
    case 'HUB':
      return `What the hub ${source.fromHub ?? ''} shares`;
  }
  return source.fileName ? `The file ${source.fileName}` : 'A document';
}

const kinds: Record<string, [string, string]> = {
  SERVICE: ['service', 'services'],
  ORGANISATION: ['partner', 'partners'],
  LOCATION: ['place', 'places'],
  TERM: ['term', 'terms'],
};

export function kindWord(kind: string): string {
  return kinds[kind]?.[0] ?? kind;
}

export const whatWords: Record<string, string> = { ADDED: 'New', CHANGED: 'Changed', RETIRED: 'Retired', RESTORED: 'Back again' };

/** "12 services would be retired", for each kind and what would become of it; what is retired comes first. */
export function wouldBe(counts: Check['counts']): string[] {
  const all: string[] = [];
  const say = (n: number, kind: string, what: string) => {
    const [one, many] = kinds[kind] ?? [kind, kind];
    if (n > 0) all.push(`${plural(n, one, many)} would be ${what}`);
  };
  for (const c of counts) say(c.retired, c.kind, 'retired: no longer in the source, so no longer offered');
  for (const c of counts) say(c.restored, c.kind, 'back again');
  for (const c of counts) say(c.changed, c.kind, 'changed');
  for (const c of counts) say(c.added, c.kind, 'added');
  return all;
}

export function fieldWord(field: string): string {
  return field === 'url' ? 'Website' : capital(field.replaceAll('_', ' '));
}

/** The report as CSV. A cell that a spreadsheet would take for a formula is made text. */
export function reportCSV(problems: ProblemsFragment[]): string {
  const cell = (value: string | number) => {
    const text = String(value);
    return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  };
  const rows = problems.map((p) => [p.row, p.line, p.kind, p.externalId, p.name, p.field ? 'changed' : 'refused', p.field, p.message, p.mend]);
  return [['Record', 'Line', 'Kind', 'Id', 'Name', 'What', 'Field', 'Why', 'What to do'], ...rows].map((r) => r.map(cell).join(',')).join('\r\n') + '\r\n';
}
