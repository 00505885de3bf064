import { Link } from '@tanstack/react-router';
import { PartnersDocument, type PartnersQuery } from '../../gql/graphql';
import { useHub } from '../../shell/hub';
import { Empty } from '../../shell/Loading';
import { Pages, usePages } from '../../shell/Pages';
import { day, plural } from '../../shell/words';
import { CataloguePage } from '../CataloguePage';

type Listed = NonNullable<PartnersQuery['hub']>['organisations']['nodes'][number];

/** Every partner, with whether people may be referred to it. */
export function Partners() {
  const hub = useHub();
  const pages = usePages(PartnersDocument, { hub: hub.slug }, (data) => data.hub?.organisations);
  return (
    <CataloguePage title="Agreements and links" caption="What was agreed with each partner, and the links by which partners check their own entries">
      <Pages {...pages} what="partners" empty={<Empty>The catalogue has no partner yet.</Empty>}>
        {(partners) => (
          <div className="lr-scroll" tabIndex={0} role="region" aria-label="Table of partners">
            <table className="lr-table lr-table--words lr-table--names">
              <caption className="nhsuk-u-visually-hidden">Partners, by name</caption>
              <thead>
                <tr>
                  <th scope="col">Partner</th>
                  <th scope="col">Agreement</th>
                  <th scope="col">Answers within</th>
                </tr>
              </thead>
              <tbody>
                {partners.map((p) => (
                  <tr key={p.id}>
                    <td>
                      <Link to="/$hub/catalogue/partners/$id" params={{ hub: hub.slug, id: p.id }}>
                        {p.name}
                      </Link>
                    </td>
                    <td>{agreed(p)}</td>
                    <td>{p.agreement?.responseDays ? plural(p.agreement.responseDays, 'day') : 'Not agreed'}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Pages>
    </CataloguePage>
  );
}

function agreed({ agreement: a }: Listed): string {
  if (!a) return 'None on record';
  if (a.current) return a.endsOn ? `Current, until ${day(a.endsOn)}` : 'Current';
  return a.signedOn && a.endsOn ? `Ended ${day(a.endsOn)}` : 'Not signed';
}
