import { Button } from 'nhsuk-react-components';
import { useEffect, useRef } from 'react';
import type { CombinedError } from 'urql';
import { announce } from '../../shell/announce';
import { Problem } from '../../shell/Problem';

/** What was just saved, with a way back. */
export function Saved({ text, onUndo }: { text: string; onUndo?: () => void }) {
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    announce(text);
    box.current?.focus();
  }, [text]);
  return (
    <section className="lr-done" aria-label="Just done" ref={box} tabIndex={-1}>
      <p className="lr-done__text">{text}</p>
      {onUndo && (
        <Button type="button" secondarySolid small onClick={onUndo}>
          Undo
        </Button>
      )}
    </section>
  );
}

/** Somebody else, or the source, changed the record meanwhile. What was typed is kept. */
export function Stale({ onShow }: { onShow(): void }) {
  return (
    <div className="lr-warning" role="alert">
      <p>
        This was changed by somebody else, or by its source, since you opened it. <strong>Nothing was saved, and nothing that you typed is lost.</strong>
      </p>
      <Button type="button" secondary small onClick={onShow}>
        Show what is there now, and keep what I typed
      </Button>
    </div>
  );
}

export function Trouble({ problem }: { problem?: CombinedError }) {
  return problem ? <Problem error={problem} /> : null;
}
