import { useEffect, useState } from 'react';
import type { CombinedError } from 'urql';
import { FindStaffDocument, StaffDocument, type ColleagueFragment } from '../gql/graphql';
import { announce } from '../shell/announce';
import { client } from '../shell/client';
import { useHub } from '../shell/hub';
import { Empty } from '../shell/Loading';
import { Page } from '../shell/Page';
import { Pages, usePages } from '../shell/Pages';
import { Problem } from '../shell/Problem';
import { plural } from '../shell/words';
import { StaffMember } from './StaffMember';

/** Who has a role here. Who may give roles can look for anybody of the trust instead: a first role is given to somebody not listed. */
export function Staff() {
  const hub = useHub();
  const mayChange = hub.can('STAFF_WRITE');
  const [text, setText] = useState('');
  const wanted = text.trim();
  return (
    <Page title="Staff" caption={`Who has a role at ${hub.name}. Roles that the sign-in provider gives are changed there, and not listed here.`}>
      {mayChange && (
        <form role="search" className="lr-colleague" onSubmit={(e) => e.preventDefault()}>
          <label className="nhsuk-label lr-find__label" htmlFor="colleague">
            Find a colleague
          </label>
          <p className="nhsuk-hint" id="colleague-hint">
            By name, among all staff of the trust who have signed in once. Give them a first role here, or another.
          </p>
          <input
            id="colleague"
            className="nhsuk-input"
            aria-describedby="colleague-hint"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            enterKeyHint="search"
            maxLength={100}
            value={text}
            onChange={(e) => setText(e.target.value)}
            onKeyDown={(e) => e.key === 'Escape' && setText('')}
          />
        </form>
      )}
      {wanted ? <Found search={wanted} /> : <Listed mayChange={mayChange} />}
    </Page>
  );
}

function Listed({ mayChange }: { mayChange: boolean }) {
  const hub = useHub();
  const pages = usePages(StaffDocument, { hub: hub.slug }, (data) => data.hub?.staff);
  return (
    <Pages
      {...pages}
      what="staff"
      empty={<Empty>Nobody was given a role here in the app yet.{mayChange && ' Find a colleague by name to give them one.'}</Empty>}
    >
      {(staff) => <Members of={staff} name="Staff with a role here" />}
    </Pages>
  );
}

const atMost = 20;

function Found({ search }: { search: string }) {
  const hub = useHub();
  const enough = (search.match(/\p{L}/gu)?.length ?? 0) >= 2;
  const [attempt, setAttempt] = useState(0);
  const [found, setFound] = useState<{ for: string; staff?: ColleagueFragment[]; error?: CombinedError }>();
  const current = found?.for === search ? found : undefined;

  useEffect(() => {
    if (!enough) return;
    let stale = false;
    const timer = setTimeout(async () => {
      const { data, error } = await client.query(FindStaffDocument, { hub: hub.slug, search }).toPromise();
      if (stale) return;
      if (error) return setFound({ for: search, error });
      const staff = data?.hub?.findStaff ?? [];
      setFound({ for: search, staff });
      announce(staff.length === 0 ? 'Nobody matches.' : `${plural(staff.length, 'colleague matches', 'colleagues match')}.`);
    }, 150);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [search, enough, hub.slug, attempt]);

  if (!enough) return <p className="lr-small">Type two letters or more.</p>;
  if (!current) return <p className="lr-loading">Looking…</p>;
  if (current.error) return <Problem error={current.error} retry={() => setAttempt(attempt + 1)} />;
  if (!current.staff?.length)
    return <Empty>Nobody of the trust matches “{search}”. Somebody new has to sign in once before a role can be given to them.</Empty>;
  return (
    <>
      <Members of={current.staff} name="Colleagues who match" />
      {current.staff.length === atMost && <p className="lr-small">There may be more. Type more of the name.</p>}
    </>
  );
}

function Members({ of, name }: { of: ColleagueFragment[]; name: string }) {
  return (
    <ul className="lr-plain-list" aria-label={name}>
      {of.map((member) => (
        <li key={member.id}>
          <StaffMember member={member} />
        </li>
      ))}
    </ul>
  );
}
