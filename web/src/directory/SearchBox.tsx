import { useEffect, useId, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { SuggestDocument, type SuggestQuery, type SuggestionKind } from '../gql/graphql';
import { announce } from '../shell/announce';
import { client } from '../shell/client';
import { useHub } from '../shell/hub';
import { useShortcut } from '../shell/shortcuts';
import { plural } from '../shell/words';
import { useRested } from './useRested';

type Suggestion = NonNullable<SuggestQuery['hub']>['suggestServices'][number];

const kindWords: Record<SuggestionKind, string> = { NEED: 'Need', SERVICE: 'Service', ORGANISATION: 'Partner' };

/**
 * One box for all words: it looks for them once the typing rests, and completes them meanwhile. Suggestions only complete what
 * is looked for: none leads away, and none is chosen until an arrow key chooses it.
 */
export function SearchBox(props: { text: string; onText(text: string): void; onNeed(code: string): void; onDown(): void }) {
  const hub = useHub();
  const id = useId();
  const box = useRef<HTMLInputElement>(null);
  const { typed: text, type, now, settle } = useRested(props.text, props.onText, 300);
  const [found, setFound] = useState<{ for: string; all: Suggestion[] }>();
  const [chosen, setChosen] = useState(-1);
  const [open, setOpen] = useState(false);

  const wanted = text.trim();
  const enough = wanted.length >= 2;
  const suggestions = open && enough && found?.for === wanted ? found.all : [];

  useShortcut('/', 'Go to the search box', () => {
    box.current?.focus();
    box.current?.select();
  });

  useEffect(() => {
    if (!open || !enough) return;
    let stale = false;
    const timer = setTimeout(async () => {
      // What goes wrong here is told by the search itself: suggestions are a help, and their absence is none.
      const { data } = await client.query(SuggestDocument, { hub: hub.slug, text: wanted }).toPromise();
      if (stale || !data?.hub) return;
      const all = data.hub.suggestServices;
      setFound({ for: wanted, all });
      setChosen(-1);
      if (all.length) announce(`${plural(all.length, 'suggestion')}. Choose with the arrow keys.`);
    }, 120);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [wanted, enough, open, hub.slug]);

  function choose(one: Suggestion) {
    setOpen(false);
    setChosen(-1);
    box.current?.focus();
    if (one.kind === 'NEED' && one.code) {
      settle('');
      props.onNeed(one.code);
      return announce(`Need: ${one.label}.`);
    }
    now(one.label);
  }

  function onKeyDown(event: KeyboardEvent) {
    const count = suggestions.length;
    switch (event.key) {
      case 'ArrowDown':
      case 'ArrowUp': {
        event.preventDefault();
        const down = event.key === 'ArrowDown';
        if (!count) {
          if (event.altKey && down) setOpen(true);
          else if (down) props.onDown();
          return;
        }
        const next = chosen < 0 ? (down ? 0 : count - 1) : (chosen + (down ? 1 : -1) + count) % count;
        setChosen(next);
        document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: 'nearest' });
        return;
      }
      case 'Enter': {
        if (event.nativeEvent.isComposing) return;
        event.preventDefault();
        const one = suggestions[chosen];
        if (one) return choose(one);
        setOpen(false);
        return now();
      }
      case 'Escape':
        event.preventDefault();
        if (count) {
          setOpen(false);
          setChosen(-1);
        } else if (text) now('');
        else box.current?.blur();
    }
  }

  return (
    <div className="lr-search">
      <label className="nhsuk-label lr-find__label" htmlFor={`${id}-box`}>
        Search
      </label>
      <p className="nhsuk-hint" id={`${id}-hint`}>
        A name, a need or any words. Arrow down goes through suggestions, and then to the services.
      </p>
      <input
        ref={box}
        id={`${id}-box`}
        className="nhsuk-input lr-find__box"
        role="combobox"
        aria-expanded={suggestions.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={suggestions[chosen] ? `${id}-${chosen}` : undefined}
        aria-describedby={`${id}-hint`}
        autoComplete="off"
        autoCapitalize="none"
        enterKeyHint="search"
        maxLength={200}
        value={text}
        onChange={(e) => {
          type(e.target.value);
          setOpen(true);
        }}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
      />
      <ul id={`${id}-list`} role="listbox" aria-label="Suggestions" className="lr-matches lr-search__list" hidden={suggestions.length === 0}>
        {suggestions.map((one, i) => (
          <li
            key={`${one.kind} ${one.id}`}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === chosen}
            className="lr-match lr-search__option"
            onMouseDown={(e) => e.preventDefault()}
            onClick={() => choose(one)}
          >
            <span>
              {one.label}
              {one.organisationName && <span className="lr-small">, {one.organisationName}</span>}
            </span>{' '}
            <span className="lr-search__kind">{kindWords[one.kind]}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
