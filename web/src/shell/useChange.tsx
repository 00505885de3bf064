import { useState } from 'react';
import type { CombinedError, TypedDocumentNode } from 'urql';
import { change } from './client';
import { Problem } from './Problem';

/** Makes one change after another. Why the last was not made is shown, and told, where its trouble stands. */
export function useChange() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<CombinedError>();
  const [refused, setRefused] = useState('');

  /** What the change answered; undefined where it was not made. */
  async function send<T extends Record<string, unknown>, V extends { input: object }>(document: TypedDocumentNode<T, V>, variables: V): Promise<T | undefined> {
    setBusy(true);
    const outcome = await change(document, variables);
    const why = outcome.problem ? undefined : outcome.userErrors[0]?.message;
    setBusy(false);
    setProblem(outcome.problem);
    setRefused(why ?? '');
    return why === undefined ? outcome.data : undefined;
  }

  const trouble = (
    <>
      {refused && (
        <p className="lr-problem" role="alert">
          {refused}
        </p>
      )}
      {problem && <Problem error={problem} />}
    </>
  );
  return { send, busy, failed: Boolean(refused || problem), refused, trouble };
}
