import type { SignpostDetailsFragment } from '../gql/graphql';
import { useHub } from '../shell/hub';
import { session, today, day } from '../shell/words';
import type { Place } from './Conversation';

/** What the visitor takes home, seen only in print. It does not say whose it is: sheets get left on buses. */
export function Sheet({ signposts, place }: { signposts: SignpostDetailsFragment[]; place: Place }) {
  const hub = useHub();
  if (signposts.length === 0) return null;
  return (
    <article className="lr-sheet">
      <p className="lr-sheet__hub">
        Life Rooms {hub.name}
        {place.address && `, ${place.address}`}
        {place.postcode && `, ${place.postcode}`}
      </p>
      <h1>Places that may help you</h1>
      <p>We talked about these on {day(today(hub.timeZone))}. Nobody has been told about you. You choose whether to go.</p>
      {signposts.map(({ id, service }) => {
        const at = service.locations[0];
        return (
          <section key={id}>
            <h2>{service.name}</h2>
            <p>{service.organisation.name}</p>
            {service.description && <p>{service.description}</p>}
            <dl>
              {(service.nextSessions.length > 0 || service.schedules.length > 0) && (
                <>
                  <dt>When</dt>
                  <dd>
                    {service.schedules.map((s) => `${s.summary}. `)}
                    {service.nextSessions[0] && `Next: ${session(service.nextSessions[0].startsAt, service.nextSessions[0].endsAt, hub.timeZone)}.`}
                  </dd>
                </>
              )}
              {at && (
                <>
                  <dt>Where</dt>
                  <dd>{[at.name, at.address, at.city, at.postcode].filter(Boolean).join(', ')}</dd>
                </>
              )}
              {(service.phone || service.email) && (
                <>
                  <dt>Get in touch</dt>
                  <dd>{[service.phone, service.email].filter(Boolean).join(' or ')}</dd>
                </>
              )}
              <dt>Cost</dt>
              <dd>{service.free ? 'Free' : service.feesDescription || 'Ask them'}</dd>
              {service.eligibilityDescription && (
                <>
                  <dt>Who it is for</dt>
                  <dd>{service.eligibilityDescription}</dd>
                </>
              )}
            </dl>
          </section>
        );
      })}
      <p>Come and see us again whenever you like.</p>
    </article>
  );
}
