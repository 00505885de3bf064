import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ServiceCardFragment, ServiceStatus, Visibility } from '../gql/graphql';
import { useHub } from '../shell/hub';
import { capital, miles, session } from '../shell/words';
import { restricted, restrictedPlace } from './facts';
import { RestrictedAddress, Unprinted } from './Unprinted';

export const statusWords: Record<Exclude<ServiceStatus, 'ACTIVE'>, string> = {
  INACTIVE: 'Not running now',
  DEFUNCT: 'Closed for good',
  TEMPORARILY_CLOSED: 'Closed for a while',
};

/** Who may know of something that not everybody may. */
export const visibilityWords: Record<Exclude<Visibility, 'PUBLIC'>, string> = {
  STAFF: 'For staff only: the public pages do not show it',
  RESTRICTED: 'Restricted: do not pass it on, in writing or by word of mouth',
};

/** A warning where somebody should not be sent there unasked. */
export function ServiceWarning({ service }: { service: { status: ServiceStatus; retired: boolean; visibility: Visibility; organisation: { visibility: Visibility } } }) {
  const words = service.status !== 'ACTIVE' ? statusWords[service.status] : service.retired ? 'No longer listed by its partner: ask before you send anybody' : '';
  const hidden = [service.visibility, service.organisation.visibility];
  const visibility = hidden.includes('RESTRICTED') ? visibilityWords.RESTRICTED : hidden.includes('STAFF') ? visibilityWords.STAFF : '';
  return (
    <>
      {[words, visibility].filter(Boolean).map((warning) => (
        <p className={warning === visibilityWords.RESTRICTED ? 'lr-stale lr-never-printed' : 'lr-stale'} key={warning}>
          <strong>{warning}</strong>
        </p>
      ))}
    </>
  );
}

/** A service in a list; reasons say why it was found and stands where it does. */
export function ServiceCard(props: { service: ServiceCardFragment; distanceMetres?: number | null; reasons?: string[]; children?: ReactNode }) {
  const { service, distanceMetres, reasons } = props;
  const hub = useHub();
  const at = service.places[0];
  const next = service.nextSessions[0];
  return (
    <article className="lr-card" aria-label={service.name}>
      <h3 className="nhsuk-heading-s">
        <Link to="/$hub/services/$id" params={{ hub: hub.slug, id: service.id }} data-service={service.id}>
          {service.name}
        </Link>
      </h3>
      <p className="lr-card__partner">{service.organisation.name}</p>
      {reasons && reasons.length > 0 && (
        <p className="lr-card__why">
          <span className="nhsuk-u-visually-hidden">Why it is here: </span>
          {capital(reasons.join('\u00a0· '))}
        </p>
      )}
      <ServiceWarning service={service} />
      <ul className="lr-card__facts">
        {!reasons?.includes('free') && <li>{service.free ? 'Free' : service.feesDescription || 'Cost not known'}</li>}
        <li>
          <Unprinted when={restricted(...service.schedules)} onPaper="Ask them when">
            {next ? `Next: ${session(next.startsAt, next.endsAt, hub.timeZone)}` : service.schedules.map((s) => s.summary).join('; ') || 'Times not known: ask them'}
          </Unprinted>
        </li>
        {at && (
          <li>
            <Unprinted when={restrictedPlace(at)} onPaper="Ask them where to go">
              {[at.location.name, at.location.postcode].filter(Boolean).join(', ')}
              {distanceMetres != null && `, ${miles(distanceMetres)}`}
              {restrictedPlace(at) && <RestrictedAddress />}
            </Unprinted>
          </li>
        )}
        {service.eligibilityDescription && <li>{service.eligibilityDescription}</li>}
        {service.phone && <li>{service.phone}</li>}
      </ul>
      {service.needs.length > 0 && (
        <p className="lr-needs-met">
          {service.needs.map((n) => (
            <span key={n.id} className="lr-need">
              {n.name}
            </span>
          ))}
        </p>
      )}
      {props.children}
    </article>
  );
}
