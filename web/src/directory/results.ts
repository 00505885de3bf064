import { announce } from '../shell/announce';

// The services that stand in the page are gone through by the focus itself: what has it is the one that a key is about.
const links = () => [...document.querySelectorAll<HTMLElement>('[data-service]')];

/** The service that has the focus, or something of whose card does. */
export function focused(): string | undefined {
  const card = document.activeElement?.closest('article')?.querySelector<HTMLElement>('[data-service]');
  return card?.dataset.service;
}

/** Goes to the next service, or the one before; past the first of them goes to the box, past the last to what shows more. */
export function step(by: 1 | -1) {
  const all = links();
  const at = all.findIndex((link) => link.dataset.service === focused());
  const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by;
  const goal = all[next] ?? (next < 0 ? document.querySelector<HTMLElement>('.lr-search input') : document.querySelector<HTMLElement>('.lr-results > button'));
  if (!goal) return announce(all.length ? 'That is the last one.' : 'No services are listed.');
  goal.focus();
  goal.closest('article')?.scrollIntoView({ block: 'nearest' });
}
