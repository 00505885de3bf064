import type { ReactNode } from 'react';
import type { EditablePlaceFragment, EditableScheduleFragment } from '../../gql/graphql';
import { list } from '../../shell/words';

export interface Shown {
  name: string;
  partner: string;
  alert: string;
  closed: boolean;
  needs: string[];
  description: string;
  facts: [string, ReactNode][];
  schedules: Pick<EditableScheduleFragment, 'id' | 'summary' | 'description' | 'visibility'>[];
  places: EditablePlaceFragment[];
  /** Why the public does not see it; empty: it does. */
  hiddenBecause: string;
}

/** How the public page of a service will read. */
export function Preview({ of }: { of: Shown }) {
  const schedules = of.schedules.filter((s) => s.visibility === 'PUBLIC');
  const places = of.places.filter((p) => p.visibility === 'PUBLIC' && p.location.visibility === 'PUBLIC');
  return (
    <section className="lr-preview" aria-labelledby="preview-title">
      <h2 id="preview-title" className="nhsuk-heading-s">
        How the public page will read
      </h2>
      {of.hiddenBecause && <p className="lr-stale">{of.hiddenBecause}</p>}
      <div className="lr-preview__page">
        <p className="lr-small">{of.partner}</p>
        <p className="lr-preview__name">{of.name.trim() || 'A name is needed'}</p>
        {of.alert && <p className="lr-inset">{of.alert}</p>}
        {of.closed && <p className="lr-stale">It is not running at present.</p>}
        {of.needs.length > 0 && <p>Helps with {list(of.needs.map((n) => n.toLowerCase()))}.</p>}
        {of.description && <p className="lr-written">{of.description}</p>}
        <dl className="lr-preview__facts">
          {of.facts
            .filter(([, value]) => value)
            .map(([key, value]) => (
              <div key={key}>
                <dt>{key}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          <div>
            <dt>When</dt>
            <dd>
              {schedules.length === 0
                ? 'Ask them'
                : schedules.map((s) => (
                    <span key={s.id} className="lr-line">
                      {[s.summary, s.description].filter(Boolean).join('. ')}
                    </span>
                  ))}
            </dd>
          </div>
          <div>
            <dt>Where</dt>
            <dd>
              {places.length === 0
                ? 'Ask them'
                : places.map((p) => (
                    <span key={p.id} className="lr-line">
                      {[p.location.name, p.location.address, p.location.city, p.location.postcode].filter(Boolean).join(', ')}
                    </span>
                  ))}
            </dd>
          </div>
        </dl>
      </div>
    </section>
  );
}
