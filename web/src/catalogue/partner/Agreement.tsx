import { Button, DateInput, Textarea, TextInput } from 'nhsuk-react-components';
import { useState } from 'react';
import type { CombinedError } from 'urql';
import { RecordAgreementDocument, type AgreementFragment } from '../../gql/graphql';
import { announce } from '../../shell/announce';
import { change } from '../../shell/client';
import { dateOf, Errors, partsOf, type DateParts, type FieldError } from '../../shell/form';
import { useHub } from '../../shell/hub';
import { Problem } from '../../shell/Problem';
import { day, dayOf } from '../../shell/words';

/** Input fields of the API and the ids that they have here. */
const inputs: Record<string, string> = {
  dataProtectionSignedOn: 'signed-on',
  signedBy: 'signed-by',
  responseDays: 'response-days',
  endsOn: 'ends-on',
  note: 'agreement-note',
};

/** What was agreed with a partner about referrals. */
export function Agreement({ partner }: { partner: { id: string; name: string; agreement?: AgreementFragment | null } }) {
  const hub = useHub();
  const [known, setKnown] = useState(partner.agreement);
  const [signedOn, setSignedOn] = useState(() => partsOf(known?.signedOn));
  const [signedBy, setSignedBy] = useState(known?.signedBy ?? '');
  const [responseDays, setResponseDays] = useState(known?.responseDays == null ? '' : String(known.responseDays));
  const [endsOn, setEndsOn] = useState(() => partsOf(known?.endsOn));
  const [note, setNote] = useState(known?.note ?? '');
  const [errors, setErrors] = useState<FieldError[]>([]);
  const [problem, setProblem] = useState<CombinedError>();
  const errorOf = (field: string) => errors.find((e) => e.field === field)?.message;

  async function save() {
    const signed = dateOf(signedOn);
    const ends = dateOf(endsOn);
    const found: FieldError[] = [];
    if (signed === undefined) found.push({ field: 'signed-on', message: 'The day it was signed must be a real day, such as 3 5 2026' });
    if (responseDays.trim() && !/^\d{1,3}$/.test(responseDays.trim())) found.push({ field: 'response-days', message: 'Write a whole number of days, from 1 to 90' });
    if (ends === undefined) found.push({ field: 'ends-on', message: 'The last day must be a real day, such as 3 5 2027' });
    setErrors(found);
    if (found.length) return;
    const outcome = await change(RecordAgreementDocument, {
      input: {
        hub: hub.slug,
        organisationId: partner.id,
        dataProtectionSignedOn: signed,
        signedBy,
        responseDays: responseDays.trim() ? Number(responseDays) : null,
        endsOn: ends,
        note,
      },
    });
    setProblem(outcome.problem);
    if (outcome.problem) return;
    setErrors(outcome.userErrors.map((e) => ({ field: inputs[e.field ?? ''] ?? 'agreement-title', message: e.message })));
    if (outcome.userErrors.length) return;
    setKnown(outcome.data.recordAgreement.organisation?.agreement);
    announce('The agreement is saved.');
  }

  return (
    <section aria-labelledby="agreement-title" className="lr-care">
      <h2 id="agreement-title" tabIndex={-1} className="nhsuk-heading-m">
        Agreement about referrals
      </h2>
      <p>
        <strong>{standing(known)}</strong>
        {known && (
          <span className="lr-small">
            {' '}
            Recorded {dayOf(known.updatedAt, hub.timeZone)}
            {known.updatedBy && ` by ${known.updatedBy.name}`}.
          </span>
        )}
      </p>
      <Errors of={errors} />
      <form
        className="lr-form--narrow"
        noValidate
        onSubmit={(e) => {
          e.preventDefault();
          void save();
        }}
      >
        <DateInput
          id="signed-on-group"
          name="signed-on"
          legend="When did the partner sign how it protects people’s data?"
          hint="Leave it empty if it has not signed. For example, 3 5 2026"
          error={errorOf('signed-on')}
        >
          <DateInput.Day {...datePart('signed-on', signedOn, setSignedOn, 'day')} />
          <DateInput.Month {...datePart('signed-on', signedOn, setSignedOn, 'month')} />
          <DateInput.Year {...datePart('signed-on', signedOn, setSignedOn, 'year')} />
        </DateInput>
        <TextInput id="signed-by" label="Who signed for the partner?" maxLength={200} autoComplete="off" error={errorOf('signed-by')} value={signedBy} onChange={(e) => setSignedBy(e.currentTarget.value)} />
        <TextInput
          id="response-days"
          label="Within how many days does it answer a referral?"
          inputMode="numeric"
          width={3}
          autoComplete="off"
          error={errorOf('response-days')}
          value={responseDays}
          onChange={(e) => setResponseDays(e.currentTarget.value)}
        />
        <DateInput id="ends-on-group" name="ends-on" legend="When does it end?" hint="The last day. Leave it empty if it has no end" error={errorOf('ends-on')}>
          <DateInput.Day {...datePart('ends-on', endsOn, setEndsOn, 'day')} />
          <DateInput.Month {...datePart('ends-on', endsOn, setEndsOn, 'month')} />
          <DateInput.Year {...datePart('ends-on', endsOn, setEndsOn, 'year')} />
        </DateInput>
        <Textarea id="agreement-note" label="Note" hint="For staff who keep the catalogue. Nothing about people." rows={3} maxLength={2000} error={errorOf('agreement-note')} value={note} onChange={(e) => setNote(e.currentTarget.value)} />
        {problem && <Problem error={problem} />}
        <Button type="submit">
          Save the agreement
        </Button>
      </form>
    </section>
  );
}

/** One part of a day; the first has the id by which the list of problems leads to it. */
function datePart(name: string, value: DateParts, set: (value: DateParts) => void, part: keyof DateParts) {
  return {
    id: part === 'day' ? name : `${name}-${part}`,
    name: `${name}-${part}`,
    value: value[part],
    onChange: (e: { target: unknown }) => set({ ...value, [part]: (e.target as HTMLInputElement).value.trim() }),
  };
}

function standing(a: AgreementFragment | null | undefined): string {
  if (!a) return 'Nothing is on record, so nobody is referred to this partner.';
  if (a.current) return a.endsOn ? `Current, until ${day(a.endsOn)}.` : 'Current.';
  return a.signedOn && a.endsOn ? `It ended on ${day(a.endsOn)}, so nobody is referred to this partner.` : 'It is not signed, so nobody is referred to this partner.';
}
