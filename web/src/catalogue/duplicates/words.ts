import type { CatalogueRecordCardFragment, MergeKind, ServiceStatus } from '../../gql/graphql';
import { capital, list, plural } from '../../shell/words';
import { statusWords } from '../edit/words';

export const kinds: Record<MergeKind, { one: string; many: string }> = {
  ORGANISATION: { one: 'partner', many: 'partners' },
  SERVICE: { one: 'service', many: 'services' },
  LOCATION: { one: 'place', many: 'places' },
};

export const isKind = (kind: unknown): kind is MergeKind => typeof kind === 'string' && kind in kinds;

export const visibilityWords: Record<CatalogueRecordCardFragment['visibility'], string> = {
  PUBLIC: 'Shown to everybody',
  STAFF: 'Shown to staff only',
  RESTRICTED: 'Restricted: staff only, never to be passed on',
};

const fields: Record<string, string> = {
  organisation: 'Partner',
  alternateName: 'Other name',
  url: 'Website',
  legalStatus: 'Legal status',
  identifiers: 'Registered numbers',
  eligibilityDescription: 'Who it is for',
  feesDescription: 'Cost in words',
  free: 'Free of charge',
  costOptions: 'Prices',
  applicationProcess: 'How to get in',
  serviceAreas: 'Areas served',
  funding: 'Paid for by',
  assuredDate: 'Last checked',
  alert: 'Notice',
  kind: 'Kind of place',
  position: 'Point on the map',
};

/** What people call a field: "Who it is for". */
export function fieldWords(name: string): string {
  return fields[name] ?? capital(name);
}

/** What a field says, for people: yes and no, and how a service stands, as all other pages say it. */
export function valueWords(name: string, value: string): string {
  if (name === 'status') return statusWords[value.toUpperCase().replaceAll(' ', '_') as ServiceStatus] ?? value;
  return name === 'free' ? capital(value) : value;
}

/** "2 signposts and 1 place". What is counted is named in the plural. */
export function parts(of: readonly { what: string; count: number }[]): string {
  return list(of.map(({ what, count }) => plural(count, singular(what), what)));
}

function singular(what: string): string {
  return what === 'notes of capacity' ? 'note of capacity' : what.replace(/s$/, '');
}
