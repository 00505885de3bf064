import { Link } from '@tanstack/react-router';
import { Button } from 'nhsuk-react-components';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { useQuery, type CombinedError } from 'urql';
import {
  BoardDocument,
  CheckLinkAgainDocument,
  DeadLinksDocument,
  FailedImportsDocument,
  MovedLinksDocument,
  RetiredServicesDocument,
  UnassuredServicesDocument,
  type BoardLinkFragment,
  type BoardServiceFragment,
} from '../../gql/graphql';
import { announce } from '../../shell/announce';
import { change } from '../../shell/client';
import { useHub } from '../../shell/hub';
import { Empty, Loading } from '../../shell/Loading';
import { Page } from '../../shell/Page';
import { Pages, usePages } from '../../shell/Pages';
import { Problem } from '../../shell/Problem';
import { day, dayOf, plural } from '../../shell/words';
import { Sections } from '../Sections';

/** What of the catalogue needs somebody: counts, and beneath them the lists, longest first, each row with what to do about it. */
export function Board() {
  const hub = useHub();
  const [{ data, error, fetching }, again] = useQuery({ query: BoardDocument, variables: { hub: hub.slug } });
  const board = data?.hub?.freshness;
  const lists = board && [
    { id: 'imports', title: 'Sources that failed', count: board.failedImports.totalCount, list: <FailedImports /> },
    { id: 'dead-links', title: 'Links that lead nowhere', count: board.deadLinks.totalCount, list: <DeadLinks /> },
    { id: 'moved-links', title: 'Links that have moved', count: board.movedLinks.totalCount, list: <MovedLinks /> },
    { id: 'unassured', title: 'Services that nobody assured lately', count: board.unassured.totalCount, list: <Unassured /> },
    { id: 'retired', title: 'Services retired lately', count: board.retired.totalCount, list: <Retired /> },
  ];
  const waiting = lists?.filter((l) => l.count > 0);
  return (
    <>
      <Sections />
      <Page
        title="To look at"
        caption="What of the catalogue needs you. Each list begins with what has waited longest."
        aside={
          waiting && waiting.length > 0 ? (
            <Button type="button" secondary small className="lr-no-print" onClick={() => print()}>
              Print
            </Button>
          ) : undefined
        }
      >
        {error && !data && <Problem error={error} retry={() => again()} />}
        {fetching && !data && <Loading what="what there is to look at" />}
        {waiting && waiting.length === 0 && <Empty>Nothing needs you. Everything in the catalogue is assured, its links work and its sources are read.</Empty>}
        {waiting && waiting.length > 0 && (
          <>
            <ul className="lr-board__counts" aria-label="Counts">
              {waiting.map((l) => (
                <li key={l.id}>
                  <a href={`#${l.id}`}>
                    <strong>{l.count.toLocaleString('en-GB')}</strong>
                    <span>{l.title}</span>
                  </a>
                </li>
              ))}
            </ul>
            {waiting.map((l) => (
              <section key={l.id} id={l.id} aria-labelledby={`${l.id}-title`} className="lr-board__list">
                <h2 id={`${l.id}-title`} className="nhsuk-heading-m">
                  {l.title} <span className="lr-board__count">({l.count.toLocaleString('en-GB')})</span>
                </h2>
                {l.list}
              </section>
            ))}
          </>
        )}
      </Page>
    </>
  );
}

function Rows({ children }: { children: ReactNode }) {
  return <ul className="lr-plain-list lr-board__rows">{children}</ul>;
}

function ServiceName({ of: s }: { of: Pick<BoardServiceFragment, 'id' | 'name' | 'organisation'> }) {
  const hub = useHub();
  return (
    <>
      <Link to="/$hub/services/$id" params={{ hub: hub.slug, id: s.id }}>
        {s.name}
      </Link>{' '}
      <span className="lr-board__partner">{s.organisation.name}</span>
    </>
  );
}

function Unassured() {
  const hub = useHub();
  const pages = usePages(UnassuredServicesDocument, { hub: hub.slug }, (d) => d.hub?.freshness.unassured);
  return (
    <>
      <p>Nobody has said within three months that these are right. Ring the partner, mend what is wrong, and mark the service as assured.</p>
      <Pages {...pages} what="services" empty={<Empty>Every service is assured.</Empty>}>
        {(services) => (
          <Rows>
            {services.map((s) => (
              <li key={s.id}>
                <ServiceName of={s} />
                <span className="lr-board__since">{s.assuredDate ? `Assured ${day(s.assuredDate)}` : 'Never assured'}</span>
              </li>
            ))}
          </Rows>
        )}
      </Pages>
    </>
  );
}

function Retired() {
  const hub = useHub();
  const pages = usePages(RetiredServicesDocument, { hub: hub.slug }, (d) => d.hub?.freshness.retired);
  return (
    <>
      <p>These are no longer found. Tell the advisors who send people there; where one is still offered, ask those who run its source, or bring it back.</p>
      <Pages {...pages} what="services" empty={<Empty>None was retired lately.</Empty>}>
        {(services) => (
          <Rows>
            {services.map((s) => (
              <li key={s.id}>
                <ServiceName of={s} />
                {s.retiredAt && <span className="lr-board__since">Retired {dayOf(s.retiredAt, hub.timeZone)}</span>}
              </li>
            ))}
          </Rows>
        )}
      </Pages>
    </>
  );
}

function FailedImports() {
  const hub = useHub();
  const pages = usePages(FailedImportsDocument, { hub: hub.slug }, (d) => d.hub?.freshness.failedImports);
  return (
    <>
      <p>What these sources gave last is kept, and grows old.</p>
      <Pages {...pages} what="sources" empty={<Empty>Every source is read.</Empty>}>
        {(sources) => (
          <Rows>
            {sources.map((s) => (
              <li key={s.id}>
                <strong>{s.name}</strong>
                <span className="lr-board__since">
                  {s.failingSince && <>Since {dayOf(s.failingSince, hub.timeZone)}, </>}
                  tried {plural(s.failures, 'time')}
                  {s.syncedAt ? `; last read ${dayOf(s.syncedAt, hub.timeZone)}` : '; never read'}
                </span>
                <p className="lr-board__what">{s.message}</p>
              </li>
            ))}
          </Rows>
        )}
      </Pages>
    </>
  );
}

function DeadLinks() {
  const hub = useHub();
  const pages = usePages(DeadLinksDocument, { hub: hub.slug }, (d) => d.hub?.freshness.deadLinks);
  return (
    <>
      <p>These failed on two days or more. Find out where the page is now and correct the record; have a link looked at again when its site is mended.</p>
      <Pages {...pages} what="links" empty={<Empty>Every link leads somewhere.</Empty>}>
        {(links) => (
          <Rows>
            {links.map((l) => (
              <li key={l.id}>
                <Address url={l.url} />
                <span className="lr-board__since">{l.failingSince && `Since ${dayOf(l.failingSince, hub.timeZone)}`}</span>
                <p className="lr-board__what">{l.message}</p>
                <Givers of={l} />
                <LookAgain link={l} />
              </li>
            ))}
          </Rows>
        )}
      </Pages>
    </>
  );
}

function MovedLinks() {
  const hub = useHub();
  const pages = usePages(MovedLinksDocument, { hub: hub.slug }, (d) => d.hub?.freshness.movedLinks);
  return (
    <>
      <p>These still work: their sites send people on. Look at the new page, and put its address into the record.</p>
      <Pages {...pages} what="links" empty={<Empty>No link has moved.</Empty>}>
        {(links) => (
          <Rows>
            {links.map((l) => (
              <li key={l.id}>
                <Address url={l.url} />
                <p className="lr-board__what">
                  {l.message} Now at <Address url={l.movedTo!} />
                </p>
                <Givers of={l} />
                <LookAgain link={l} />
              </li>
            ))}
          </Rows>
        )}
      </Pages>
    </>
  );
}

function Address({ url }: { url: string }) {
  return (
    <a href={url} target="_blank" rel="noreferrer nofollow" className="lr-board__address">
      {url}
      <span className="nhsuk-u-visually-hidden"> (opens in a new tab)</span>
    </a>
  );
}

/** The records that give a link. */
function Givers({ of: l }: { of: BoardLinkFragment }) {
  if (l.services.length + l.organisations.length === 0) return <p className="lr-board__what">No record gives it any more.</p>;
  return (
    <ul className="lr-board__givers" aria-label={`Given by`}>
      {l.organisations.map((o) => (
        <li key={o.id}>{o.name}</li>
      ))}
      {l.services.map((s) => (
        <li key={s.id}>
          <ServiceName of={s} />
        </li>
      ))}
    </ul>
  );
}

function LookAgain({ link: l }: { link: BoardLinkFragment }) {
  const hub = useHub();
  const [said, setSaid] = useState('');
  const [problem, setProblem] = useState<CombinedError>();
  async function look() {
    const outcome = await change(CheckLinkAgainDocument, { input: { hub: hub.slug, linkId: l.id } });
    setProblem(outcome.problem);
    if (outcome.problem) return;
    const words = outcome.userErrors[0]?.message ?? 'It is looked at within a few minutes. Come back then.';
    setSaid(words);
    announce(words);
  }
  return (
    <div className="lr-board__acts lr-no-print">
      <button type="button" className="lr-link-button" onClick={() => void look()}>
        Look again<span className="nhsuk-u-visually-hidden"> at {l.url}</span>
      </button>
      {said && <span className="lr-small">{said}</span>}
      {problem && <Problem error={problem} retry={() => void look()} />}
    </div>
  );
}
