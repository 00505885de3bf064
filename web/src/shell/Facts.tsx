import { SummaryList } from 'nhsuk-react-components';
import type { ReactNode } from 'react';

/** What is known of a record, a line each; what is not known is left out. */
export type Known = [name: string, value: ReactNode][];

export function Facts({ of }: { of: Known }) {
  return (
    <SummaryList className="lr-facts">
      {of
        .filter(([, value]) => value)
        .map(([name, value]) => (
          <SummaryList.Row key={name}>
            <SummaryList.Key>{name}</SummaryList.Key>
            <SummaryList.Value>{value}</SummaryList.Value>
          </SummaryList.Row>
        ))}
    </SummaryList>
  );
}
