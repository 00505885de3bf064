import { Button } from 'nhsuk-react-components';
import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import type { CombinedError, TypedDocumentNode } from 'urql';
import { announce } from './announce';
import { client } from './client';
import { Loading } from './Loading';
import { Problem } from './Problem';

interface Connection<Item> {
  nodes?: Item[];
  edges?: Item[];
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
}

interface State<Item> {
  items?: Item[];
  error?: CombinedError;
  busy: boolean;
  more: boolean;
  next(): void;
  again(): void;
}

/** Reads a list page by page; each next page is added to those before. Other variables start it anew. */
export function usePages<T, V extends { after?: string | null }, Item>(
  document: TypedDocumentNode<T, V>,
  variables: Omit<V, 'after'>,
  connection: (data: T) => Connection<Item> | null | undefined,
): State<Item> {
  const [state, setState] = useState<{ items?: Item[]; error?: CombinedError; cursor?: string | null; busy: boolean }>({ busy: true });
  const key = JSON.stringify(variables);
  const [latest, setTurn] = useState({ key, after: null as string | null, at: 0 });
  const { after, at } = latest.key === key ? latest : { after: null, at: 0 };

  useEffect(() => {
    let stale = false;
    setState((s) => ({ ...s, busy: true, error: undefined }));
    void client
      .query(document, { ...JSON.parse(key), after } as V)
      .toPromise()
      .then(({ data, error }) => {
        if (stale) return;
        // What an earlier question found is no answer to this one.
        if (error) return setState((s) => ({ items: after ? s.items : undefined, cursor: after ? s.cursor : null, error, busy: false }));
        const page = data ? connection(data) : undefined;
        const items = page?.nodes ?? page?.edges ?? [];
        setState((s) => ({
          items: after ? [...(s.items ?? []), ...items] : items,
          cursor: page?.pageInfo.hasNextPage ? page.pageInfo.endCursor : null,
          busy: false,
        }));
        if (after) announce(`${items.length} more loaded.`);
      });
    return () => {
      stale = true;
    };
    // The way to the connection within the answer never changes while the document stays the same.
  }, [document, key, after, at]);

  const next = () => setTurn({ key, after: state.cursor ?? null, at: at + 1 });
  const again = () => setTurn({ key, after, at: at + 1 });
  return { items: state.items, error: state.error, busy: state.busy, more: Boolean(state.cursor), next, again };
}

export function Pages<Item>(props: State<Item> & { what: string; empty: ReactNode; children(items: Item[]): ReactNode }) {
  const { items, error, busy, more, next, again } = props;
  return (
    <>
      {items && items.length > 0 && props.children(items)}
      {items && items.length === 0 && !busy && !error && props.empty}
      {busy && !items && <Loading what={props.what} />}
      {error && <Problem error={error} retry={again} />}
      {more && !error && (
        <Button type="button" secondary small className="lr-no-print" onClick={next} disabled={busy}>
          Show more {props.what}
        </Button>
      )}
    </>
  );
}
