import type { PersonCardFragment } from '../gql/graphql';
import { day } from '../shell/words';

/** Enough to tell two people apart: nobody is chosen by the name alone. */
export function Identity({ of: p }: { of: PersonCardFragment }) {
  const registeredAs = `${p.givenName} ${p.familyName}`.trim();
  return (
    <span className="lr-identity">
      <span className="lr-identity__name">
        {p.displayName}
        {p.pronouns && <span className="lr-identity__pronouns"> ({p.pronouns})</span>}
      </span>
      <span className="lr-identity__facts">
        {registeredAs !== p.displayName && <span>Registered as {registeredAs}</span>}
        <span>{p.dateOfBirth ? `Born ${day(p.dateOfBirth)} (age ${p.age})` : 'No date of birth'}</span>
        <span>Member {p.memberNumber}</span>
        {p.postcode && <span>{p.postcode}</span>}
      </span>
    </span>
  );
}
