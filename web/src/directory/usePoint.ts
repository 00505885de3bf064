import { useQuery } from 'urql';
import { LocateDocument, type PlaceQuery } from '../gql/graphql';
import { useHub } from '../shell/hub';

type Place = NonNullable<PlaceQuery['hub']>;

export interface From {
  latitude?: number | null;
  longitude?: number | null;
  /** From where, in words. */
  words: string;
  /** Why it is not the postcode that was asked for. */
  problem?: string;
  /** Not known yet. */
  busy: boolean;
}

/** A postcode, or its first part, as far as its form tells. */
export const postcodeForm = /^\s*[a-z]{1,2}\d[a-z\d]?(\s*\d[a-z]{2})?\s*$/i;

/** The point to measure from: a postcode's where one is given and known, otherwise the hub's. */
export function usePoint(place: Place, near: string | undefined): From {
  const hub = useHub();
  const asked = near !== undefined && postcodeForm.test(near);
  const [{ data, error, fetching }] = useQuery({ query: LocateDocument, variables: { hub: hub.slug, postcode: near ?? '' }, pause: !asked });
  const own = { latitude: place.latitude, longitude: place.longitude, words: hub.name, busy: false };
  if (!near) return own;
  if (!asked) return { ...own, problem: 'That is not a postcode. Write it as in L4 4AA, or only its first part, L4.' };
  if (fetching) return { ...own, busy: true };
  const found = data?.hub?.locate;
  if (found) return { ...found, words: found.postcode, busy: false };
  const name = near.trim().toUpperCase();
  return {
    ...own,
    problem: error ? `${name} could not be looked up. Distances are from the hub.` : `No place of the catalogue is near ${name}, so nobody here knows where it is. Distances are from the hub.`,
  };
}
