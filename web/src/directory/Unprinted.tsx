import type { ReactNode } from 'react';

/**
 * What is on the screen and, where it is restricted, not on paper, which leaves the hub. There it says the same as where nothing
 * is known.
 */
export function Unprinted({ when, onPaper, children }: { when: boolean; onPaper: string; children: ReactNode }) {
  if (!when) return children;
  return (
    <>
      <div className="lr-unprinted">{children}</div>
      <div className="lr-on-paper">{onPaper}</div>
    </>
  );
}

export const restrictedWords = 'Restricted: this address must not leave the hub';

export function RestrictedAddress() {
  return <strong className="lr-restricted">{restrictedWords}</strong>;
}
