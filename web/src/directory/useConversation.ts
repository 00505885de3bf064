import { useQuery } from 'urql';
import { MyConversationDocument } from '../gql/graphql';
import { useHub } from '../shell/hub';

/** The conversation that the viewer has open, whose basket is filled meanwhile; undefined until it is known whether there is one. */
export function useConversation(): { id?: string; whose?: string } | undefined {
  const hub = useHub();
  const advises = hub.can('CONVERSATION_WRITE');
  const [{ data, error }] = useQuery({ query: MyConversationDocument, variables: { hub: hub.slug }, pause: !advises });
  if (advises && !data && !error) return undefined;
  const mine = data?.hub?.myConversation;
  return mine ? { id: mine.id, whose: mine.person?.displayName ?? 'an anonymous visitor' } : {};
}
