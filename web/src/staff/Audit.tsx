import { AuditDocument } from '../gql/graphql';
import { useHub } from '../shell/hub';
import { Empty } from '../shell/Loading';
import { Page } from '../shell/Page';
import { Pages, usePages } from '../shell/Pages';
import { dayOf, time } from '../shell/words';

/** Who read or changed what: names of fields, never what stood in them. */
export function Audit() {
  const hub = useHub();
  const pages = usePages(AuditDocument, { hub: hub.slug }, (data) => data.hub?.auditEvents);
  return (
    <Page title="Audit" caption="Who read or changed what, newest first">
      <Pages {...pages} what="events" empty={<Empty>Nothing has been recorded yet.</Empty>}>
        {(events) => (
          <div className="lr-scroll" tabIndex={0} role="region" aria-label="Table of events">
            <table className="lr-table lr-table--words">
              <caption className="nhsuk-u-visually-hidden">Events, newest first</caption>
              <thead>
                <tr>
                  <th scope="col">When</th>
                  <th scope="col">Who</th>
                  <th scope="col">What</th>
                  <th scope="col">Of</th>
                  <th scope="col">Fields</th>
                  <th scope="col">Request id</th>
                </tr>
              </thead>
              <tbody>
                {events.map((e) => (
                  <tr key={e.id}>
                    <td>
                      {dayOf(e.at, hub.timeZone)}, {time(e.at, hub.timeZone)}
                    </td>
                    <td>{e.actor?.name ?? 'Life Rooms itself'}</td>
                    <td>{e.action}</td>
                    <td>
                      {e.subjectType}
                      {e.subjectId && <code className="lr-id">{e.subjectId}</code>}
                    </td>
                    <td>{e.fields.join(', ')}</td>
                    <td>
                      <code className="lr-id">{e.requestId}</code>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Pages>
    </Page>
  );
}
