import { Select } from 'nhsuk-react-components';
import { useState } from 'react';
import { useQuery } from 'urql';
import { VisitsByWeekDocument } from '../gql/graphql';
import { useHub } from '../shell/hub';
import { Empty, Loading } from '../shell/Loading';
import { Page } from '../shell/Page';
import { Problem } from '../shell/Problem';
import { day, plusDays, today } from '../shell/words';

const noNeed = 'No reason recorded';

/** Visits by week and need, as a table of which each week's total is also drawn. */
export function Report() {
  const hub = useHub();
  const [weeks, setWeeks] = useState(12);
  const to = today(hub.timeZone);
  const [{ data, error, fetching }, again] = useQuery({
    query: VisitsByWeekDocument,
    variables: { hub: hub.slug, from: plusDays(to, -7 * (weeks - 1)), to },
  });
  const rows = data?.hub?.visitsByWeek ?? [];
  const byWeek = Map.groupBy(rows, (r) => r.week);
  const totals = new Map([...byWeek].map(([week, of]) => [week, sum(of)]));
  const needs = [...new Set(rows.map((r) => r.need?.name ?? noNeed))].sort((a, b) => Number(a === noNeed) - Number(b === noNeed) || a.localeCompare(b));
  const most = Math.max(1, ...totals.values());

  return (
    <Page title="Visits by week" caption="Weeks run from Monday to Sunday">
      <Select id="weeks" label="Show" value={weeks} onChange={(e) => setWeeks(Number(e.currentTarget.value))}>
        {[4, 12, 26, 52].map((n) => (
          <Select.Option key={n} value={n}>
            The last {n} weeks
          </Select.Option>
        ))}
      </Select>
      {error && !data && <Problem error={error} retry={() => again()} />}
      {fetching && !data && <Loading what="the visits" />}
      {data && rows.length === 0 && <Empty>No visits in these weeks.</Empty>}
      {rows.length > 0 && (
        <div className="lr-scroll" tabIndex={0} role="region" aria-label="Table of visits by week and need">
          <table className="lr-table lr-table--counts">
            <caption className="nhsuk-u-visually-hidden">Visits by week and need</caption>
            <thead>
              <tr>
                <th scope="col">Week from</th>
                <th scope="col">Visits</th>
                {needs.map((need) => (
                  <th scope="col" key={need}>
                    {need}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {[...byWeek.keys()]
                .sort()
                .reverse()
                .map((week) => (
                  <tr key={week}>
                    <th scope="row">{day(week, { day: 'numeric', month: 'short', year: 'numeric' })}</th>
                    <td className="lr-table__total">
                      {totals.get(week)!.toLocaleString('en-GB')}
                      <span className="lr-table__track">
                        <span className="lr-table__bar" style={{ inlineSize: `${(100 * totals.get(week)!) / most}%` }} />
                      </span>
                    </td>
                    {needs.map((need) => (
                      <td key={need}>{sum(byWeek.get(week)!.filter((r) => (r.need?.name ?? noNeed) === need)).toLocaleString('en-GB')}</td>
                    ))}
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      )}
    </Page>
  );
}

function sum(of: { visits: number }[]): number {
  return of.reduce((n, r) => n + r.visits, 0);
}
