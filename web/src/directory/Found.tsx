import { useState } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import { ServicesDocument, type ServiceFilter, type ServicesQuery } from '../gql/graphql';
import { announce } from '../shell/announce';
import { useHub } from '../shell/hub';
import { Empty } from '../shell/Loading';
import { Pages, usePages } from '../shell/Pages';
import { useShortcut } from '../shell/shortcuts';
import { plural } from '../shell/words';
import { toggle } from './Basket';
import type { Basket } from './useBasket';
import { focused, step } from './results';
import { ServiceCard } from './ServiceCard';

type Edge = NonNullable<ServicesQuery['hub']>['services']['edges'][number];

/** The services that a search found, to be gone through by keys; children are what can be done with each. */
export function Found(props: {
  filter: ServiceFilter;
  first: number;
  basket: Basket;
  children(service: Edge['node']): ReactNode;
  onCompare?(id: string): void;
}) {
  const hub = useHub();
  const [corrected, setCorrected] = useState<string | null>();
  const pages = usePages(ServicesDocument, { hub: hub.slug, filter: props.filter, first: props.first }, (data) => {
    setCorrected(data.hub?.services.correctedText);
    return data.hub?.services;
  });
  const nameOf = (id: string) => pages.items?.find((e) => e.node.id === id)?.node.name ?? '';

  useShortcut('j', 'Next service', () => step(1));
  useShortcut('k', 'Previous service', () => step(-1));
  useShortcut('b', 'Put the service in the basket, or take it out', () => {
    const id = focused();
    if (!id) return announce('Choose a service first: j goes to the next one.');
    toggle(props.basket, { id, name: nameOf(id) });
  });
  useShortcut('c', props.onCompare ? 'Compare the service with another' : false, () => {
    const id = focused();
    if (!id) return announce('Choose a service first: j goes to the next one.');
    props.onCompare?.(id);
  });

  function onKeyDown(event: KeyboardEvent) {
    if ((event.key !== 'ArrowDown' && event.key !== 'ArrowUp') || event.altKey) return;
    event.preventDefault();
    step(event.key === 'ArrowDown' ? 1 : -1);
  }

  return (
    <section aria-label="Services found" className="lr-results">
      <h2 className="nhsuk-u-visually-hidden">Services found</h2>
      <p role="status" className="lr-results__count">
        {pages.items && !pages.busy && !pages.error && (
          <>
            {pages.items.length === 0 ? 'No services' : `${pages.more ? 'The first ' : ''}${plural(pages.items.length, 'service')}`}
            {corrected && (
              <>
                . Showing results for <strong>{corrected}</strong>: nothing has “{props.filter.text}”
              </>
            )}
          </>
        )}
      </p>
      <Pages {...pages} what="services" empty={<Empty>No service matches all of this. Ask for less: another day, further away, or fewer words.</Empty>}>
        {(edges) => (
          <ul className="lr-plain-list" onKeyDown={onKeyDown}>
            {edges.map(({ node, distanceMetres, reasons }) => (
              <li key={node.id}>
                <ServiceCard service={node} distanceMetres={distanceMetres} reasons={reasons}>
                  {props.children(node)}
                </ServiceCard>
              </li>
            ))}
          </ul>
        )}
      </Pages>
    </section>
  );
}
