import type { AccessibilityKind, ServiceFilter, Weekday } from '../gql/graphql';
import { metres } from '../shell/words';

/** What is looked for, as it stands in the address, so that it can be kept and passed on; what is not asked for is not there. */
export interface Wanted {
  text?: string;
  need?: string;
  day?: Weekday;
  from?: string;
  to?: string;
  /** Miles. */
  within?: number;
  /** A postcode to measure from; without one it is the hub. */
  near?: string;
  age?: number;
  language?: string;
  /** Kinds of accessibility, one after the other with commas. */
  access?: string;
  free?: true;
  places?: true;
  /** The id of a service that waits for another to be compared with. */
  compare?: string;
}

export const weekdays: Record<Weekday, string> = {
  MONDAY: 'Monday',
  TUESDAY: 'Tuesday',
  WEDNESDAY: 'Wednesday',
  THURSDAY: 'Thursday',
  FRIDAY: 'Friday',
  SATURDAY: 'Saturday',
  SUNDAY: 'Sunday',
};

export const accessibilityWords: Record<AccessibilityKind, string> = {
  STEP_FREE: 'Step-free',
  ACCESSIBLE_TOILET: 'Accessible toilet',
  LIFT: 'Lift',
  HEARING_LOOP: 'Hearing loop',
  SIGN_LANGUAGE: 'Sign language',
  QUIET_SPACE: 'Quiet space',
  PARKING: 'Parking',
};

export const kinds = Object.keys(accessibilityWords) as AccessibilityKind[];

export function accessOf(wanted: Wanted): AccessibilityKind[] {
  const asked = wanted.access?.split(',') ?? [];
  return kinds.filter((kind) => asked.includes(kind));
}

const clock = /^([01]\d|2[0-3]):[0-5]\d$/;

/** Reads an address, which somebody may have written by hand. */
export function readWanted(search: Record<string, unknown>): Wanted {
  const words = (name: string, most: number) => {
    const value = search[name];
    return (typeof value === 'string' || typeof value === 'number') && value !== '' ? String(value).slice(0, most) : undefined;
  };
  const number = (name: string, most: number) => {
    const value = search[name];
    return typeof value === 'number' && value >= 0 && value <= most ? value : undefined;
  };
  const hour = (name: string) => {
    const value = words(name, 5);
    return value && clock.test(value) ? value : undefined;
  };
  const day = words('day', 9);
  return {
    text: words('text', 200),
    need: words('need', 60),
    day: day && day in weekdays ? (day as Weekday) : undefined,
    from: hour('from'),
    to: hour('to'),
    within: number('within', 100) || undefined,
    near: words('near', 10),
    age: number('age', 120),
    language: words('language', 60),
    access: words('access', 200),
    free: search.free === true || undefined,
    places: search.places === true || undefined,
    compare: words('compare', 36),
  };
}

/** Whether the hours end before they begin, so that nothing could be found. */
export const backwards = (w: Wanted) => Boolean(w.from && w.to && w.to < w.from);

interface Point {
  latitude?: number | null;
  longitude?: number | null;
}

// Where a postcode is given and no distance, the nearest come first, however far.
const anywhere = 200_000;

/** What the server is asked: the point is that of the postcode, or of the hub. */
export function filterOf(wanted: Wanted, point: Point): ServiceFilter {
  const known = point.latitude != null && point.longitude != null;
  const access = accessOf(wanted);
  return {
    text: wanted.text,
    needs: wanted.need ? [wanted.need] : undefined,
    day: wanted.day,
    from: wanted.from,
    to: backwards(wanted) ? undefined : wanted.to,
    near:
      known && (wanted.within || wanted.near)
        ? { latitude: point.latitude!, longitude: point.longitude!, metres: wanted.within ? metres(wanted.within) : anywhere }
        : undefined,
    age: wanted.age,
    languages: wanted.language ? [wanted.language] : undefined,
    accessibility: access.length ? access : undefined,
    free: wanted.free,
    hasCapacity: wanted.places,
  };
}

/** Whether anything of what stands folded away is asked for. */
export function asksMore(w: Wanted): boolean {
  return Boolean(w.from || w.to || w.near || w.age !== undefined || w.language || w.access || w.places);
}
