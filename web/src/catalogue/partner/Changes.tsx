import { Link } from '@tanstack/react-router';
import { Button, Textarea } from 'nhsuk-react-components';
import { useId, useRef, useState } from 'react';
import { ApproveChangesDocument, ProposedChangesDocument, RejectChangesDocument, type ProposedChangesQuery } from '../../gql/graphql';
import { announce } from '../../shell/announce';
import { useHub } from '../../shell/hub';
import { Empty } from '../../shell/Loading';
import { Pages, usePages } from '../../shell/Pages';
import { useChange } from '../../shell/useChange';
import { dayOf, plural } from '../../shell/words';
import { CataloguePage } from '../CataloguePage';
import { Difference } from '../Difference';
import { fieldWords, said } from './words';

type Change = NonNullable<ProposedChangesQuery['hub']>['proposedChanges']['nodes'][number];

/** What partners ask to have changed, until somebody decides. */
export function Changes() {
  const hub = useHub();
  const pages = usePages(ProposedChangesDocument, { hub: hub.slug }, (data) => data.hub?.proposedChanges);
  return (
    <CataloguePage title="Changes that partners ask for" caption="Nobody sees a change until you approve it. What has waited longest comes first.">
      <Pages {...pages} what="changes" empty={<Empty>No partner waits for you to decide.</Empty>}>
        {(changes) => (
          <>
            {entries(changes).map((entry) => (
              <Entry key={entry.key} changes={entry.changes} again={pages.again} />
            ))}
          </>
        )}
      </Pages>
    </CataloguePage>
  );
}

/** The changes of one entry belong together. */
function entries(changes: Change[]): { key: string; changes: Change[] }[] {
  const byEntry = new Map<string, Change[]>();
  for (const c of changes) {
    const key = c.service?.id ?? c.organisation.id;
    byEntry.set(key, [...(byEntry.get(key) ?? []), c]);
  }
  return [...byEntry].map(([key, of]) => ({ key, changes: of }));
}

type Decision = 'approved' | 'rejected';

function Entry({ changes, again }: { changes: Change[]; again(): void }) {
  const hub = useHub();
  const title = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  const [decided, setDecided] = useState<Record<string, Decision>>({});
  const { send, refused, trouble } = useChange();
  const [rejecting, setRejecting] = useState<string[]>([]);
  const waiting = changes.filter((c) => !decided[c.id]);
  const { service, organisation } = changes[0]!;
  const name = service?.name ?? organisation.name;

  function settle(ids: string[], decision: Decision) {
    setDecided((all) => ({ ...all, ...Object.fromEntries(ids.map((id) => [id, decision])) }));
    setRejecting([]);
    heading.current?.focus(); // the button that had it is gone
    announce(`${plural(ids.length, 'change')} of ${name} ${decision}.`);
  }

  async function approve(some: Change[]) {
    const proposedChangeIds = some.map((c) => c.id);
    if (await send(ApproveChangesDocument, { input: { hub: hub.slug, proposedChangeIds, seen: some.map((c) => c.now ?? '') } })) settle(proposedChangeIds, 'approved');
  }

  async function reject(proposedChangeIds: string[], reason: string) {
    if (await send(RejectChangesDocument, { input: { hub: hub.slug, proposedChangeIds, reason } })) settle(proposedChangeIds, 'rejected');
  }

  return (
    <section className="lr-card" aria-labelledby={title}>
      <h2 id={title} ref={heading} tabIndex={-1} className="nhsuk-heading-s">
        {service ? (
          <Link to="/$hub/services/$id" params={{ hub: hub.slug, id: service.id }}>
            {service.name}
          </Link>
        ) : (
          organisation.name
        )}
      </h2>
      <p className="lr-small">
        {service ? `A service of ${organisation.name}.` : 'The partner itself.'} Asked by its link on {dayOf(changes[0]!.createdAt, hub.timeZone)}.
      </p>
      {changes.map((c) => (
        <OneChange
          key={c.id}
          of={c}
          name={name}
          decision={decided[c.id]}
          rejecting={rejecting.length === 1 && rejecting[0] === c.id}
          alone={changes.length === 1}
          approve={() => void approve([c])}
          askWhy={() => setRejecting([c.id])}
          reject={(reason) => void reject([c.id], reason)}
          cancel={() => setRejecting([])}
        />
      ))}
      {trouble}
      {refused && (
        <Button type="button" secondary small onClick={again}>
          Load the changes again
        </Button>
      )}
      {waiting.length > 1 && rejecting.length === 0 && (
        <div className="lr-actions">
          <Button type="button" small onClick={() => void approve(waiting)} disabled={waiting.some((c) => c.now == null)} preventDoubleClick>
            Approve all {waiting.length}
            <span className="nhsuk-u-visually-hidden"> of {name}</span>
          </Button>
          <Button type="button" secondary small onClick={() => setRejecting(waiting.map((c) => c.id))}>
            Reject all {waiting.length}
            <span className="nhsuk-u-visually-hidden"> of {name}</span>
          </Button>
        </div>
      )}
      {rejecting.length > 1 && <Why what={`all ${rejecting.length} changes`} reject={(reason) => void reject(rejecting, reason)} cancel={() => setRejecting([])} />}
    </section>
  );
}

function OneChange(props: {
  of: Change;
  name: string;
  decision?: Decision;
  rejecting: boolean;
  alone: boolean;
  approve(): void;
  askWhy(): void;
  reject(reason: string): void;
  cancel(): void;
}) {
  const { of: c, decision } = props;
  const words = fieldWords(c);
  const spoken = <span className="nhsuk-u-visually-hidden">{`: ${words} of ${props.name}`}</span>;
  return (
    <div className="lr-asked__change">
      <h3 className="lr-asked__field">{words}</h3>
      {c.now == null ? (
        <>
          <p>This is no longer in the catalogue, so the change cannot be made. Reject it.</p>
          <p className="lr-difference">{said(c.field, c.proposed)}</p>
        </>
      ) : (
        <>
          {c.now !== c.before && (
            <p className="lr-asked__meanwhile">
              <strong>Changed meanwhile.</strong> When the partner wrote, the entry said: “{said(c.field, c.before) || 'nothing'}”. Below is what would change now.
            </p>
          )}
          {c.now === c.proposed ? <p>The entry says so already: {said(c.field, c.proposed) || 'nothing'}</p> : <Difference field={c.field} from={c.now} to={c.proposed} />}
        </>
      )}
      {decision ? (
        <p className="lr-signposted">{decision === 'approved' ? 'Approved. People see it now.' : 'Rejected.'}</p>
      ) : props.rejecting ? (
        <Why what={`the change to “${words}”`} reject={props.reject} cancel={props.cancel} />
      ) : (
        <div className="lr-actions">
          <Button type="button" secondary={!props.alone} small onClick={props.approve} disabled={c.now == null} preventDoubleClick>
            Approve{spoken}
          </Button>
          <Button type="button" secondary small onClick={props.askWhy}>
            Reject{spoken}
          </Button>
        </div>
      )}
    </div>
  );
}

function Why({ what, reject, cancel }: { what: string; reject(reason: string): void; cancel(): void }) {
  const [reason, setReason] = useState('');
  const [missing, setMissing] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        if (reason.trim()) return reject(reason.trim());
        setMissing(true);
        box.current?.focus(); // so that what is missing is heard
      }}
    >
      <Textarea
        label={`Why do you reject ${what}?`}
        hint="For whoever asks later. The partner does not see it."
        error={missing && !reason.trim() ? 'Say why you reject it' : undefined}
        rows={2}
        maxLength={1000}
        value={reason}
        ref={box}
        autoFocus
        onChange={(e) => setReason(e.currentTarget.value)}
      />
      <div className="lr-actions">
        <Button type="submit" small>
          Reject for this reason
        </Button>
        <Button type="button" secondary small onClick={cancel}>
          Go back
        </Button>
      </div>
    </form>
  );
}
