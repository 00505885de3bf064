import { useSyncExternalStore } from 'react';

/** A service that an advisor put aside for somebody. */
export interface Gathered {
  id: string;
  name: string;
}

/** As many as a person can take home and use. */
export const mostGathered = 12;

const prefix = 'liferooms.basket.';

// Kept by the tab, for each hub and each conversation, and gone with it: what somebody was told of says something about them,
// so it is never left on a shared computer. It holds services only, and no one's name.
const key = (hub: string, conversation: string | undefined) => `${prefix}${hub}.${conversation ?? 'none'}`;

const read = new Map<string, Gathered[]>();
const listeners = new Set<() => void>();

function itemsOf(at: string): Gathered[] {
  const known = read.get(at);
  if (known) return known;
  let items: Gathered[] = [];
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(at) ?? '[]');
    if (Array.isArray(kept)) items = kept.filter((i): i is Gathered => typeof i?.id === 'string' && typeof i?.name === 'string').slice(0, mostGathered);
  } catch {
    // What cannot be read is no basket.
  }
  read.set(at, items);
  return items;
}

function keep(at: string, items: Gathered[]) {
  read.set(at, items);
  if (items.length) sessionStorage.setItem(at, JSON.stringify(items));
  else sessionStorage.removeItem(at);
  listeners.forEach((listener) => listener());
}

export interface Basket {
  items: Gathered[];
  has(id: string): boolean;
  /** False: it is full. */
  add(item: Gathered, at?: number): boolean;
  remove(id: string): void;
  move(id: string, by: -1 | 1): void;
  empty(): void;
}

/** The basket of a conversation; without one, that of the desk. */
export function useBasket(hub: string, conversation?: string): Basket {
  const at = key(hub, conversation);
  const items = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => itemsOf(at),
  );
  return {
    items,
    has: (id) => items.some((i) => i.id === id),
    add(item, place = items.length) {
      const now = itemsOf(at).filter((i) => i.id !== item.id);
      if (now.length >= mostGathered) return false;
      keep(at, now.toSpliced(place, 0, { id: item.id, name: item.name }));
      return true;
    },
    remove: (id) => keep(at, itemsOf(at).filter((i) => i.id !== id)),
    move(id, by) {
      const now = itemsOf(at);
      const from = now.findIndex((i) => i.id === id);
      const to = from + by;
      if (from < 0 || to < 0 || to >= now.length) return;
      keep(at, now.toSpliced(from, 1).toSpliced(to, 0, now[from]!));
    },
    empty: () => keep(at, []),
  };
}

/** Nothing is left for whoever signs in next. */
export function emptyBaskets() {
  for (const at of Object.keys(sessionStorage)) if (at.startsWith(prefix)) sessionStorage.removeItem(at);
  read.clear();
  listeners.forEach((listener) => listener());
}

/** A conversation that is over needs no basket. */
export function emptyBasketOf(hub: string, conversation: string) {
  keep(key(hub, conversation), []);
}
