import { useSyncExternalStore } from 'react';

let over = false;
const listeners = new Set<() => void>();

function set(value: boolean) {
  if (over === value) return;
  over = value;
  listeners.forEach((listener) => listener());
}

/** Whether the server still knows who is signed in: any answer says so, one way or the other. */
export const session = {
  ended: () => set(true),
  alive: () => set(false),
};

export function useSessionOver(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => over,
  );
}
