import { Button } from 'nhsuk-react-components';
import { useRef, useState } from 'react';
import type { CombinedError } from 'urql';
import { emptyFacets, Facets, filterOf } from '../directory/Facets';
import { ServiceCard } from '../directory/ServiceCard';
import { ServicesDocument, SignpostDocument, type ServiceCardFragment, type SignpostDetailsFragment } from '../gql/graphql';
import { announce } from '../shell/announce';
import { change, mutationId } from '../shell/client';
import { useHub } from '../shell/hub';
import { Empty } from '../shell/Loading';
import { Pages, usePages } from '../shell/Pages';
import { Problem } from '../shell/Problem';
import type { Place } from './Conversation';

/** Services for the needs that were found, each to be signposted with one press. */
export function Matching(props: {
  conversation: string;
  needs: string[];
  place: Place;
  signposts: SignpostDetailsFragment[];
  onGiven(signpost: SignpostDetailsFragment): void;
  onTakeBack(id: string): void;
}) {
  const hub = useHub();
  const [facets, setFacets] = useState(emptyFacets);
  const [problem, setProblem] = useState<{ error: CombinedError; retry(): void }>();
  const [refused, setRefused] = useState('');
  const busy = useRef(new Set<string>());
  const filter = { ...filterOf(facets, props.place), needs: props.needs.length ? props.needs : undefined };
  const pages = usePages(ServicesDocument, { hub: hub.slug, filter, first: 8 }, (data) => data.hub?.services);

  async function give(service: ServiceCardFragment, clientMutationId = mutationId()) {
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
      <Facets facets={facets} onChange={setFacets} place={props.place} />
      {problem && <Problem error={problem.error} retry={problem.retry} />}
      {refused && (
        <p className="lr-problem" role="alert">
          {refused}
        </p>
      )}
      <Pages {...pages} what="services" empty={<Empty>No service matches all of this. Ask for less: another day, further away, or fewer words.</Empty>}>
        {(edges) => (
          <ul className="lr-plain-list">
            {edges.map(({ node, distanceMetres }) => {
              const given = props.signposts.find((s) => s.service.id === node.id);
              return (
                <li key={node.id}>
                  <ServiceCard service={node} distanceMetres={distanceMetres}>
                    {given ? (
                      <p className="lr-signposted">
                        <strong>Signposted.</strong>{' '}
                        <button type="button" className="lr-link-button" onClick={() => props.onTakeBack(given.id)}>
                          Undo<span className="nhsuk-u-visually-hidden"> the signpost to {node.name}</span>
                        </button>
                      </p>
                    ) : (
                      <Button type="button" small onClick={() => void give(node)}>
                        Signpost<span className="nhsuk-u-visually-hidden"> to {node.name}</span>
                      </Button>
                    )}
                  </ServiceCard>
                </li>
              );
            })}
          </ul>
        )}
      </Pages>
    </section>
  );
}
