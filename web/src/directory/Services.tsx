import { useNavigate } from '@tanstack/react-router';
import { useQuery } from 'urql';
import { PlaceDocument, type PlaceQuery } from '../gql/graphql';
import { announce } from '../shell/announce';
import { useHub } from '../shell/hub';
import { Loading } from '../shell/Loading';
import { Page } from '../shell/Page';
import { Problem } from '../shell/Problem';
import { useShortcut } from '../shell/shortcuts';
import { useBasket } from './useBasket';
import { BasketButton, BasketRegion } from './Basket';
import { Facets } from './Facets';
import { Found } from './Found';
import { step } from './results';
import { SearchBox } from './SearchBox';
import { useConversation } from './useConversation';
import { usePoint } from './usePoint';
import { filterOf, type Wanted } from './wanted';

export function Services({ wanted }: { wanted: Wanted }) {
  const hub = useHub();
  const [{ data, error }, again] = useQuery({ query: PlaceDocument, variables: { hub: hub.slug } });
  const conversation = useConversation();
  const place = data?.hub;
  return (
    <Page title="Find services" caption={`What the partners of ${hub.name} offer`}>
      {error && !place && <Problem error={error} retry={() => again()} />}
      {(!place || !conversation) && !error && <Loading what="the catalogue" />}
      {place && conversation && <Finder wanted={wanted} place={place} conversation={conversation} />}
    </Page>
  );
}

function Finder({ wanted, place, conversation }: { wanted: Wanted; place: NonNullable<PlaceQuery['hub']>; conversation: { id?: string; whose?: string } }) {
  const hub = useHub();
  const navigate = useNavigate();
  const basket = useBasket(hub.slug, conversation.id);
  const from = usePoint(place, wanted.near);
  // What is typed while an answer is under way is added to what stands in the address by then.
  const go = (change: (before: Wanted) => Wanted) => void navigate({ to: '/$hub/services', params: { hub: hub.slug }, search: change as never, replace: true });
  const openBasket = () => void navigate({ to: '/$hub/services/basket', params: { hub: hub.slug } });

  useShortcut('s', 'Open the basket, for a sheet or a text message', openBasket);

  function compare(id: string) {
    if (wanted.compare === id) {
      announce('Not compared any more.');
      return go((w) => ({ ...w, compare: undefined }));
    }
    if (wanted.compare) return void navigate({ to: '/$hub/services/compare', params: { hub: hub.slug }, search: { a: wanted.compare, b: id, near: wanted.near } });
    announce('Choose another service to compare it with.');
    go((w) => ({ ...w, compare: id }));
  }

  return (
    <>
      <div role="search" aria-label="Services">
        <SearchBox
          text={wanted.text ?? ''}
          onText={(text) => go((w) => ({ ...w, text: text || undefined }))}
          onNeed={(need) => go((w) => ({ ...w, text: undefined, need }))}
          onDown={() => step(1)}
        />
      </div>
      <div className="lr-catalogue">
        <div>
          <BasketRegion basket={basket} whose={conversation.whose} />
          <Facets wanted={wanted} onChange={(next) => go(() => next)} place={place} from={from} needs />
        </div>
        {from.busy ? (
          <Loading what="services" />
        ) : (
          <Found filter={filterOf(wanted, from)} first={15} basket={basket} onCompare={compare}>
            {(service) => (
              <p className="lr-actions">
                <BasketButton basket={basket} service={service} />
                <button type="button" className="lr-reason lr-reason--small" aria-pressed={wanted.compare === service.id} onClick={() => compare(service.id)}>
                  {wanted.compare === service.id ? 'Comparing: choose another' : wanted.compare ? 'Compare with the one chosen' : 'Compare'}
                  <span className="nhsuk-u-visually-hidden"> {service.name}</span>
                </button>
              </p>
            )}
          </Found>
        )}
      </div>
    </>
  );
}
