import { Link } from '@tanstack/react-router';
import { useHub } from '../shell/hub';
import { Page } from '../shell/Page';

/** The pages by which a hub's catalogue is kept, in order. */
const sections: { to: string; label: string }[] = [
  { to: '/$hub/catalogue', label: 'To look at' },
  { to: '/$hub/catalogue/records', label: 'Services and partners' },
  { to: '/$hub/catalogue/changes', label: 'Changes asked for' },
  { to: '/$hub/catalogue/partners', label: 'Agreements and links' },
  { to: '/$hub/catalogue/sources', label: 'Sources' },
  { to: '/$hub/catalogue/taxonomy', label: 'Terms and needs' },
  { to: '/$hub/catalogue/duplicates', label: 'Duplicates' },
];

/** A page by which the hub's catalogue is kept, below the way to the others. */
export function CataloguePage(props: React.ComponentProps<typeof Page>) {
  const { slug } = useHub();
  return (
    <>
      <nav aria-label="Catalogue">
        <ul className="lr-sections">
          {sections.map(({ to, label }) => (
            <li key={to}>
              <Link to={to} params={{ hub: slug }} activeOptions={{ exact: to === '/$hub/catalogue', includeSearch: false }}>
                {label}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <Page {...props} />
    </>
  );
}
