import { diffWordsWithSpace } from 'diff';
import { said } from './partner/words';

/** Fields that are prose, in which single words may change; all others are replaced as a whole. */
const prose = ['name', 'description', 'eligibility_description', 'fees_description', 'application_process', 'languages'];

interface Part {
  text: string;
  kind?: 'ins' | 'del';
}

/** What would change, word by word: what goes is struck out, what comes is underlined, and both are named for those who listen. */
export function Difference({ field, from, to }: { field: string; from: string; to: string }) {
  const before = said(field, from);
  const after = said(field, to);
  return (
    <p className="lr-difference">
      {!before && <span className="lr-small">Nothing was there. </span>}
      {parts(before, after, prose.includes(field)).map(({ text, kind: Kind }, i) =>
        Kind ? (
          <Kind key={i}>
            <span className="nhsuk-u-visually-hidden">{Kind === 'ins' ? ' (added: ' : ' (taken out: '}</span>
            {text}
            <span className="nhsuk-u-visually-hidden">) </span>
          </Kind>
        ) : (
          <span key={i}>{text}</span>
        ),
      )}
      {!after && <span className="lr-small"> It would be empty.</span>}
    </p>
  );
}

function parts(before: string, after: string, wordByWord: boolean): Part[] {
  const words = wordByWord && before && after ? together(before, after) : undefined;
  const kept = words?.filter((p) => !p.kind).reduce((n, p) => n + p.text.length, 0) ?? 0;
  // Where little stays, single words in between are harder to read than the two texts.
  if (words && kept * 3 >= Math.min(before.length, after.length)) return words;
  const whole: Part[] = [];
  if (before) whole.push({ text: before, kind: 'del' });
  if (before && after) whole.push({ text: ' ' });
  if (after) whole.push({ text: after, kind: 'ins' });
  return whole;
}

/** The words that change; those with nothing but space between them are one change. */
function together(before: string, after: string): Part[] {
  const all: Part[] = [];
  let gone = '';
  let come = '';
  let space = ''; // since the last change, which both texts have
  function close() {
    if (gone) all.push({ text: gone, kind: 'del' });
    if (gone && come) all.push({ text: ' ' });
    if (come) all.push({ text: come, kind: 'ins' });
    if (space) all.push({ text: space });
    gone = come = space = '';
  }
  for (const part of diffWordsWithSpace(before, after)) {
    if (part.added || part.removed) {
      if (gone || come) {
        gone += space;
        come += space;
      } else if (space) all.push({ text: space });
      space = '';
      if (part.added) come += part.value;
      else gone += part.value;
    } else if (!part.value.trim()) space += part.value;
    else {
      close();
      all.push({ text: part.value });
    }
  }
  close();
  return all;
}
