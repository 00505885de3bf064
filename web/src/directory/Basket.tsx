import { Link } from '@tanstack/react-router';
import { Button } from 'nhsuk-react-components';
import { useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { announce } from '../shell/announce';
import { useHub } from '../shell/hub';
import { Empty } from '../shell/Loading';
import { plural } from '../shell/words';
import { mostGathered, type Basket, type Gathered } from './useBasket';

/** Puts a service into the basket or takes it out, and says so. */
export function toggle(basket: Basket, service: Gathered) {
  if (basket.has(service.id)) {
    basket.remove(service.id);
    return announce(`${service.name} is taken out of the basket.`);
  }
  if (!basket.add(service)) return announce(`The basket is full: it holds ${mostGathered} services. Take one out first.`);
  announce(`${service.name} is in the basket, which now holds ${basket.items.length + 1}.`);
}

export function BasketButton({ basket, service }: { basket: Basket; service: Gathered }) {
  const inside = basket.has(service.id);
  return (
    <button type="button" className="lr-reason lr-reason--small" aria-pressed={inside} onClick={() => toggle(basket, service)}>
      {inside ? 'In the basket' : 'Add to basket'}
      <span className="nhsuk-u-visually-hidden"> {service.name}</span>
    </button>
  );
}

/** What is gathered: to look through, put in order, and take out again. */
export function BasketRegion({ basket, open, whose }: { basket: Basket; open?: boolean; whose?: string }) {
  const hub = useHub();
  const list = useRef<HTMLUListElement>(null);
  const undo = useRef<HTMLButtonElement>(null);
  const [gone, setGone] = useState<{ item: Gathered; at: number }>();
  const { items } = basket;
  const [first, second] = items;

  // Where an item moves, what had the focus moves with it, and the browser drops it.
  const focus = (id: string, what: string) =>
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(`[data-item="${id}"] [data-does="${what}"]`)?.focus());

  function move(item: Gathered, at: number, by: -1 | 1, what: string) {
    if (at + by < 0 || at + by >= items.length) return announce(`${item.name} is ${by < 0 ? 'first' : 'last'} already.`);
    basket.move(item.id, by);
    focus(item.id, what);
    announce(`${item.name} is now ${at + by + 1} of ${items.length}.`);
  }

  function remove(item: Gathered, at: number) {
    basket.remove(item.id);
    setGone({ item, at });
    announce(`${item.name} is taken out of the basket.`);
    requestAnimationFrame(() => undo.current?.focus());
  }

  function putBack() {
    basket.add(gone!.item, gone!.at);
    focus(gone!.item.id, 'remove');
    announce(`${gone!.item.name} is back in the basket.`);
    setGone(undefined);
  }

  function onKeyDown(event: KeyboardEvent, item: Gathered, at: number) {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    const what = (event.target as HTMLElement).dataset.does ?? 'up';
    move(item, at, event.key === 'ArrowUp' ? -1 : 1, what);
  }

  return (
    <section aria-labelledby="basket-title" className="lr-panel lr-basket">
      <h2 id="basket-title" className="nhsuk-heading-s">
        Basket <span className="lr-count">{items.length}</span>
        <span className="nhsuk-u-visually-hidden"> {items.length === 1 ? 'service' : 'services'}</span>
      </h2>
      {whose && <p className="lr-small">For your conversation with {whose}. It is kept until that ends.</p>}
      {items.length === 0 ? (
        <Empty>Nothing yet. Add services to print a sheet or write a text message of them.</Empty>
      ) : (
        <ul className="lr-plain-list" ref={list}>
          {items.map((item, at) => (
            <li key={item.id} data-item={item.id} className="lr-basket__item" onKeyDown={(e) => onKeyDown(e, item, at)}>
              <Link to="/$hub/services/$id" params={{ hub: hub.slug, id: item.id }}>
                {item.name}
              </Link>
              <span className="lr-basket__acts">
                <button type="button" className="lr-link-button" data-does="up" aria-disabled={at === 0} onClick={() => move(item, at, -1, 'up')}>
                  <span aria-hidden="true">↑</span>
                  <span className="nhsuk-u-visually-hidden">Move {item.name} up</span>
                </button>
                <button
                  type="button"
                  className="lr-link-button"
                  data-does="down"
                  aria-disabled={at === items.length - 1}
                  onClick={() => move(item, at, 1, 'down')}
                >
                  <span aria-hidden="true">↓</span>
                  <span className="nhsuk-u-visually-hidden">Move {item.name} down</span>
                </button>
                <button type="button" className="lr-link-button" data-does="remove" onClick={() => remove(item, at)}>
                  Remove<span className="nhsuk-u-visually-hidden"> {item.name} from the basket</span>
                </button>
              </span>
            </li>
          ))}
        </ul>
      )}
      {gone && !basket.has(gone.item.id) && (
        <p className="lr-basket__gone">
          {gone.item.name} is taken out.{' '}
          <button type="button" className="lr-link-button" ref={undo} onClick={putBack}>
            Undo<span className="nhsuk-u-visually-hidden">: put {gone.item.name} back</span>
          </button>
        </p>
      )}
      {!open && items.length > 0 && (
        <Link to="/$hub/services/basket" params={{ hub: hub.slug }} className="nhsuk-button nhsuk-button--small">
          Sheet or text message
        </Link>
      )}
      {first && second && (
        <p>
          <Link to="/$hub/services/compare" params={{ hub: hub.slug }} search={{ a: first.id, b: second.id }}>
            Compare {items.length === 2 ? 'the two' : 'the first two'}
          </Link>
        </p>
      )}
      {open && items.length > 0 && (
        <Button
          type="button"
          secondary
          small
          onClick={() => {
            announce(`${plural(items.length, 'service')} taken out. The basket is empty.`);
            basket.empty();
            setGone(undefined);
          }}
        >
          Empty the basket
        </Button>
      )}
    </section>
  );
}
