import { Link } from '@tanstack/react-router';
import { Button } from 'nhsuk-react-components';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { useQuery } from 'urql';
import {
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
import { mutationId } from '../../shell/client';
import { useHub } from '../../shell/hub';
import { Empty, Loading } from '../../shell/Loading';
import { Pages, usePages } from '../../shell/Pages';
import { Problem } from '../../shell/Problem';
import { useChange } from '../../shell/useChange';
import { day, dayOf, plural, today } from '../../shell/words';
import { AssureChosen, AssureOne, Choose, useAssuring } from '../Assure';
import { CataloguePage } from '../CataloguePage';
import { fieldWords } from '../partner/words';

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
    <CataloguePage
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
    </CataloguePage>
  );
}

const Rows = ({ children }: { children: ReactNode }) => <ul className="lr-rows">{children}</ul>;

function ServiceName({ of: s }: { of: Pick<BoardServiceFragment, 'id' | 'name' | 'organisation'> }) {
  const hub = useHub();
  return (
    <>
      <Link to="/$hub/catalogue/records/services/$id" params={{ hub: hub.slug, id: s.id }}>
        {s.name}
      </Link>{' '}
      <span className="lr-small">{s.organisation.name}</span>
    </>
  );
}

function Unassured() {
  const hub = useHub();
  const pages = usePages(UnassuredServicesDocument, { hub: hub.slug }, (d) => d.hub?.freshness.unassured);
  const [assured, setAssured] = useState<string[]>([]);
  const open = pages.items?.map((s) => s.id as string).filter((id) => !assured.includes(id)) ?? [];
  const assuring = useAssuring(open, (services) => setAssured((all) => [...all, ...services.map((s) => s.id as string)]));
  return (
    <>
      <p>Nobody has said within three months that these are right. Ring the partner, mend what is wrong, and mark the service as assured.</p>
      <AssureChosen of={assuring} />
      <Pages {...pages} what="services" empty={<Empty>Every service is assured.</Empty>}>
        {(services) => (
          <Rows>
            {services.map((s) => {
              const done = assured.includes(s.id);
              return (
                <li key={s.id}>
                  {!done && <Choose of={assuring} id={s.id} name={s.name} />}
                  <ServiceName of={s} />
                  <span className="lr-rows__since">{done ? 'Assured today' : s.assuredDate ? `Assured ${day(s.assuredDate)}` : 'Never assured'}</span>
                  {!done && (
                    <div className="lr-actions lr-no-print">
                      <AssureOne of={assuring} id={s.id} name={s.name} />
                    </div>
                  )}
                </li>
              );
            })}
          </Rows>
        )}
      </Pages>
    </>
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
                <span className="lr-small">
                  {c.service && `${c.service.name}: `}
                  {fieldWords(c)}
                </span>
                <span className="lr-rows__since">Since {dayOf(c.createdAt, hub.timeZone)}</span>
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
                  <span className="lr-rows__since">{last ? `Last said ${dayOf(last, hub.timeZone)}` : 'Never said'}</span>
                  <div className="lr-actions lr-no-print">
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
                <span className="lr-rows__since">
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
                {s.retiredAt && <span className="lr-rows__since">Retired {dayOf(s.retiredAt, hub.timeZone)}</span>}
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
                <span className="lr-rows__since">
                  {s.failingSince && <>Since {dayOf(s.failingSince, hub.timeZone)}, </>}
                  tried {plural(s.failures, 'time')}
                  {s.syncedAt ? `; last read ${dayOf(s.syncedAt, hub.timeZone)}` : '; never read'}
                </span>
                <p>{s.message}</p>
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
                <span className="lr-rows__since">{l.failingSince && `Since ${dayOf(l.failingSince, hub.timeZone)}`}</span>
                <p>{l.message}</p>
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
                <p>
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
  const [saved] = useState(() => new Set<string>()); // so that trying again goes on where it ended
  const { send, trouble } = useChange();
  async function use() {
    const given = { hub: hub.slug, url: l.movedTo! };
    for (const { id, version } of l.organisations) {
      if (saved.has(id)) continue;
      if (!(await send(SaveOrganisationDocument, { input: { ...given, clientMutationId: mutationId(), organisationId: id, version } }))) return;
      saved.add(id);
    }
    for (const { id, version } of l.services) {
      if (saved.has(id)) continue;
      if (!(await send(SaveServiceDocument, { input: { ...given, clientMutationId: mutationId(), serviceId: id, version } }))) return;
      saved.add(id);
    }
    const words = `Saved in ${plural(saved.size, 'record')}.`;
    setSaid(words);
    announce(words);
  }
  return (
    <div className="lr-actions lr-no-print">
      {!said && (
        <button type="button" className="lr-link-button" onClick={() => void use()}>
          Use the new address<span className="nhsuk-u-visually-hidden"> for {l.url}</span>
        </button>
      )}
      {said && <span className="lr-small">{said}</span>}
      {trouble}
    </div>
  );
}

function Address({ url }: { url: string }) {
  return (
    <a href={url} target="_blank" rel="noreferrer nofollow">
      {url}
      <span className="nhsuk-u-visually-hidden"> (opens in a new tab)</span>
    </a>
  );
}

/** The records that give a link. */
function Givers({ of: l }: { of: BoardLinkFragment }) {
  const hub = useHub();
  if (l.services.length + l.organisations.length === 0) return <p>No record gives it any more.</p>;
  return (
    <ul className="lr-plain-list" aria-label="Given by">
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
  const { send, trouble } = useChange();
  async function look() {
    if (!(await send(CheckLinkAgainDocument, { input: { hub: hub.slug, linkId: l.id } }))) return;
    const words = 'It is looked at within a few minutes. Come back then.';
    setSaid(words);
    announce(words);
  }
  return (
    <div className="lr-actions lr-no-print">
      <button type="button" className="lr-link-button" onClick={() => void look()}>
        Look again<span className="nhsuk-u-visually-hidden"> at {l.url}</span>
      </button>
      {said && <span className="lr-small">{said}</span>}
      {trouble}
    </div>
  );
}
