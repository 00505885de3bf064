import { Button } from 'nhsuk-react-components';
import type { CombinedError } from 'urql';

/** What went wrong, in words that say what to do. */
export function explain(error: CombinedError): { title: string; detail: string; requestId?: string } {
  const first = error.graphQLErrors[0];
  const response = error.response as Response | undefined;
  const requestId = (first?.extensions.requestId as string | undefined) ?? response?.headers?.get('x-request-id') ?? undefined;
  switch (first?.extensions.code) {
    case 'UNAUTHENTICATED':
      return { title: 'You are signed out', detail: 'Sign in again to carry on.', requestId };
    case 'FORBIDDEN':
      return { title: 'Your role does not allow this', detail: first.message, requestId };
    case 'NOT_FOUND':
      return { title: 'There is no such thing here', detail: first.message, requestId };
    case 'LIMITED':
      return { title: 'That was too much at once', detail: first.message, requestId };
    case undefined:
      if (first) break;
      if (!response)
        return {
          title: 'There is no connection',
          detail: 'Nothing reached Life Rooms, or no answer came back. Check the network, then try again.',
          requestId,
        };
      break;
  }
  return {
    title: 'That did not work',
    detail: first?.message ?? 'Life Rooms could not answer. Try again in a minute; if it goes on, tell your administrator.',
    requestId,
  };
}

export function Problem({ error, retry }: { error: CombinedError; retry?: () => void }) {
  const { title, detail, requestId } = explain(error);
  return (
    <div className="lr-problem" role="alert">
      <h2 className="nhsuk-heading-s">{title}</h2>
      <p>{detail}</p>
      {requestId && (
        <p className="lr-small">
          Request id, for whoever helps you: <code>{requestId}</code>
        </p>
      )}
      {retry && (
        <Button type="button" secondary small onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}
