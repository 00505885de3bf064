import { useSyncExternalStore } from 'react';

let message = '';
const listeners = new Set<() => void>();

function say(text: string) {
  message = text;
  listeners.forEach((listener) => listener());
}

/** Says something to those who listen to the screen, without moving the focus. The same words twice are said twice. */
export function announce(text: string) {
  say('');
  setTimeout(() => say(text), 50);
}

let last = { text: '', at: 0 };

/** Says something here, and on the page that is gone to now. Kept in memory only: it may name a person. */
export function tell(text: string) {
  last = { text, at: Date.now() };
  announce(text);
}

/** What was told just before this page came up. */
export function told(): string | undefined {
  return Date.now() - last.at < 3_000 ? last.text : undefined;
}

export function Announcer() {
  const text = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => message,
  );
  return (
    <div role="status" aria-live="polite" className="nhsuk-u-visually-hidden" data-testid="announcer">
      {text}
    </div>
  );
}
