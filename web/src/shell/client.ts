import { Client, fetchExchange, mapExchange } from 'urql';
import type { CombinedError, Exchange, TypedDocumentNode } from 'urql';
import { session } from './session';

export const endpoint = '/graphql';

/** What every request carries: the cookie, and the header without which the server refuses (no other site can set it). */
export const headers = { 'x-liferooms-client': 'staff-app' };

/** The name of a trusted document: the hash under which the server holds it. */
export function documentId(document: unknown): string {
  return (document as { __meta__: { documentId: string } }).__meta__.documentId;
}

// The server holds the documents; what is sent is a document's name in place of its text.
const trustedDocuments: Exchange = mapExchange({
  onOperation(operation) {
    if (operation.kind === 'teardown') return operation;
    const named = { ...operation.query, definitions: [], documentId: documentId(operation.query) };
    return { ...operation, query: named };
  },
});

const watchSession: Exchange = mapExchange({
  onResult(result) {
    if (isCode(result.error, 'UNAUTHENTICATED')) session.ended();
    else if (result.data) session.alive();
  },
});

// There is no cache: a desk wants what is so now, and what is known of a person is not kept once the page is left.
export const client = new Client({
  url: endpoint,
  preferGetMethod: false,
  requestPolicy: 'network-only',
  fetchOptions: { credentials: 'same-origin', headers },
  exchanges: [watchSession, trustedDocuments, fetchExchange],
});

export function isCode(error: CombinedError | undefined, code: string): boolean {
  return Boolean(error?.graphQLErrors.some((e) => e.extensions.code === code));
}

type UserError = { code: string; field?: string | null; message: string };

/** What came of a change: what it answered, or why it was not made, in words for the person at the screen. */
export type Outcome<T> = { data: T; userErrors: UserError[]; problem?: undefined } | { data?: undefined; problem: CombinedError };

/**
 * Makes a change. One with a clientMutationId takes effect once however often it is sent, so it is sent again
 * where the network failed and nobody can know whether it arrived.
 */
export async function change<T extends Record<string, unknown>, V extends { input: object }>(
  document: TypedDocumentNode<T, V>,
  variables: V,
): Promise<Outcome<T>> {
  const mayRepeat = 'clientMutationId' in variables.input;
  for (let attempt = 1; ; attempt++) {
    const { data, error } = await client.mutation(document, variables).toPromise();
    if (error) {
      if (!error.networkError || error.response || !mayRepeat || attempt === 3) return { problem: error };
      await new Promise((resolve) => setTimeout(resolve, 600 * attempt));
      continue;
    }
    const payload = Object.values(data!).find((v) => typeof v === 'object') as { userErrors?: UserError[] } | undefined;
    return { data: data!, userErrors: payload?.userErrors ?? [] };
  }
}

/** A name for one intended change, so that sending it twice makes it once. */
export function mutationId(): string {
  return crypto.randomUUID();
}
