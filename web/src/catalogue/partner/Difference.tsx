import { diffWordsWithSpace } from 'diff';
import { said } from './words';

/** What would change, word by word: what goes is struck out, what comes is underlined, and both are named for those who listen. */
export function Difference({ field, from, to }: { field: string; from: string; to: string }) {
  const before = said(field, from);
  const after = said(field, to);
  if (!before || !after || field === 'free' || field === 'offered') {
    return (
      <p className="lr-difference">
        {before ? <Part kind="del">{before}</Part> : <span className="lr-small">Nothing was there.</span>}{' '}
        {after ? <Part kind="ins">{after}</Part> : <span className="lr-small">It would be empty.</span>}
      </p>
    );
  }
  return (
    <p className="lr-difference">
      {diffWordsWithSpace(before, after).map((part, i) =>
        part.added || part.removed ? (
          <Part key={i} kind={part.added ? 'ins' : 'del'}>
            {part.value}
          </Part>
        ) : (
          <span key={i}>{part.value}</span>
        ),
      )}
    </p>
  );
}

function Part({ kind: Kind, children }: { kind: 'ins' | 'del'; children: string }) {
  return (
    <Kind>
      <span className="nhsuk-u-visually-hidden">{Kind === 'ins' ? ' (added: ' : ' (taken out: '}</span>
      {children}
      <span className="nhsuk-u-visually-hidden">) </span>
    </Kind>
  );
}
