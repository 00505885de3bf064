import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Navigate } from '@tanstack/react-router';
import type { DuplicateSearch } from './catalogue/duplicates/Duplicates';
import { isKind } from './catalogue/duplicates/words';
import type { RecordSearch } from './catalogue/edit/Records';
import { ConversationPage } from './conversation/Conversation';
import { FollowUps } from './conversation/FollowUps';
import { Today } from './desk/Today';
import { BasketPage } from './directory/BasketPage';
import { Compare } from './directory/Compare';
import { ServicePage } from './directory/Service';
import { Services } from './directory/Services';
import { readWanted } from './directory/wanted';
import { EditPerson, NewPerson } from './person/Form';
import { PersonPage } from './person/Person';
import { Report } from './report/Report';
import { ChooseHub, HubShell, Needs, NotFound, NothingHere, Shell } from './shell/Shell';
import { useHub, useViewer } from './shell/hub';
import { Audit } from './staff/Audit';
import { Staff } from './staff/Staff';

/** The pages by which managers keep the catalogue: a script of their own, for which the desk does not wait. */
const pagesOfTheCatalogue = () => import('./catalogue/pages');
const Board = lazyRouteComponent(pagesOfTheCatalogue, 'Board');
const CompareRecords = lazyRouteComponent(pagesOfTheCatalogue, 'CompareRecords');
const Duplicates = lazyRouteComponent(pagesOfTheCatalogue, 'Duplicates');
const PartnerEditor = lazyRouteComponent(pagesOfTheCatalogue, 'PartnerEditor');
const Records = lazyRouteComponent(pagesOfTheCatalogue, 'Records');
const ServiceEditor = lazyRouteComponent(pagesOfTheCatalogue, 'ServiceEditor');
const Changes = lazyRouteComponent(pagesOfTheCatalogue, 'Changes');
const PartnerPage = lazyRouteComponent(pagesOfTheCatalogue, 'PartnerPage');
const Partners = lazyRouteComponent(pagesOfTheCatalogue, 'Partners');
const CheckPage = lazyRouteComponent(pagesOfTheCatalogue, 'CheckPage');
const NewSource = lazyRouteComponent(pagesOfTheCatalogue, 'NewSource');
const SourcePage = lazyRouteComponent(pagesOfTheCatalogue, 'SourcePage');
const SourcesPage = lazyRouteComponent(pagesOfTheCatalogue, 'SourcesPage');
const Taxonomy = lazyRouteComponent(pagesOfTheCatalogue, 'Taxonomy');

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const index = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: function Start() {
    const { hubs, openedAt } = useViewer();
    const only = openedAt ?? (hubs.length === 1 ? hubs[0]!.slug : null);
    return only ? <Navigate to="/$hub" params={{ hub: only }} replace /> : <ChooseHub />;
  },
});

const hub = createRoute({ getParentRoute: () => root, path: '/$hub', component: HubShell, notFoundComponent: () => <NothingHere /> });

const home = createRoute({
  getParentRoute: () => hub,
  path: '/',
  component: function Home() {
    const { slug, can } = useHub();
    if (can('DESK_READ')) return <Today />;
    if (can('CATALOGUE_READ')) return <Navigate to="/$hub/services" params={{ hub: slug }} replace />;
    return <Navigate to="/$hub/audit" params={{ hub: slug }} replace />;
  },
});

const newPerson = createRoute({
  getParentRoute: () => hub,
  path: '/people/new',
  component: () => (
    <Needs permission="PERSON_WRITE">
      <NewPerson />
    </Needs>
  ),
});

export const person = createRoute({
  getParentRoute: () => hub,
  path: '/people/$id',
  component: function PersonRoute() {
    const { id } = person.useParams();
    return (
      <Needs permission="PERSON_READ">
        <PersonPage id={id} key={id} />
      </Needs>
    );
  },
});

const editPerson = createRoute({
  getParentRoute: () => hub,
  path: '/people/$id/edit',
  component: function EditPersonRoute() {
    const { id } = editPerson.useParams();
    return (
      <Needs permission="PERSON_WRITE">
        <EditPerson id={id} key={id} />
      </Needs>
    );
  },
});

const conversation = createRoute({
  getParentRoute: () => hub,
  path: '/conversation/$id',
  component: function ConversationRoute() {
    const { id } = conversation.useParams();
    return (
      <Needs permission="CONVERSATION_READ">
        <ConversationPage id={id} key={id} />
      </Needs>
    );
  },
});

const followUps = createRoute({
  getParentRoute: () => hub,
  path: '/follow-ups',
  component: () => (
    <Needs permission="CONVERSATION_READ">
      <FollowUps />
    </Needs>
  ),
});

const services = createRoute({
  getParentRoute: () => hub,
  path: '/services',
  validateSearch: readWanted,
  component: function ServicesRoute() {
    return (
      <Needs permission="CATALOGUE_READ">
        <Services wanted={services.useSearch()} />
      </Needs>
    );
  },
});

const compare = createRoute({
  getParentRoute: () => hub,
  path: '/services/compare',
  validateSearch: (search): { a?: string; b?: string; near?: string } => ({
    a: typeof search.a === 'string' ? search.a : undefined,
    b: typeof search.b === 'string' ? search.b : undefined,
    near: typeof search.near === 'string' ? search.near : undefined,
  }),
  component: function CompareRoute() {
    return (
      <Needs permission="CATALOGUE_READ">
        <Compare {...compare.useSearch()} />
      </Needs>
    );
  },
});

const basket = createRoute({
  getParentRoute: () => hub,
  path: '/services/basket',
  component: () => (
    <Needs permission="CATALOGUE_READ">
      <BasketPage />
    </Needs>
  ),
});

const service = createRoute({
  getParentRoute: () => hub,
  path: '/services/$id',
  component: function ServiceRoute() {
    const { id } = service.useParams();
    return (
      <Needs permission="CATALOGUE_READ">
        <ServicePage id={id} key={id} />
      </Needs>
    );
  },
});

const records = createRoute({
  getParentRoute: () => hub,
  path: '/catalogue/records',
  validateSearch: (search): RecordSearch => ({
    kind: search.kind === 'partners' ? 'partners' : undefined,
    text: typeof search.text === 'string' ? search.text : undefined,
    source: typeof search.source === 'string' ? search.source : undefined,
    retired: search.retired === true || undefined,
    hidden: search.hidden === true || undefined,
    changed: search.changed === true || undefined,
  }),
  component: function RecordsRoute() {
    return (
      <Needs permission="CATALOGUE_WRITE">
        <Records search={records.useSearch()} />
      </Needs>
    );
  },
});

const editPartner = createRoute({
  getParentRoute: () => hub,
  path: '/catalogue/records/partners/$id',
  component: function EditPartnerRoute() {
    const { id } = editPartner.useParams();
    return (
      <Needs permission="CATALOGUE_WRITE">
        <PartnerEditor id={id} key={id} />
      </Needs>
    );
  },
});

const editService = createRoute({
  getParentRoute: () => hub,
  path: '/catalogue/records/services/$id',
  validateSearch: (search): { partner?: string } => ({ partner: typeof search.partner === 'string' ? search.partner : undefined }),
  component: function EditServiceRoute() {
    const { id } = editService.useParams();
    const { partner } = editService.useSearch();
    return (
      <Needs permission="CATALOGUE_WRITE">
        <ServiceEditor id={id} partner={partner} key={id} />
      </Needs>
    );
  },
});

const report = createRoute({
  getParentRoute: () => hub,
  path: '/report',
  component: () => (
    <Needs permission="REPORT_READ">
      <Report />
    </Needs>
  ),
});

const staff = createRoute({
  getParentRoute: () => hub,
  path: '/staff',
  component: () => (
    <Needs permission="STAFF_READ">
      <Staff />
    </Needs>
  ),
});

const audit = createRoute({
  getParentRoute: () => hub,
  path: '/audit',
  component: () => (
    <Needs permission="AUDIT_READ">
      <Audit />
    </Needs>
  ),
});

const duplicates = createRoute({
  getParentRoute: () => hub,
  path: '/catalogue/duplicates',
  validateSearch: (search): DuplicateSearch => ({
    kind: isKind(search.kind) ? search.kind : undefined,
    view: search.view === 'dismissed' || search.view === 'merged' ? search.view : undefined,
  }),
  component: function DuplicatesRoute() {
    return (
      <Needs permission="CATALOGUE_WRITE">
        <Duplicates search={duplicates.useSearch()} />
      </Needs>
    );
  },
});

const compareDuplicates = createRoute({
  getParentRoute: () => hub,
  path: '/catalogue/duplicates/$kind/$one/$other',
  component: function CompareDuplicatesRoute() {
    const { kind, one, other } = compareDuplicates.useParams();
    if (!isKind(kind)) return <NothingHere />;
    return (
      <Needs permission="CATALOGUE_WRITE">
        <CompareRecords kind={kind} one={one} other={other} key={`${one} ${other}`} />
      </Needs>
    );
  },
});

const board = createRoute({
  getParentRoute: () => hub,
  path: '/catalogue',
  component: () => (
    <Needs permission="CATALOGUE_WRITE">
      <Board />
    </Needs>
  ),
});

const taxonomy = createRoute({
  getParentRoute: () => hub,
  path: '/catalogue/taxonomy',
  component: () => (
    <Needs permission="CATALOGUE_WRITE">
      <Taxonomy />
    </Needs>
  ),
});

const proposedChanges = createRoute({
  getParentRoute: () => hub,
  path: '/catalogue/changes',
  component: () => (
    <Needs permission="CATALOGUE_WRITE">
      <Changes />
    </Needs>
  ),
});

const partners = createRoute({
  getParentRoute: () => hub,
  path: '/catalogue/partners',
  component: () => (
    <Needs permission="CATALOGUE_WRITE">
      <Partners />
    </Needs>
  ),
});

const partner = createRoute({
  getParentRoute: () => hub,
  path: '/catalogue/partners/$id',
  component: function PartnerRoute() {
    const { id } = partner.useParams();
    return (
      <Needs permission="CATALOGUE_WRITE">
        <PartnerPage id={id} key={id} />
      </Needs>
    );
  },
});

const sources = createRoute({
  getParentRoute: () => hub,
  path: '/catalogue/sources',
  component: () => (
    <Needs permission="CATALOGUE_WRITE">
      <SourcesPage />
    </Needs>
  ),
});

const newSource = createRoute({
  getParentRoute: () => hub,
  path: '/catalogue/sources/new',
  validateSearch: (search): { replaces?: string } => ({ replaces: typeof search.replaces === 'string' ? search.replaces : undefined }),
  component: function NewSourceRoute() {
    const { replaces } = newSource.useSearch();
    return (
      <Needs permission="CATALOGUE_WRITE">
        <NewSource replaces={replaces} key={replaces} />
      </Needs>
    );
  },
});

const source = createRoute({
  getParentRoute: () => hub,
  path: '/catalogue/sources/$id',
  component: function SourceRoute() {
    const { id } = source.useParams();
    return (
      <Needs permission="CATALOGUE_WRITE">
        <SourcePage id={id} key={id} />
      </Needs>
    );
  },
});

const checkedSource = createRoute({
  getParentRoute: () => hub,
  path: '/catalogue/sources/check/$id',
  component: function CheckRoute() {
    const { id } = checkedSource.useParams();
    return (
      <Needs permission="CATALOGUE_WRITE">
        <CheckPage id={id} key={id} />
      </Needs>
    );
  },
});

const pages = [home, newPerson, person, editPerson, conversation, followUps, services, compare, basket, service, report, staff, audit, records, editPartner, editService, duplicates, compareDuplicates, board, taxonomy, proposedChanges, partners, partner, sources, newSource, source, checkedSource];

export const router = createRouter({
  routeTree: root.addChildren([index, hub.addChildren(pages)]),
  scrollRestoration: true,
  defaultNotFoundComponent: NotFound,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
