import { SummaryList } from 'nhsuk-react-components';
import type { ReactNode } from 'react';
import { useQuery } from 'urql';
import { ServiceDocument } from '../gql/graphql';
import { useHub } from '../shell/hub';
import { Loading } from '../shell/Loading';
import { Page } from '../shell/Page';
import { Unread } from '../shell/Shell';
import { day, list, session } from '../shell/words';
import { ServiceWarning } from './ServiceCard';

export function ServicePage({ id }: { id: string }) {
  const hub = useHub();
  const [{ data, error }, again] = useQuery({ query: ServiceDocument, variables: { hub: hub.slug, id } });
  if (!data && !error) return <Loading what="the service" />;
  const service = data?.hub?.service;
  if (!service) return <Unread what="service" error={error} retry={() => again()} />;
  const { organisation: partner } = service;

  const ages =
    service.minimumAge != null && service.maximumAge != null
      ? `Ages ${service.minimumAge} to ${service.maximumAge}`
      : service.minimumAge != null
        ? `Age ${service.minimumAge} and over`
        : service.maximumAge != null
          ? `Up to age ${service.maximumAge}`
          : null;
  const facts: [string, ReactNode][] = [
    ['Cost', service.free ? 'Free' : service.feesDescription || 'Not known'],
    ['Who it is for', service.eligibilityDescription || ages ? [service.eligibilityDescription, ages].filter(Boolean).join('. ') : null],
    ['How to get in', service.applicationProcess],
    ['Phone', service.phone ?? partner.phone],
    ['Email', service.email ?? partner.email],
    ['Website', website(service.url ?? partner.url)],
    ['Languages', service.languages.length ? list(service.languages) : null],
    ['Last checked', service.assuredDate && day(service.assuredDate)],
  ];
  return (
    <Page title={service.name} caption={partner.name}>
      <ServiceWarning service={service} />
      <p>
        {service.needs.map((n) => (
          <span key={n.id} className="lr-need">
            {n.name}
          </span>
        ))}
      </p>
      {service.description && <p className="lr-written">{service.description}</p>}
      <div className="lr-columns">
        <section aria-labelledby="facts-title">
          <h2 id="facts-title" className="nhsuk-heading-m">
            What to know
          </h2>
          <SummaryList className="lr-facts">
            {facts
              .filter(([, value]) => value)
              .map(([key, value]) => (
                <SummaryList.Row key={key}>
                  <SummaryList.Key>{key}</SummaryList.Key>
                  <SummaryList.Value>{value}</SummaryList.Value>
                </SummaryList.Row>
              ))}
          </SummaryList>
        </section>
        <div>
          <section aria-labelledby="when-title">
            <h2 id="when-title" className="nhsuk-heading-m">
              When
            </h2>
            {service.schedules.map((s) => (
              <p key={s.id}>
                {s.summary}
                {s.description && <span className="lr-small"> {s.description}</span>}
              </p>
            ))}
            {service.sessions.length > 0 ? (
              <ul className="lr-timeline">
                {service.sessions.map((s) => (
                  <li key={s.startsAt}>{session(s.startsAt, s.endsAt, hub.timeZone)}</li>
                ))}
              </ul>
            ) : (
              <p>No times are known for the coming 90 days. Ask them.</p>
            )}
          </section>
          <section aria-labelledby="where-title">
            <h2 id="where-title" className="nhsuk-heading-m">
              Where
            </h2>
            {service.locations.length === 0 && <p>No place is listed. Ask them.</p>}
            {service.locations.map((at) => (
              <address key={at.id} className="lr-address">
                {[at.name, at.address, at.city, at.postcode].filter(Boolean).join(', ')}
                {at.accessibility.map((words) => (
                  <span key={words} className="lr-address__access">
                    {words}
                  </span>
                ))}
              </address>
            ))}
          </section>
          {partner.description && (
            <section aria-labelledby="partner-title">
              <h2 id="partner-title" className="nhsuk-heading-m">
                About {partner.name}
              </h2>
              <p className="lr-written">{partner.description}</p>
            </section>
          )}
        </div>
      </div>
    </Page>
  );
}

/** A link, where it is one: a catalogue comes from outside, and only web addresses are made to be followed. */
function website(url: string | null | undefined) {
  if (!url) return null;
  return /^https?:\/\//i.test(url) ? (
    <a href={url} target="_blank" rel="noopener noreferrer">
      {url.replace(/^https?:\/\//i, '')} (opens in a new tab)
    </a>
  ) : (
    url
  );
}
