import { useNavigate } from '@tanstack/react-router';
import { Select } from 'nhsuk-react-components';
import { useQuery } from 'urql';
import { PlaceDocument, ServicesDocument, type Weekday } from '../gql/graphql';
import { useHub } from '../shell/hub';
import { Empty, Loading } from '../shell/Loading';
import { Page } from '../shell/Page';
import { Pages, usePages } from '../shell/Pages';
import { Problem } from '../shell/Problem';
import { Facets, filterOf, weekdays, type FacetValues } from './Facets';
import { ServiceCard } from './ServiceCard';

/** What is looked for, in the address: it can be kept and passed on. */
export interface ServiceSearch {
  text?: string;
  need?: string;
  day?: string;
  within?: number;
  free?: boolean;
}

export function Services({ search }: { search: ServiceSearch }) {
  const hub = useHub();
  const navigate = useNavigate();
  const [{ data, error }, again] = useQuery({ query: PlaceDocument, variables: { hub: hub.slug } });
  const place = data?.hub;
  const facets: FacetValues = {
    text: search.text ?? '',
    day: search.day && search.day in weekdays ? (search.day as Weekday) : '',
    within: search.within ?? 0,
    free: search.free ?? false,
  };
  const go = (next: ServiceSearch) => void navigate({ to: '/$hub/services', params: { hub: hub.slug }, search: next, replace: true });
  const set = (f: FacetValues) =>
    go({ need: search.need, text: f.text || undefined, day: f.day || undefined, within: f.within || undefined, free: f.free || undefined });

  return (
    <Page title="Find services" caption={`What the partners of ${hub.name} offer`}>
      {error && !data && <Problem error={error} retry={() => again()} />}
      {!place && !error && <Loading what="the catalogue" />}
      {place && (
        <div className="lr-catalogue">
          <Facets facets={facets} onChange={set} place={place} key={hub.slug}>
            <Select id="service-need" label="Need" value={search.need ?? ''} onChange={(e) => go({ ...search, need: e.currentTarget.value || undefined })}>
              <Select.Option value="">Any need</Select.Option>
              {place.needs.map((n) => (
                <Select.Option key={n.code} value={n.code}>
                  {n.name}
                </Select.Option>
              ))}
            </Select>
          </Facets>
          <Found filter={{ ...filterOf(facets, place), needs: search.need ? [search.need] : undefined }} />
        </div>
      )}
    </Page>
  );
}

function Found({ filter }: { filter: ReturnType<typeof filterOf> }) {
  const hub = useHub();
  const pages = usePages(ServicesDocument, { hub: hub.slug, filter, first: 15 }, (data) => data.hub?.services);
  return (
    <section aria-label="Services found">
      <h2 className="nhsuk-u-visually-hidden">Services found</h2>
      <Pages {...pages} what="services" empty={<Empty>No service matches all of this. Ask for less: another day, further away, or fewer words.</Empty>}>
        {(edges) => (
          <ul className="lr-plain-list lr-cards">
            {edges.map(({ node, distanceMetres }) => (
              <li key={node.id}>
                <ServiceCard service={node} distanceMetres={distanceMetres} />
              </li>
            ))}
          </ul>
        )}
      </Pages>
    </section>
  );
}
