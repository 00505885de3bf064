import type { TypedDocumentNode } from 'urql';
import { documentId, endpoint, headers } from './client';
import { session } from './session';

// The server sends something at least every fifteen seconds, if only a comment. Silence for longer means that the line is
// dead, even where the browser has not noticed: a list that looks live and is not is worse than none.
const silence = 45_000;
const longestWait = 15_000;

/**
 * Follows a subscription over server-sent events (GraphQL over SSE, distinct connections), and connects again whenever it
 * breaks off, until the function that it gives back is called.
 */
export function follow<T, V>(
  document: TypedDocumentNode<T, V>,
  variables: V,
  on: { next(data: T): void; state(live: boolean): void },
): () => void {
  const stop = new AbortController();
  void (async () => {
    let wait = 1_000;
    while (!stop.signal.aborted) {
      await read(document, variables, stop.signal, (data) => {
        wait = 1_000;
        on.state(true);
        on.next(data);
      }).catch(() => undefined);
      if (stop.signal.aborted) return;
      on.state(false);
      await pause(wait * (0.75 + Math.random() / 2), stop.signal);
      wait = Math.min(wait * 2, longestWait);
    }
  })();
  return () => stop.abort();
}

async function read<T, V>(document: TypedDocumentNode<T, V>, variables: V, stop: AbortSignal, next: (data: T) => void) {
  const line = new AbortController();
  const hangUp = () => line.abort();
  stop.addEventListener('abort', hangUp);
  window.addEventListener('offline', hangUp);
  let watch = window.setTimeout(hangUp, silence);
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      credentials: 'same-origin',
      headers: { ...headers, accept: 'text/event-stream', 'content-type': 'application/json' },
      body: JSON.stringify({ documentId: documentId(document), variables }),
      signal: line.signal,
    });
    if (response.status === 401) session.ended();
    if (!response.ok || !response.body) return;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(watch);
      watch = window.setTimeout(hangUp, silence);
      const events = (text + value.replaceAll('\r\n', '\n')).split('\n\n');
      text = events.pop()!;
      for (const event of events) {
        const data = event.match(/^data: ?(.*)$/m)?.[1];
        if (!data) continue;
        const answer = JSON.parse(data) as { data?: T; errors?: { extensions?: { code?: string } }[] };
        if (answer.errors?.some((e) => e.extensions?.code === 'UNAUTHENTICATED')) session.ended();
        if (answer.data) next(answer.data);
      }
    }
  } finally {
    clearTimeout(watch);
    stop.removeEventListener('abort', hangUp);
    window.removeEventListener('offline', hangUp);
    line.abort();
  }
}

/** Waits, though not when the network comes back or the page is looked at again: then at once. */
function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener('online', done);
      document.removeEventListener('visibilitychange', seen);
      stop.removeEventListener('abort', done);
      resolve();
    };
    const seen = () => {
      if (document.visibilityState === 'visible') done();
    };
    const timer = setTimeout(done, ms);
    window.addEventListener('online', done);
    document.addEventListener('visibilitychange', seen);
    stop.addEventListener('abort', done);
  });
}
