import { Button, Select } from 'nhsuk-react-components';
import { useEffect, useState } from 'react';
import { RestoreRecordDocument, RetireRecordDocument, SetVisibilityDocument, type RecordKind, type Visibility } from '../../gql/graphql';
import { announce } from '../../shell/announce';
import { useHub } from '../../shell/hub';
import { useChange } from '../../shell/useChange';
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
  const { send, trouble } = useChange();
  const key = `${of.kind}-${of.id}`;
  useEffect(() => setWanted(of.visibility), [of.visibility]);

  async function show() {
    const made = await send(SetVisibilityDocument, { input: { hub: hub.slug, kind: of.kind, recordId: of.id, visibility: wanted } });
    if (!made) return;
    const effect = made.setVisibility.effect ?? '';
    setSaid(effect);
    announce(effect);
    of.onChanged();
  }

  async function offer(again: boolean) {
    const input = { hub: hub.slug, kind: of.kind, recordId: of.id, version: of.version };
    const made = again ? await send(RestoreRecordDocument, { input }) : await send(RetireRecordDocument, { input });
    if (!made) return;
    announce(again ? `${of.name} is offered again.` : `${of.name} is no longer offered.`);
    of.onChanged();
  }

  return (
    <div className="lr-standing">
      <div className="lr-inline-form">
        <Select
          id={`who-${key}`}
          label={
            <>
              Who sees it<span className="nhsuk-u-visually-hidden"> ({of.name})</span>
            </>
          }
          value={wanted}
          onChange={(e) => setWanted(e.currentTarget.value as Visibility)}
        >
          {Object.entries(visibilityWords).map(([value, words]) => (
            <Select.Option key={value} value={value}>
              {words}
            </Select.Option>
          ))}
        </Select>
        <Button type="button" secondary small disabled={wanted === of.visibility} onClick={() => void show()}>
          Set who sees it<span className="nhsuk-u-visually-hidden"> ({of.name})</span>
        </Button>
        <Button type="button" secondary small onClick={() => void offer(of.retired)}>
          {of.retired ? 'Offer it again' : 'Take it off offer'}
          <span className="nhsuk-u-visually-hidden"> ({of.name})</span>
        </Button>
      </div>
      {wanted !== of.visibility && wanted !== 'PUBLIC' && (
        <p className="lr-small">
          Whatever belongs to it is hidden from the public with it. What is written elsewhere, such as a street in a description, still shows: read it through.
        </p>
      )}
      {said && <p className="lr-small">{said}</p>}
      {trouble}
    </div>
  );
}
