import { Link, useNavigate } from '@tanstack/react-router';
import { Button } from 'nhsuk-react-components';
import { useQuery } from 'urql';
import { CompareDocument, PlaceDocument, type PlaceQuery, type ServiceFactsFragment } from '../gql/graphql';
import { useHub } from '../shell/hub';
import { Loading } from '../shell/Loading';
import { Page } from '../shell/Page';
import { Unread } from '../shell/Shell';
import { list, miles, plural } from '../shell/words';
import { BasketButton } from './Basket';
import { areas, checked, contacts, costs, distance, languages, next, places, restricted, restrictedPlace, times } from './facts';
import { ServiceWarning } from './ServiceCard';
import { ages, shortly } from './takeaway';
import { restrictedWords, Unprinted } from './Unprinted';
import { useBasket } from './useBasket';
import { useConversation } from './useConversation';
import { usePoint, type From } from './usePoint';

type Service = ServiceFactsFragment;

/** Two services beside one another, which somebody chooses between. */
export function Compare({ a, b, near }: { a?: string; b?: string; near?: string }) {
  const hub = useHub();
  const [place, againPlace] = useQuery({ query: PlaceDocument, variables: { hub: hub.slug } });
  const [{ data, error }, again] = useQuery({ query: CompareDocument, variables: { hub: hub.slug, a: a ?? '', b: b ?? '' }, pause: !a || !b });
  if (!a || !b)
    return (
      <Page title="Compare two services">
        <p>
          Choose two services to compare.{' '}
          <Link to="/$hub/services" params={{ hub: hub.slug }}>
            Find services
          </Link>
        </p>
      </Page>
    );
  const failed = error ?? place.error;
  if (failed) return <Unread what="service" error={failed} retry={() => (again(), againPlace())} />;
  if (!data || !place.data?.hub) return <Loading what="the services" />;
  if (!data.hub?.a || !data.hub.b) return <Unread what="service" retry={() => again()} />;
  return <Beside both={[data.hub.a, data.hub.b]} place={place.data.hub} near={near} />;
}

interface Row {
  what: string;
  /** Of each service, line by line. */
  lines: [string[], string[]];
  /** Of each service, whether it must not be put on paper. */
  kept: [boolean, boolean];
  /** Whether the two say the same, or different things, or nothing is known of either. */
  mark: 'The same' | 'Different' | 'Not known';
}

const addressOf = (at: Service['places'][number]) => [
  [at.location.name, at.location.address, at.location.city, at.location.postcode].filter(Boolean).join(', '),
  restrictedPlace(at) ? restrictedWords : '',
];

function rowsOf(both: [Service, Service], from: From, timeZone: string): Row[] {
  const never = () => false;
  const whereKept = (s: Service) => s.places.some(restrictedPlace);
  const whenKept = (s: Service) => restricted(...s.schedules);
  const row = (what: string, of: (s: Service) => (string | null | undefined)[], none = 'Not known: ask them', kept: (s: Service) => boolean = never): Row => {
    const [a, b] = both.map((s) => of(s).filter((line): line is string => Boolean(line))) as [string[], string[]];
    const same = a.join('\n').toLowerCase() === b.join('\n').toLowerCase();
    const mark = a.length + b.length === 0 ? 'Not known' : same ? 'The same' : 'Different';
    return { what, lines: [a.length ? a : [none], b.length ? b : [none]], kept: [kept(both[0]), kept(both[1])], mark };
  };
  return [
    row('What it is', (s) => [shortly(s.description)], 'Not said'),
    row('Who it is for', (s) => [s.eligibilityDescription], 'Everybody, as far as is known'),
    row('Ages', (s) => [ages(s)], 'Any age, as far as is known'),
    row('Cost', costs),
    row('Next', (s) => [next(s, timeZone)], 'No date in the coming 90 days: ask them', whenKept),
    row('Times', times, undefined, whenKept),
    row('Where', (s) => s.places.flatMap(addressOf), 'No place is listed', whereKept),
    row(
      `How far from ${from.words}`,
      (s) => {
        const metres = distance(s, from);
        return metres === undefined ? [] : [miles(metres)];
      },
      'Not known',
      whereKept,
    ),
    row('Getting in and around', (s) => s.places.flatMap(({ location: l }) => l.accessibility), 'Nothing is said: ask them', whereKept),
    row('Languages', (s) => [languages(s)]),
    row('Area', areas, 'Any, as far as is known'),
    row('How to get in', (s) => [s.applicationProcess]),
    row('Contact', (s) => contacts(s).map((c) => [c.who, c.ways.join(', ')].filter(Boolean).join(': '))),
    row('Has places', (s) => places(s, timeZone)),
    row('Last checked', (s) => [checked(s)], 'Never, as far as is known'),
  ];
}

function Beside({ both, place, near }: { both: [Service, Service]; place: NonNullable<PlaceQuery['hub']>; near?: string }) {
  const hub = useHub();
  const navigate = useNavigate();
  const conversation = useConversation();
  const basket = useBasket(hub.slug, conversation?.id);
  const from = usePoint(place, near);
  const rows = rowsOf(both, from, hub.timeZone);
  const differing = rows.filter((row) => row.mark === 'Different');
  const [a, b] = both;
  return (
    <Page
      title="Compare two services"
      caption={`${a.name} and ${b.name}`}
      aside={
        <>
          <Button
            type="button"
            secondary
            small
            onClick={() => void navigate({ to: '/$hub/services/compare', params: { hub: hub.slug }, search: { a: b.id, b: a.id, near }, replace: true })}
          >
            Change sides
          </Button>
          <Button type="button" secondary small onClick={() => window.print()}>
            Print
          </Button>
        </>
      }
    >
      <p>
        {differing.length === 0
          ? 'As far as is known, the two are the same in everything below.'
          : `They differ in ${plural(differing.length, 'way')}: ${list(differing.map((row) => row.what.slice(0, 1).toLowerCase() + row.what.slice(1)))}.`}
      </p>
      {/* The roles are said, since a table whose parts are laid out one below the other on a small screen is none to some browsers. */}
      <table className="lr-compare" role="table">
        <caption className="nhsuk-u-visually-hidden">
          {a.name} beside {b.name}
        </caption>
        <thead role="rowgroup">
          <tr role="row">
            <th scope="col" role="columnheader">
              <span className="nhsuk-u-visually-hidden">What</span>
            </th>
            {both.map((service) => (
              <th key={service.id} scope="col" role="columnheader">
                <Link to="/$hub/services/$id" params={{ hub: hub.slug, id: service.id }}>
                  {service.name}
                </Link>
                <span className="lr-compare__partner">{service.organisation.name}</span>
                <ServiceWarning service={service} />
                {conversation && <BasketButton basket={basket} service={service} />}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={row.what} role="row" data-differs={row.mark === 'Different'}>
              <th scope="row" role="rowheader">
                {row.what}
                <span className="lr-compare__mark">{row.mark}</span>
              </th>
              {row.lines.map((lines, side) => (
                <td key={side} role="cell">
                  <span className="lr-compare__whose" aria-hidden="true">
                    {both[side]!.name}
                  </span>
                  <Unprinted when={row.kept[side]!} onPaper="Ask them">
                    {lines.map((line, i) => (
                      <span key={i} className={line === restrictedWords ? 'lr-restricted' : 'lr-line'}>
                        {line}
                      </span>
                    ))}
                  </Unprinted>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Page>
  );
}
