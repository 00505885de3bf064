import { useEffect, useState } from 'react';
import { QueueDocument, type QueueSubscription as Queue } from '../gql/graphql';
import { follow } from '../shell/live';

/** The queue as it is now, whether it is live, and when it was last heard of. */
export function useQueue(hub: string) {
  const [state, set] = useState<{ queue?: Queue['queue']; live: boolean; heardAt?: Date; interrupted: boolean }>({ live: false, interrupted: false });
  useEffect(
    () =>
      follow(QueueDocument, { hub }, {
        next: (data) => set({ queue: data.queue, live: true, heardAt: new Date(), interrupted: false }),
        state: (live) => set((s) => ({ ...s, live, interrupted: !live })),
      }),
    [hub],
  );
  return state;
}
