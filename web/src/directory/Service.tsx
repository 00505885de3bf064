import type { ReactNode } from 'react';
import { useQuery } from 'urql';
import { ServiceDocument, ServiceSourceDocument } from '../gql/graphql';
import { Facts, type Known } from '../shell/Facts';
import { useHub, useViewer } from '../shell/hub';
import { Loading } from '../shell/Loading';
import { Page } from '../shell/Page';
import { Unread } from '../shell/Shell';
import { useShortcut } from '../shell/shortcuts';
import { dayOf, session } from '../shell/words';
import { BasketButton, BasketRegion, toggle } from './Basket';
import { areas, checked, contacts, costs, languages, places, restricted, restrictedPlace } from './facts';
import { ServiceWarning } from './ServiceCard';
import { ages, publicPage, publicPages } from './takeaway';
import { RestrictedAddress, Unprinted } from './Unprinted';
import { useBasket } from './useBasket';
import { useConversation } from './useConversation';

export function ServicePage({ id }: { id: string }) {
  const hub = useHub();
  const { trust } = useViewer();
  const [{ data, error }, again] = useQuery({ query: ServiceDocument, variables: { hub: hub.slug, id } });
  const [kept] = useQuery({ query: ServiceSourceDocument, variables: { hub: hub.slug, id }, pause: !hub.can('CATALOGUE_WRITE') });
  const conversation = useConversation();
  const basket = useBasket(hub.slug, conversation?.id);
  const service = data?.hub?.service;
  useShortcut('b', service && conversation ? 'Put the service in the basket, or take it out' : false, () => service && toggle(basket, service));
  if (!data && !error) return <Loading what="the service" />;
  if (!service) return <Unread what="service" error={error} retry={() => again()} />;
  const { organisation: partner } = service;
  const page = publicPage(service, publicPages(trust, hub));
  const ways = contacts(service);
  const area = areas(service);
  const source = kept.data?.hub?.service;
  const from = source && (kept.data?.hub?.recordSources.find((r) => r.source === source.source)?.name ?? source.source);

  const facts: Known = [
    ['Cost', lines(costs(service)) ?? 'Not known: ask them'],
    ['Who it is for', lines([service.eligibilityDescription, ages(service)])],
    ['How to get in', service.applicationProcess],
    ['Contact', ways.length > 0 && lines(ways.map((c) => [c.who, c.ways.join(', ')].filter(Boolean).join(': ')))],
    ['Website', website(service.url ?? partner.url)],
    ['Languages', languages(service) || 'Not said: ask them'],
    ['For people in', area.length > 0 && lines(area)],
    ['Quality marks', service.accreditations],
    ['Paid for by', service.funding.length > 0 && lines(service.funding.map((f) => f.source))],
    ['Has places', service.capacities.length > 0 && lines(places(service, hub.timeZone))],
    ['Last checked', checked(service) || 'Never, as far as is known'],
    ['Known from', from && `${from}, ${dayOf(source.importedAt, hub.timeZone)}`],
  ];
  return (
    <Page title={service.name} caption={partner.name} aside={conversation && <BasketButton basket={basket} service={service} />}>
      <ServiceWarning service={service} />
      {service.alert && (
        <p className="lr-warning">
          <strong>Please note:</strong> {service.alert}
        </p>
      )}
      <p className="lr-needs-met">
        {service.needs.map((n) => (
          <span key={n.id} className="lr-need">
            {n.name}
          </span>
        ))}
      </p>
      {service.description && <p className="lr-written">{service.description}</p>}
      <div className="lr-columns">
        <div>
          <section aria-labelledby="facts-title">
            <h2 id="facts-title" className="nhsuk-heading-m">
              What to know
            </h2>
            <Facts of={facts} />
          </section>
          <section aria-labelledby="where-title">
            <h2 id="where-title" className="nhsuk-heading-m">
              Where
            </h2>
            {service.places.length === 0 && <p>No place is listed. Ask them.</p>}
            {service.places.map(({ id: at, description, visibility, location: l }) => (
              <address key={at} className="lr-address">
                <Unprinted when={restrictedPlace({ visibility, location: l })} onPaper="Ask them where to go">
                  {[l.name, l.address, l.city, l.postcode].filter(Boolean).join(', ')}
                  {restrictedPlace({ visibility, location: l }) && <RestrictedAddress />}
                  {description && <span className="lr-address__access">{description}</span>}
                  {l.accessibility.map((words) => (
                    <span key={words} className="lr-address__access">
                      {words}
                    </span>
                  ))}
                </Unprinted>
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
        <div>
          <section aria-labelledby="when-title">
            <h2 id="when-title" className="nhsuk-heading-m">
              When
            </h2>
            <Unprinted when={restricted(...service.schedules)} onPaper="Ask them when">
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
            </Unprinted>
          </section>
          <section aria-labelledby="public-title">
            <h2 id="public-title" className="nhsuk-heading-m">
              On their phone
            </h2>
            {page ? (
              <>
                <p>
                  Anybody may read of it without signing in: let them point their camera here, or{' '}
                  <a href={page} target="_blank" rel="noopener noreferrer">
                    open its public page (opens in a new tab)
                  </a>
                  .
                </p>
                <img className="lr-code" src={`${page}/qr.svg`} alt={`QR code of the public page about ${service.name}`} width={200} height={200} />
              </>
            ) : (
              <p>The public pages do not show it, so there is no code to scan.</p>
            )}
          </section>
        </div>
      </div>
      {conversation && basket.items.length > 0 && <BasketRegion basket={basket} whose={conversation.whose} />}
    </Page>
  );
}

/** Each on a line of its own. */
function lines(all: string[]): ReactNode {
  const some = all.filter(Boolean);
  return some.length === 0
    ? null
    : some.map((line, i) => (
        <span key={i} className="lr-line">
          {line}
        </span>
      ));
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
