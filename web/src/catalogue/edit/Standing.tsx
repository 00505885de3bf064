import { Button, Select } from 'nhsuk-react-components';
import { useState } from 'react';
import { RestoreRecordDocument, RetireRecordDocument, SetVisibilityDocument, type RecordKind, type Visibility } from '../../gql/graphql';
import { announce } from '../../shell/announce';
import { change } from '../../shell/client';
import { useHub } from '../../shell/hub';
import { visibilityWords } from './words';

interface Of {
  kind: RecordKind;
  id: string;
  version: number;
  name: string;
  visibility: Visibility;
  retired: boolean;
  onChanged(): void;
}

/** Who sees a record, and whether it is offered: both hold at once. */
export function Standing({ of }: { of: Of }) {
  const hub = useHub();
  const [wanted, setWanted] = useState<Visibility>(of.visibility);
  const [said, setSaid] = useState('');
  const [refused, setRefused] = useState('');
  const key = `${of.kind}-${of.id}`;

  async function show() {
    const outcome = await change(SetVisibilityDocument, { input: { hub: hub.slug, kind: of.kind, recordId: of.id, visibility: wanted } });
    const why = outcome.problem ? 'That did not work. Try again.' : outcome.userErrors[0]?.message;
    setRefused(why ?? '');
    if (why) return;
    const effect = outcome.data?.setVisibility.effect ?? '';
    setSaid(effect);
    announce(effect);
    of.onChanged();
  }

  async function offer(again: boolean) {
    const input = { hub: hub.slug, kind: of.kind, recordId: of.id, version: of.version };
    const outcome = again ? await change(RestoreRecordDocument, { input }) : await change(RetireRecordDocument, { input });
    const why = outcome.problem ? 'That did not work. Try again.' : outcome.userErrors[0]?.message;
    setRefused(why ?? '');
    if (why) return;
    announce(again ? `${of.name} is offered again.` : `${of.name} is no longer offered.`);
    of.onChanged();
  }

  return (
    <div className="lr-standing">
      <div className="lr-inline-form">
        <Select id={`who-${key}`} label={<>Who sees it<span className="nhsuk-u-visually-hidden">: {of.name}</span></>} value={wanted} onChange={(e) => setWanted(e.currentTarget.value as Visibility)}>
          {Object.entries(visibilityWords).map(([value, words]) => (
            <Select.Option key={value} value={value}>
              {words}
            </Select.Option>
          ))}
        </Select>
        <Button type="button" secondary small disabled={wanted === of.visibility} onClick={() => void show()}>
          Set who sees it<span className="nhsuk-u-visually-hidden">: {of.name}</span>
        </Button>
        <Button type="button" secondary small onClick={() => void offer(of.retired)}>
          {of.retired ? 'Offer it again' : 'Take it off offer'}
          <span className="nhsuk-u-visually-hidden">: {of.name}</span>
        </Button>
      </div>
      {wanted !== of.visibility && wanted !== 'PUBLIC' && (
        <p className="lr-small">
          Whatever belongs to it is hidden from the public with it. What is written elsewhere, such as a street in a description, still shows: read it through.
        </p>
      )}
      {said && <p className="lr-small">{said}</p>}
      {refused && (
        <p className="lr-problem" role="alert">
          {refused}
        </p>
      )}
    </div>
  );
}
