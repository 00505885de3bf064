import { useEffect, useRef, useState } from 'react';

/**
 * Words that somebody types, and tells of once the typing rests. A value that comes from elsewhere, such as by the browser's way
 * back, takes their place; the echo of what was told does not, since they may have typed on.
 */
export function useRested(value: string, tell: (words: string) => void, pause: number) {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  const [told, setTold] = useState(value);
  if (value !== known) {
    setKnown(value);
    if (value !== told) {
      setTyped(value);
      setTold(value);
    }
  }
  const now = (words: string) => {
    if (words.trim() === told) return;
    setTold(words.trim());
    tell(words.trim());
  };
  const latest = useRef(now);
  useEffect(() => {
    latest.current = now;
  });
  useEffect(() => {
    const timer = setTimeout(() => latest.current(typed), pause);
    return () => clearTimeout(timer);
  }, [typed, pause]);
  return {
    typed,
    type: setTyped,
    /** Tells without waiting. */
    now: (words = typed) => {
      setTyped(words);
      now(words);
    },
    /** Takes words that are told of by other means. */
    settle: (words: string) => {
      setTyped(words);
      setTold(words);
    },
  };
}
