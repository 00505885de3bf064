import type { ServiceFactsFragment, Visibility } from '../gql/graphql';
import { day, dayOf, list, session } from '../shell/words';

type Service = ServiceFactsFragment;

/** Whether any of them must not be passed on. */
export const restricted = (...all: { visibility: Visibility }[]) => all.some((one) => one.visibility === 'RESTRICTED');

/** Whether an address must not be passed on: of the place itself, or since the service is given there. */
export const restrictedPlace = (at: { visibility: Visibility; location: { visibility: Visibility } }) => restricted(at, at.location);

/** What a service costs, in words; what its partner wrote comes first, and nothing is said twice. */
export function costs(service: Service): string[] {
  const prices = service.costOptions
    .filter((c) => !(service.free && !c.amount && !c.amountDescription))
    .map((c) => [c.option, c.amount == null ? '' : price(c.amount, c.currency), c.amountDescription, c.validTo && `until ${day(c.validTo)}`].filter(Boolean).join(', '));
  const all = [service.free && !/\bfree\b/i.test(service.feesDescription) ? 'Free' : '', service.feesDescription, ...prices].filter(Boolean);
  return [...new Set(all)];
}

function price(amount: number, currency: string | null | undefined): string {
  try {
    return new Intl.NumberFormat('en-GB', { style: 'currency', currency: currency || 'GBP', trailingZeroDisplay: 'stripIfInteger' }).format(amount);
  } catch {
    return `${amount} ${currency}`; // no currency by that code
  }
}

/** Ways to ask, each once: the service's own before those of people at it, and the partner's where there is no other. */
export function contacts(service: Service): { who: string; ways: string[] }[] {
  const known = new Set<string>();
  const at = (name: string, ...ways: (string | null | undefined)[]) => ({
    who: name,
    ways: ways.filter((way): way is string => Boolean(way) && !known.has(way!) && Boolean(known.add(way!))),
  });
  const own = [
    at('', service.phone, service.email),
    ...service.contacts.map((c) => at([c.name, c.title].filter(Boolean).join(', '), ...c.phones, c.email)),
  ].filter((c) => c.ways.length > 0);
  const partner = at(service.organisation.name, service.organisation.phone, service.organisation.email);
  return own.length ? own : partner.ways.length ? [partner] : [];
}

const earth = 6_371_000;

/** Metres as the crow flies to the nearest of the service's places; undefined where none is known. */
export function distance(service: Service, from: { latitude?: number | null; longitude?: number | null }): number | undefined {
  if (from.latitude == null || from.longitude == null) return undefined;
  const all = service.places.flatMap(({ location: l }) => {
    if (l.latitude == null || l.longitude == null) return [];
    const rad = Math.PI / 180;
    const a =
      Math.sin(((l.latitude - from.latitude!) * rad) / 2) ** 2 +
      Math.cos(from.latitude! * rad) * Math.cos(l.latitude * rad) * Math.sin(((l.longitude - from.longitude!) * rad) / 2) ** 2;
    return [2 * earth * Math.asin(Math.sqrt(a))];
  });
  return all.length ? Math.min(...all) : undefined;
}

export function languages(service: Service): string {
  return list(service.languages);
}

export function times(service: Service): string[] {
  return service.schedules.map((s) => [s.summary, s.description].filter(Boolean).join('. ')).filter(Boolean);
}

/** The next time that it is on. */
export function next(service: Service, timeZone: string): string {
  const [first] = service.nextSessions;
  return first ? session(first.startsAt, first.endsAt, timeZone) : '';
}

export function areas(service: Service): string[] {
  return service.serviceAreas.map((a) => [a.name, a.description].filter(Boolean).join(': ')).filter(Boolean);
}

/** How much of it is to be had: three of ten places, said on 3 May 2026. What was said long ago is not relied on. */
export function places(service: Service, timeZone: string): string[] {
  return service.capacities.map((c) => {
    const said = `said on ${dayOf(c.updatedAt, timeZone)}`;
    if (!c.current) return `${c.unit}: not known, last ${said}`;
    const many = c.maximum == null ? c.available.toLocaleString('en-GB') : `${c.available.toLocaleString('en-GB')} of ${c.maximum.toLocaleString('en-GB')}`;
    return `${c.unit}: ${c.available ? many : 'none'} free, ${said}${c.description ? `. ${c.description}` : ''}`;
  });
}

/** When somebody last looked at the entry and found it right, and who, where it was one of the hub. */
export function checked(service: Service): string {
  if (!service.assuredDate) return '';
  const by = service.assurance?.assuredOn === service.assuredDate && service.assurance.staff?.name;
  return `${day(service.assuredDate)}${by ? `, by ${by}` : ''}`;
}
