import { Checkboxes, Select, TextInput } from 'nhsuk-react-components';
import { useEffect, useState } from 'react';
import type { ServiceFilter, Weekday } from '../gql/graphql';
import { near } from '../shell/words';

export const weekdays: Record<Weekday, string> = {
  MONDAY: 'Monday',
  TUESDAY: 'Tuesday',
  WEDNESDAY: 'Wednesday',
  THURSDAY: 'Thursday',
  FRIDAY: 'Friday',
  SATURDAY: 'Saturday',
  SUNDAY: 'Sunday',
};

const distances = [1, 2, 5, 10];

export interface FacetValues {
  text: string;
  day: Weekday | '';
  within: number;
  free: boolean;
}

export const emptyFacets: FacetValues = { text: '', day: '', within: 0, free: false };

interface Point {
  latitude?: number | null;
  longitude?: number | null;
}

export function filterOf(facets: FacetValues, place: Point): ServiceFilter {
  return {
    text: facets.text || undefined,
    day: facets.day || undefined,
    near: near(place, facets.within) ?? undefined,
    free: facets.free || undefined,
  };
}

export function Facets({ facets, onChange, place, children }: { facets: FacetValues; onChange(f: FacetValues): void; place: Point; children?: React.ReactNode }) {
  const [text, setText] = useState(facets.text);
  // Looked for once the typing rests.
  useEffect(() => {
    if (text.trim() === facets.text) return;
    const timer = setTimeout(() => onChange({ ...facets, text: text.trim() }), 300);
    return () => clearTimeout(timer);
  }, [text, facets, onChange]);
  return (
    <div className="lr-facets" role="search" aria-label="Services">
      <TextInput id="service-text" label="Words" autoComplete="off" maxLength={200} value={text} onChange={(e) => setText(e.currentTarget.value)} />
      {children}
      <Select id="service-day" label="On" value={facets.day} onChange={(e) => onChange({ ...facets, day: e.currentTarget.value as Weekday | '' })}>
        <Select.Option value="">Any day</Select.Option>
        {Object.entries(weekdays).map(([value, name]) => (
          <Select.Option key={value} value={value}>
            {name}
          </Select.Option>
        ))}
      </Select>
      {place.latitude != null && (
        <Select id="service-within" label="Within" value={facets.within} onChange={(e) => onChange({ ...facets, within: Number(e.currentTarget.value) })}>
          <Select.Option value={0}>Any distance</Select.Option>
          {distances.map((n) => (
            <Select.Option key={n} value={n}>
              {n === 1 ? '1 mile' : `${n} miles`}
            </Select.Option>
          ))}
        </Select>
      )}
      <Checkboxes small>
        <Checkboxes.Item id="service-free" value="free" checked={facets.free} onChange={(e) => onChange({ ...facets, free: e.currentTarget.checked })}>
          Free only
        </Checkboxes.Item>
      </Checkboxes>
    </div>
  );
}
