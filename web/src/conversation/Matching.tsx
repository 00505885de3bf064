import { Button } from 'nhsuk-react-components';
import { useRef, useState } from 'react';
import type { CombinedError } from 'urql';
import { BasketButton, BasketRegion } from '../directory/Basket';
import { Facets } from '../directory/Facets';
import { Found } from '../directory/Found';
import { step } from '../directory/results';
import { SearchBox } from '../directory/SearchBox';
import { useBasket } from '../directory/useBasket';
import { usePoint } from '../directory/usePoint';
import { filterOf, type Wanted } from '../directory/wanted';
import { SignpostDocument, type ServiceCardFragment, type SignpostDetailsFragment } from '../gql/graphql';
import { announce } from '../shell/announce';
import { change, mutationId } from '../shell/client';
import { useHub } from '../shell/hub';
import { Loading } from '../shell/Loading';
import { Problem } from '../shell/Problem';
import type { Place } from './Conversation';

/** Services for the needs that were found, each to be signposted with one press. */
export function Matching(props: {
  conversation: string;
  needs: string[];
  place: Place;
  /** The person's postcode. */
  theirs?: string | null;
  signposts: SignpostDetailsFragment[];
  onGiven(signpost: SignpostDetailsFragment): void;
  onTakeBack(id: string): void;
}) {
  const hub = useHub();
  // Not in the address: what is looked for says something about the person.
  const [wanted, setWanted] = useState<Wanted>({});
  const basket = useBasket(hub.slug, props.conversation);
  const from = usePoint(props.place, wanted.near);
  const [problem, setProblem] = useState<{ error: CombinedError; retry(): void }>();
  const [refused, setRefused] = useState('');
  const busy = useRef(new Set<string>());
  const filter = { ...filterOf(wanted, from), needs: wanted.need ? [wanted.need] : props.needs.length ? props.needs : undefined };

  async function give(service: Pick<ServiceCardFragment, 'id' | 'name' | 'needs'>, clientMutationId = mutationId()) {
    if (busy.current.has(service.id)) return;
    busy.current.add(service.id);
    const need = service.needs.find((n) => props.needs.includes(n.code))?.code;
    const outcome = await change(SignpostDocument, {
      input: { hub: hub.slug, clientMutationId, conversationId: props.conversation, serviceId: service.id, need },
    });
    busy.current.delete(service.id);
    setProblem(outcome.problem && { error: outcome.problem, retry: () => give(service, clientMutationId) });
    if (outcome.problem) return;
    const { signpost } = outcome.data.signpost;
    setRefused(signpost ? '' : (outcome.userErrors[0]?.message ?? 'The signpost was not given.'));
    if (!signpost) return;
    props.onGiven(signpost);
    announce(`Signposted to ${service.name}.`);
  }

  return (
    <section aria-labelledby="matching-title">
      <h2 id="matching-title" className="nhsuk-heading-m">
        {props.needs.length ? 'Services for these needs' : 'Services'}
      </h2>
      <div role="search" aria-label="Services">
        <SearchBox
          text={wanted.text ?? ''}
          onText={(text) => setWanted((w) => ({ ...w, text: text || undefined }))}
          onNeed={(need) => setWanted((w) => ({ ...w, text: undefined, need }))}
          onDown={() => step(1)}
        />
        <Facets wanted={wanted} onChange={setWanted} place={props.place} from={from} theirs={props.theirs} needs={Boolean(wanted.need)} />
      </div>
      {basket.items.length > 0 && (
        <BasketRegion basket={basket}>
          {(item) =>
            props.signposts.some((s) => s.service.id === item.id) ? (
              <span className="lr-signposted">Signposted</span>
            ) : (
              <button type="button" className="lr-link-button" onClick={() => void give({ ...item, needs: [] })}>
                Signpost<span className="nhsuk-u-visually-hidden"> to {item.name}, from the basket</span>
              </button>
            )
          }
        </BasketRegion>
      )}
      {problem && <Problem error={problem.error} retry={problem.retry} />}
      {refused && (
        <p className="lr-problem" role="alert">
          {refused}
        </p>
      )}
      {from.busy ? (
        <Loading what="services" />
      ) : (
        <Found filter={filter} first={8} basket={basket}>
          {(service) => {
            const given = props.signposts.find((s) => s.service.id === service.id);
            return given ? (
              <p className="lr-signposted">
                <strong>Signposted.</strong>{' '}
                <button type="button" className="lr-link-button" onClick={() => props.onTakeBack(given.id)}>
                  Undo<span className="nhsuk-u-visually-hidden"> the signpost to {service.name}</span>
                </button>
              </p>
            ) : (
              <p className="lr-actions">
                <Button type="button" small onClick={() => void give(service)}>
                  Signpost<span className="nhsuk-u-visually-hidden"> to {service.name}</span>
                </Button>
                <BasketButton basket={basket} service={service} />
              </p>
            );
          }}
        </Found>
      )}
    </section>
  );
}
