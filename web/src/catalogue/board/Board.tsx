import { Link } from '@tanstack/react-router';
import { Button } from 'nhsuk-react-components';
import { useEffect, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { useQuery, type CombinedError } from 'urql';
import {
  AssureServicesDocument,
  BoardDocument,
  CheckLinkAgainDocument,
  DeadLinksDocument,
  FailedImportsDocument,
  MovedLinksDocument,
  PartnersWithoutAgreementDocument,
  RetiredServicesDocument,
  SaveOrganisationDocument,
  SaveServiceDocument,
  ServicesWithoutCapacityDocument,
  UnassuredServicesDocument,
  WaitingChangesDocument,
  type BoardLinkFragment,
  type BoardServiceFragment,
} from '../../gql/graphql';
import { announce } from '../../shell/announce';
import { change, mutationId } from '../../shell/client';
import { useHub } from '../../shell/hub';
import { Empty, Loading } from '../../shell/Loading';
import { Page } from '../../shell/Page';
import { Pages, usePages } from '../../shell/Pages';
import { Problem } from '../../shell/Problem';
import { day, dayOf, plural, today } from '../../shell/words';
import { fieldWords } from '../partner/words';
import { Sections } from '../Sections';

/** What of the catalogue needs somebody: counts, and beneath them the lists, longest first, each row with what to do about it. */
export function Board() {
  const hub = useHub();
  const [{ data, error, fetching }, again] = useQuery({ query: BoardDocument, variables: { hub: hub.slug } });
  const board = data?.hub?.freshness;
  const lists = board && [
    { id: 'changes', title: 'Changes that partners ask for', count: data!.hub!.proposedChanges.totalCount, list: <WaitingChanges /> },
    { id: 'imports', title: 'Sources that failed', count: board.failedImports.totalCount, list: <FailedImports /> },
    { id: 'dead-links', title: 'Links that lead nowhere', count: board.deadLinks.totalCount, list: <DeadLinks /> },
    { id: 'moved-links', title: 'Links that have moved', count: board.movedLinks.totalCount, list: <MovedLinks /> },
    { id: 'unassured', title: 'Services that nobody assured lately', count: board.unassured.totalCount, list: <Unassured /> },
    { id: 'no-capacity', title: 'Services whose places nobody knows', count: board.withoutCapacity.totalCount, list: <WithoutCapacity /> },
    { id: 'no-agreement', title: 'Partners without an agreement', count: board.withoutAgreement.totalCount, list: <WithoutAgreement /> },
    { id: 'retired', title: 'Services retired lately', count: board.retired.totalCount, list: <Retired /> },
  ];
  const waiting = lists?.filter((l) => l.count > 0);
  return (
    <>
      <Sections />
      <Page
        title="To look at"
        caption="What of the catalogue needs you. What has waited longest comes first, where that is known."
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
      <Link to="/$hub/catalogue/records/services/$id" params={{ hub: hub.slug, id: s.id }}>
        {s.name}
      </Link>{' '}
      <span className="lr-board__partner">{s.organisation.name}</span>
    </>
  );
}

function Unassured() {
  const hub = useHub();
  const pages = usePages(UnassuredServicesDocument, { hub: hub.slug }, (d) => d.hub?.freshness.unassured);
  const [assured, setAssured] = useState<string[]>([]);
  const [chosen, setChosen] = useState<string[]>([]);
  const [asked, setAsked] = useState<string[]>([]);
  const [said, setSaid] = useState('');
  const [problem, setProblem] = useState<CombinedError>();
  const heard = useRef<HTMLParagraphElement>(null);

  async function assure() {
    const outcome = await change(AssureServicesDocument, { input: { hub: hub.slug, serviceIds: asked } });
    setProblem(outcome.problem);
    if (outcome.problem) return;
    const refused = outcome.userErrors[0]?.message;
    if (!refused) {
      setAssured((all) => [...all, ...asked]);
      setChosen((all) => all.filter((id) => !asked.includes(id)));
    }
    setSaid(refused ?? `${plural(asked.length, 'service')} marked as assured today.`);
    setAsked([]);
    heard.current?.focus();
  }
  const open = pages.items?.filter((s) => !assured.includes(s.id)).map((s) => s.id as string) ?? [];
  return (
    <>
      <p>Nobody has said within three months that these are right. Ring the partner, mend what is wrong, and mark the service as assured.</p>
      {open.length > 1 && (
        <div className="lr-actions lr-no-print">
          <Button type="button" secondary small onClick={() => setChosen(chosen.length === open.length ? [] : open.slice(0, assuredAtOnce))}>
            {chosen.length === open.length ? 'Choose none' : 'Choose all that are shown'}
          </Button>
          {chosen.length > 0 && (
            <Button type="button" small onClick={() => setAsked(chosen)}>
              Mark {plural(chosen.length, 'service')} as assured today
            </Button>
          )}
        </div>
      )}
      {asked.length > 1 && <Sure what={plural(asked.length, 'service')} many onYes={assure} onNo={() => setAsked([])} />}
      <p ref={heard} tabIndex={-1} role="status" className={said ? 'lr-no-print' : 'nhsuk-u-visually-hidden'}>
        {said}
      </p>
      {problem && <Problem error={problem} retry={() => void assure()} />}
      <Pages {...pages} what="services" empty={<Empty>Every service is assured.</Empty>}>
        {(services) => (
          <Rows>
            {services.map((s) => (
              <li key={s.id}>
                {!assured.includes(s.id) && (
                  <input
                    type="checkbox"
                    className="lr-board__choose lr-no-print"
                    aria-label={`Choose ${s.name}`}
                    checked={chosen.includes(s.id)}
                    disabled={!chosen.includes(s.id) && chosen.length >= assuredAtOnce}
                    onChange={(e) => {
                      const on = e.currentTarget.checked;
                      setChosen((all) => (on ? [...all, s.id] : all.filter((id) => id !== s.id)));
                    }}
                  />
                )}
                <ServiceName of={s} />
                <span className="lr-board__since">{assured.includes(s.id) ? 'Assured today' : s.assuredDate ? `Assured ${day(s.assuredDate)}` : 'Never assured'}</span>
                {!assured.includes(s.id) && (
                  <div className="lr-board__acts lr-no-print">
                    <button type="button" className="lr-link-button" onClick={() => setAsked([s.id])}>
                      Mark as assured today<span className="nhsuk-u-visually-hidden">: {s.name}</span>
                    </button>
                  </div>
                )}
                {asked.length === 1 && asked[0] === s.id && <Sure what={s.name} onYes={assure} onNo={() => setAsked([])} />}
              </li>
            ))}
          </Rows>
        )}
      </Pages>
    </>
  );
}

/** How many services the server assures at once. */
const assuredAtOnce = 200;

/** Asks before services are assured: nothing takes that back. */
function Sure({ what, many, onYes, onNo }: { what: string; many?: boolean; onYes(): Promise<void>; onNo(): void }) {
  const ask = useRef<HTMLDivElement>(null);
  useEffect(() => ask.current?.focus(), []);
  return (
    <div ref={ask} tabIndex={-1} role="group" aria-label="Mark as assured?" className="lr-board__sure lr-no-print">
      <p>
        Did you find the {many ? 'entries' : 'entry'} of {what} right today? It goes on record with your name and cannot be taken back.
      </p>
      <div className="lr-actions">
        <Button type="button" small onClick={() => void onYes()} preventDoubleClick>
          Yes, mark as assured
        </Button>
        <Button type="button" secondary small onClick={onNo}>
          No, go back
        </Button>
      </div>
    </div>
  );
}

function PartnerName({ of: o }: { of: { id: string; name: string } }) {
  const hub = useHub();
  return (
    <Link to="/$hub/catalogue/partners/$id" params={{ hub: hub.slug, id: o.id }}>
      {o.name}
    </Link>
  );
}

function WaitingChanges() {
  const hub = useHub();
  const pages = usePages(WaitingChangesDocument, { hub: hub.slug }, (d) => d.hub?.proposedChanges);
  return (
    <>
      <p>
        Nothing of these is shown to anybody yet. Approve or reject them under{' '}
        <Link to="/$hub/catalogue/changes" params={{ hub: hub.slug }}>
          Changes asked for
        </Link>
        .
      </p>
      <Pages {...pages} what="changes" empty={<Empty>No change waits.</Empty>}>
        {(changes) => (
          <Rows>
            {changes.map((c) => (
              <li key={c.id}>
                <PartnerName of={c.organisation} />{' '}
                <span className="lr-board__partner">
                  {c.service && `${c.service.name}: `}
                  {fieldWords(c)}
                </span>
                <span className="lr-board__since">Since {dayOf(c.createdAt, hub.timeZone)}</span>
              </li>
            ))}
          </Rows>
        )}
      </Pages>
    </>
  );
}

function WithoutCapacity() {
  const hub = useHub();
  const pages = usePages(ServicesWithoutCapacityDocument, { hub: hub.slug }, (d) => d.hub?.freshness.withoutCapacity);
  return (
    <>
      <p>Nobody has said within 28 days how many places are free, so advisors are told that it is not known. Ask the partner, or send it a link by which it says so itself.</p>
      <Pages {...pages} what="services" empty={<Empty>The places of every service are known.</Empty>}>
        {(services) => (
          <Rows>
            {services.map((s) => {
              const last = s.capacities.map((c) => c.updatedAt as string).sort().at(-1);
              return (
                <li key={s.id}>
                  <ServiceName of={s} />
                  <span className="lr-board__since">{last ? `Last said ${dayOf(last, hub.timeZone)}` : 'Never said'}</span>
                  <div className="lr-board__acts lr-no-print">
                    <Link to="/$hub/catalogue/partners/$id" params={{ hub: hub.slug, id: s.organisation.id }}>
                      Say how many are free<span className="nhsuk-u-visually-hidden">: {s.name}</span>
                    </Link>
                  </div>
                </li>
              );
            })}
          </Rows>
        )}
      </Pages>
    </>
  );
}

function WithoutAgreement() {
  const hub = useHub();
  const pages = usePages(PartnersWithoutAgreementDocument, { hub: hub.slug }, (d) => d.hub?.freshness.withoutAgreement);
  const now = today(hub.timeZone);
  return (
    <>
      <p>These have services on offer, and people cannot be referred to them: they have not signed how they protect people's data, or their agreement has ended.</p>
      <Pages {...pages} what="partners" empty={<Empty>Every partner has an agreement.</Empty>}>
        {(partners) => (
          <Rows>
            {partners.map((o) => (
              <li key={o.id}>
                <PartnerName of={o} />
                <span className="lr-board__since">
                  {!o.agreement ? 'None recorded' : o.agreement.endsOn && o.agreement.endsOn < now ? `Ended ${day(o.agreement.endsOn)}` : 'Not signed yet'}
                </span>
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
      <p>
        What these sources gave last is kept, and grows old. Mend them under{' '}
        <Link to="/$hub/catalogue/sources" params={{ hub: hub.slug }}>
          Sources
        </Link>
        .
      </p>
      <Pages {...pages} what="sources" empty={<Empty>Every source is read.</Empty>}>
        {(sources) => (
          <Rows>
            {sources.map((s) => (
              <li key={s.id}>
                <Link to="/$hub/catalogue/sources/$id" params={{ hub: hub.slug, id: s.id }}>
                  {s.name}
                </Link>
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
      <p>These still work: their sites send people on. Look at the new page; where it is the right one, put its address into the records.</p>
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
                <UseNew link={l} />
              </li>
            ))}
          </Rows>
        )}
      </Pages>
    </>
  );
}

/** Puts the new address into every record that gives the old one, as the editor does. */
function UseNew({ link: l }: { link: BoardLinkFragment }) {
  const hub = useHub();
  const [said, setSaid] = useState('');
  const [done, setDone] = useState(false);
  const [problem, setProblem] = useState<CombinedError>();
  const [saved] = useState(() => new Set<string>()); // so that trying again goes on where it ended
  async function use() {
    const url = l.movedTo!;
    const saves = [
      ...l.organisations.map((o) => ({
        id: o.id as string,
        save: () => change(SaveOrganisationDocument, { input: { hub: hub.slug, clientMutationId: mutationId(), organisationId: o.id, version: o.version, url } }),
      })),
      ...l.services.map((s) => ({
        id: s.id as string,
        save: () => change(SaveServiceDocument, { input: { hub: hub.slug, clientMutationId: mutationId(), serviceId: s.id, version: s.version, url } }),
      })),
    ];
    for (const { id, save } of saves) {
      if (saved.has(id)) continue;
      const outcome = await save();
      setProblem(outcome.problem);
      if (outcome.problem) return;
      if (outcome.userErrors.length) return setSaid(outcome.userErrors[0]!.message);
      saved.add(id);
    }
    const words = `Saved in ${plural(saves.length, 'record')}.`;
    setSaid(words);
    setDone(true);
    announce(words);
  }
  return (
    <div className="lr-board__acts lr-no-print">
      {!done && (
        <button type="button" className="lr-link-button" onClick={() => void use()}>
          Use the new address<span className="nhsuk-u-visually-hidden"> for {l.url}</span>
        </button>
      )}
      {said && <span className="lr-small">{said}</span>}
      {problem && <Problem error={problem} retry={() => void use()} />}
    </div>
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
  const hub = useHub();
  if (l.services.length + l.organisations.length === 0) return <p className="lr-board__what">No record gives it any more.</p>;
  return (
    <ul className="lr-board__givers" aria-label="Given by">
      {l.organisations.map((o) => (
        <li key={o.id}>
          <Link to="/$hub/catalogue/records/partners/$id" params={{ hub: hub.slug, id: o.id }}>
            {o.name}
          </Link>
        </li>
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
