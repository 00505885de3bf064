import type { TakeawayFragment } from '../gql/graphql';
import { useHub, useViewer } from '../shell/hub';
import { day, today } from '../shell/words';
import { publicPages, takeaway } from './takeaway';

/**
 * What somebody takes home: seen in print, and on the screen where it is shown. It does not say whose it is: sheets get left on
 * buses.
 */
export function Sheet({ services, place, shown }: { services: TakeawayFragment[]; place: { address?: string | null; postcode?: string | null }; shown?: boolean }) {
  const hub = useHub();
  const { trust } = useViewer();
  const takes = services.map((s) => takeaway(s, publicPages(trust, hub), hub.timeZone).takes).filter((t) => t !== undefined);
  if (takes.length === 0) return null;
  // Beside a page's own heading the sheet's is one below it; on paper it is all there is.
  const [Title, Name] = shown ? (['h2', 'h3'] as const) : (['h1', 'h2'] as const);
  return (
    <article className={shown ? 'lr-sheet lr-sheet--shown' : 'lr-sheet'} aria-label="The sheet">
      <p>
        Life Rooms {hub.name}
        {place.address && `, ${place.address}`}
        {place.postcode && `, ${place.postcode}`}
      </p>
      <Title className="lr-sheet__title">Places that may help you</Title>
      <p>We talked about these on {day(today(hub.timeZone))}. Nobody has been told about you. You choose whether to go.</p>
      {takes.map((one) => (
        <section key={one.id} className="lr-sheet__service">
          <Name className="lr-sheet__name">{one.name}</Name>
          <p className="lr-sheet__partner">{one.partner}</p>
          {one.about && <p>{one.about}</p>}
          {one.alert && (
            <p>
              <strong>Please note:</strong> {one.alert}
            </p>
          )}
          <div className="lr-sheet__body">
            <dl>
              {one.when.length > 0 && (
                <div>
                  <dt>When</dt>
                  {one.when.map((words) => (
                    <dd key={words}>{words}</dd>
                  ))}
                </div>
              )}
              <div>
                <dt>Where</dt>
                {/* The same words whether an address is kept back or was never known. */}
                {one.where.length === 0 && <dd>Ask them where to go</dd>}
                {one.where.map((at) => (
                  <dd key={at.id}>
                    {at.address}
                    {at.access.length > 0 && <span className="lr-sheet__access">{at.access.join(' ')}</span>}
                  </dd>
                ))}
              </div>
              {one.ask.length > 0 && (
                <div>
                  <dt>Get in touch</dt>
                  <dd>{one.ask.join(' or ')}</dd>
                </div>
              )}
              {one.how && (
                <div>
                  <dt>How to get in</dt>
                  <dd>{one.how}</dd>
                </div>
              )}
              <div>
                <dt>Cost</dt>
                <dd>{one.cost}</dd>
              </div>
              {one.who && (
                <div>
                  <dt>Who it is for</dt>
                  <dd>{one.who}</dd>
                </div>
              )}
            </dl>
            {one.page && (
              <figure className="lr-sheet__code">
                <img src={`${one.page}/qr.svg`} alt={`QR code of the page about ${one.name}`} width={110} height={110} />
                <figcaption>Map, dates and more</figcaption>
              </figure>
            )}
          </div>
        </section>
      ))}
      <p className="lr-sheet__end">Come and see us again whenever you like.</p>
    </article>
  );
}
