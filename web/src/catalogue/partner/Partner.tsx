import { Link } from '@tanstack/react-router';
import { useQuery } from 'urql';
import { PartnerDocument } from '../../gql/graphql';
import { useHub } from '../../shell/hub';
import { Loading } from '../../shell/Loading';
import { Unread } from '../../shell/Shell';
import { CataloguePage } from '../CataloguePage';
import { Agreement } from './Agreement';
import { Links } from './Links';
import { Services } from './Services';

/** What is between the hub and one partner: the agreement, its links, and how well its services are known. */
export function PartnerPage({ id }: { id: string }) {
  const hub = useHub();
  const [{ data, error }, again] = useQuery({ query: PartnerDocument, variables: { hub: hub.slug, id } });
  if (!data && !error) return <Loading what="the partner" />;
  const partner = data?.hub?.organisation;
  if (!partner) return <Unread what="partner" error={error} retry={() => again()} />;
  return (
    <CataloguePage
      title={partner.name}
      caption="What was agreed, who looked at its services last, and the links by which it checks its own entry"
      aside={
        <Link to="/$hub/catalogue/records/partners/$id" params={{ hub: hub.slug, id }}>
          Change its entry
        </Link>
      }
    >
      <Links partner={partner} />
      <Services of={partner.services} />
      <Agreement partner={partner} />
    </CataloguePage>
  );
}
