import { Link, useNavigate } from '@tanstack/react-router';
import { Checkboxes } from 'nhsuk-react-components';
import { useEffect, useId, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { CombinedError } from 'urql';
import { CheckInDocument, FindPeopleDocument, type PersonCardFragment } from '../gql/graphql';
import { AccessNeeds, SafeContactFlag } from '../person/AccessNeeds';
import { Identity } from '../person/Identity';
import { announce } from '../shell/announce';
import { change, client, mutationId } from '../shell/client';
import { useHub } from '../shell/hub';
import { Problem } from '../shell/Problem';
import { useShortcut } from '../shell/shortcuts';
import { plural, time } from '../shell/words';
import type { Deed } from './Done';

interface Matches {
  for: string;
  people: PersonCardFragment[];
  more: boolean;
}

/**
 * Finds somebody and checks them in. Against checking in the wrong person: where several match, nobody is chosen until an arrow
 * key chooses them, with date of birth and member number in view; Enter acts only on matches of exactly what stands in the box.
 */
export function FindPerson({ onDone, done }: { onDone(deed: Deed): void; done: React.ReactNode }) {
  const hub = useHub();
  const navigate = useNavigate();
  const id = useId();
  const box = useRef<HTMLInputElement>(null);
  const busy = useRef(false);
  const [text, setText] = useState('');
  const [matches, setMatches] = useState<Matches>();
  const [chosen, setChosen] = useState(-1);
  const [waits, setWaits] = useState(true);
  const [problem, setProblem] = useState<{ error: CombinedError; retry(): void }>();
  const [hint, setHint] = useState('');

  const wanted = text.trim();
  const enough = (wanted.match(/[\p{L}\p{N}]/gu)?.length ?? 0) >= 2;
  const current = enough && matches?.for === wanted ? matches : undefined;

  useEffect(() => box.current?.focus(), []);
  useShortcut('/', 'Go to the search box', () => {
    box.current?.focus();
    box.current?.select();
  });

  useEffect(() => {
    if (!enough) return;
    let stale = false;
    const look = async () => {
      const { data, error } = await client
        .query(FindPeopleDocument, { hub: hub.slug, search: wanted }).toPromise();
      if (stale) return;
      if (error) return setProblem({ error, retry: look });
      const people = data?.hub?.people.nodes ?? [];
      setProblem(undefined);
      setMatches({ for: wanted, people, more: Boolean(data?.hub?.people.pageInfo.hasNextPage) });
      setChosen(people.length === 1 ? 0 : -1);
      announce(
        people.length === 0
          ? 'Nobody matches.'
          : people.length === 1
            ? `One person matches: ${people[0]!.displayName}. Enter checks them in.`
            : `${people.length} people match. Choose with the arrow keys.`,
      );
    };
    const timer = setTimeout(look, 150);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [wanted, enough, hub.slug]);

  function clear() {
    setText('');
    setMatches(undefined);
    setChosen(-1);
    setHint('');
    setProblem(undefined);
  }

  async function checkIn(person: PersonCardFragment, clientMutationId = mutationId()) {
    if (busy.current) return;
    busy.current = true;
    const outcome = await change(CheckInDocument, { input: { hub: hub.slug, clientMutationId, personId: person.id, waitForAdvisor: waits } });
    busy.current = false;
    if (outcome.problem) return setProblem({ error: outcome.problem, retry: () => checkIn(person, clientMutationId) });
    const { visit, alreadyHere } = outcome.data.checkIn;
    if (!visit) return setHint(outcome.userErrors[0]?.message ?? 'They were not checked in.');
    const at = time(visit.arrivedAt, hub.timeZone);
    clear();
    setWaits(true);
    box.current?.focus();
    if (alreadyHere) return onDone({ id: clientMutationId, text: `${person.displayName} is already here since ${at}.`, person });
    onDone({
      id: clientMutationId,
      text: `${person.displayName} is checked in (${at})${visit.state === 'WAITING' ? ', waiting for an advisor' : ''}.`,
      undoneText: `${person.displayName} is not checked in any more.`,
      visitId: visit.id,
      person,
    });
  }

  function openRecord(person: PersonCardFragment) {
    void navigate({ to: '/$hub/people/$id', params: { hub: hub.slug, id: person.id } });
  }

  function onKeyDown(event: KeyboardEvent) {
    const count = current?.people.length ?? 0;
    setHint('');
    switch (event.key) {
      case 'ArrowDown':
      case 'ArrowUp': {
        if (!count) return;
        event.preventDefault();
        const step = event.key === 'ArrowDown' ? 1 : -1;
        const next = chosen < 0 ? (step > 0 ? 0 : count - 1) : (chosen + step + count) % count;
        setChosen(next);
        document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: 'nearest' });
        return;
      }
      case 'Enter': {
        event.preventDefault();
        if (event.nativeEvent.isComposing || !enough) return;
        if (!current) return setHint('Still looking: press Enter again when the name is there.');
        const person = current.people[chosen];
        if (!person) return setHint(count ? `${plural(count, 'person', 'people')} match: choose with the arrow keys.` : '');
        if (event.shiftKey) return openRecord(person);
        void checkIn(person);
        return;
      }
      case 'Escape':
        event.preventDefault();
        if (text) clear();
        else box.current?.blur();
    }
  }

  return (
    <section aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`} className="nhsuk-heading-m">
        Check in
      </h2>
      <label className="nhsuk-label lr-find__label" htmlFor={`${id}-box`}>
        Find a person
      </label>
      <p className="nhsuk-hint" id={`${id}-hint`}>
        Name, date of birth, phone, member number or NHS number. Enter checks in; Shift and Enter opens the record.
      </p>
      <input
        ref={box}
        id={`${id}-box`}
        className="nhsuk-input lr-find__box"
        role="combobox"
        aria-expanded={Boolean(current?.people.length)}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={current && chosen >= 0 ? `${id}-${chosen}` : undefined}
        aria-describedby={`${id}-hint`}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        enterKeyHint="go"
        maxLength={100}
        value={text}
        onChange={(e) => {
          setText(e.target.value);
          setHint('');
        }}
        onKeyDown={onKeyDown}
      />
      <div className="lr-find__hint" role="status">
        {hint || (enough && !current && !problem && <span className="lr-loading">Looking…</span>)}
      </div>
      {done}
      {problem && <Problem error={problem.error} retry={problem.retry} />}
      <ul id={`${id}-list`} role="listbox" aria-label="People who match" className="lr-matches" hidden={!current?.people.length}>
        {current?.people.map((person, i) => (
          <li
            key={person.id}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === chosen}
            className="lr-match"
            onMouseDown={(e) => e.preventDefault()}
            onClick={() => void checkIn(person)}
          >
            <Identity of={person} />
            <AccessNeeds of={person.accessNeeds} />
            <SafeContactFlag of={person} />
            {person.openVisit && <span className="lr-match__here">Already here since {time(person.openVisit.arrivedAt, hub.timeZone)}</span>}
            <span className="lr-match__acts" aria-hidden="true">
              <span className="lr-match__check-in">Check in</span>
              <span
                className="lr-link-button"
                onClick={(e) => {
                  e.stopPropagation();
                  openRecord(person);
                }}
              >
                Open record
              </span>
            </span>
          </li>
        ))}
      </ul>
      {current?.more && <p className="lr-small">There are more. Type more of the name, or the date of birth.</p>}
      {current && current.people.length === 0 && (
        <p className="lr-empty">
          Nobody matches “{current.for}”. Try less of the name, a date of birth or a phone number, or register a new person.
        </p>
      )}
      <div className="lr-find__more">
        <Checkboxes small>
          <Checkboxes.Item checked={!waits} onChange={(e) => setWaits(!e.currentTarget.checked)} value="something-else">
            Here for something else, not to see an advisor
          </Checkboxes.Item>
        </Checkboxes>
        {hub.can('PERSON_WRITE') && (
          <Link to="/$hub/people/new" params={{ hub: hub.slug }} className="nhsuk-button nhsuk-button--secondary nhsuk-button--small">
            Register a new person
          </Link>
        )}
      </div>
    </section>
  );
}
