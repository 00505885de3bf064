import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ServiceCardFragment, ServiceStatus } from '../gql/graphql';
import { useHub } from '../shell/hub';
import { miles, session } from '../shell/words';

export const statusWords: Record<Exclude<ServiceStatus, 'ACTIVE'>, string> = {
  INACTIVE: 'Not running now',
  DEFUNCT: 'Closed for good',
  TEMPORARILY_CLOSED: 'Closed for a while',
};

/** A warning where somebody should not be sent there unasked. */
export function ServiceWarning({ service }: { service: { status: ServiceStatus; retired: boolean } }) {
  const words = service.status !== 'ACTIVE' ? statusWords[service.status] : service.retired ? 'No longer listed by its partner: ask before you send anybody' : '';
  return words ? (
    <p className="lr-stale">
      <strong>{words}</strong>
    </p>
  ) : null;
}

export function ServiceCard({ service, distanceMetres, children }: { service: ServiceCardFragment; distanceMetres?: number | null; children?: ReactNode }) {
  const hub = useHub();
  const at = service.locations[0];
  const next = service.nextSessions[0];
  return (
    <article className="lr-card" aria-label={service.name}>
      <h3 className="nhsuk-heading-s">
        <Link to="/$hub/services/$id" params={{ hub: hub.slug, id: service.id }}>
          {service.name}
        </Link>
      </h3>
      <p className="lr-card__partner">{service.organisation.name}</p>
      <ServiceWarning service={service} />
      <ul className="lr-card__facts">
        <li>{service.free ? 'Free' : service.feesDescription || 'Cost not known'}</li>
        {next ? (
          <li>Next: {session(next.startsAt, next.endsAt, hub.timeZone)}</li>
        ) : (
          <li>{service.schedules.map((s) => s.summary).join('; ') || 'Times not known: ask them'}</li>
        )}
        {at && (
          <li>
            {[at.name, at.postcode].filter(Boolean).join(', ')}
            {distanceMetres != null && `, ${miles(distanceMetres)}`}
          </li>
        )}
        {service.eligibilityDescription && <li>{service.eligibilityDescription}</li>}
        {service.phone && <li>{service.phone}</li>}
      </ul>
      {service.needs.length > 0 && (
        <p>
          {service.needs.map((n) => (
            <span key={n.id} className="lr-need">
              {n.name}
            </span>
          ))}
        </p>
      )}
      {children}
    </article>
  );
}
