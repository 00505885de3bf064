import { Button, TextInput } from 'nhsuk-react-components';
import { useState } from 'react';
import type { CombinedError } from 'urql';
import { SetServiceCapacityDocument, type CaredForFragment } from '../../gql/graphql';
import { announce } from '../../shell/announce';
import { change } from '../../shell/client';
import { useHub } from '../../shell/hub';
import { Problem } from '../../shell/Problem';
import { AssureChosen, AssureOne, Choose, useAssuring } from '../Assure';
import { assured, capacity } from './words';

/** Who looked at each service last, and how many places it has. */
export function Services({ of }: { of: CaredForFragment[] }) {
  const hub = useHub();
  const [services, setServices] = useState(of);
  const put = (some: CaredForFragment[]) => setServices((all) => all.map((s) => some.find((n) => n.id === s.id) ?? s));
  const assuring = useAssuring(services.map((s) => s.id), put);
  if (services.length === 0) return null;
  return (
    <section aria-labelledby="care-title" className="lr-care">
      <h2 id="care-title" className="nhsuk-heading-m">
        Services
      </h2>
      <AssureChosen of={assuring} />
      <ul className="lr-rows">
        {services.map((s) => (
          <li key={s.id}>
            {services.length > 1 && <Choose of={assuring} id={s.id} name={s.name} />}
            <h3 className="nhsuk-heading-s">{s.name}</h3>
            <p>{assured(s, hub.timeZone)}.</p>
            <div className="lr-actions">
              <AssureOne of={assuring} id={s.id} name={s.name} />
            </div>
            {s.capacities
              .filter((c) => c.unit !== 'places')
              .map((c) => (
                <p key={c.id}>{capacity(c, hub.timeZone)}.</p>
              ))}
            <Places of={s} onSaved={(saved) => put([saved])} />
          </li>
        ))}
      </ul>
    </section>
  );
}

const whole = /^\d{1,6}$/;

function Places({ of: service, onSaved }: { of: CaredForFragment; onSaved(service: CaredForFragment): void }) {
  const hub = useHub();
  const known = service.capacities.find((c) => c.unit === 'places');
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState({ available: '', maximum: '' });
  const [wrong, setWrong] = useState<{ available?: string; maximum?: string }>({});
  const [problem, setProblem] = useState<CombinedError>();

  function edit() {
    setTyped({ available: known ? String(known.available) : '', maximum: known?.maximum == null ? '' : String(known.maximum) });
    setWrong({});
    setOpen(true);
  }

  /** Says at each field what is wrong with it; whether nothing is. */
  function mend(found: typeof wrong) {
    setWrong(found);
    const first = found.available ? 'available' : found.maximum ? 'maximum' : undefined;
    if (!first) return true;
    document.getElementById(`${first}-${service.id}`)?.focus();
    announce(`Error: ${found[first]}`);
    return false;
  }

  async function save(available: number | null, maximum: number | null) {
    const outcome = await change(SetServiceCapacityDocument, { input: { hub: hub.slug, serviceId: service.id, unit: 'places', available, maximum } });
    setProblem(outcome.problem);
    if (outcome.problem) return;
    const refused = outcome.userErrors[0];
    if (refused) return void mend({ [refused.field === 'maximum' ? 'maximum' : 'available']: refused.message });
    onSaved(outcome.data.setServiceCapacity.service!);
    setOpen(false);
    announce(`The places of ${service.name} are saved.`);
  }

  function submit() {
    const available = typed.available.trim();
    const maximum = typed.maximum.trim();
    const found = {
      available: whole.test(available) ? undefined : 'Write a whole number, such as 4; 0 if no place is free.',
      maximum: !maximum || whole.test(maximum) ? undefined : 'Write a whole number, or leave it empty.',
    };
    if (mend(found)) void save(Number(available), maximum ? Number(maximum) : null);
  }

  const field = (name: 'available' | 'maximum') => ({
    id: `${name}-${service.id}`,
    error: wrong[name],
    inputMode: 'numeric' as const,
    width: 4 as const,
    autoComplete: 'off',
    value: typed[name],
    onChange: (e: { currentTarget: HTMLInputElement }) => setTyped({ ...typed, [name]: e.currentTarget.value }),
  });
  return (
    <>
      <p>
        {known ? capacity(known, hub.timeZone) : 'Places: not known'}.{' '}
        {!open && (
          <button type="button" className="lr-link-button" onClick={edit}>
            Say how many are free<span className="nhsuk-u-visually-hidden">: {service.name}</span>
          </button>
        )}
      </p>
      {open && (
        <form
          className="lr-inline-form"
          noValidate
          onSubmit={(e) => {
            e.preventDefault();
            submit();
          }}
        >
          <TextInput {...field('available')} label="Free now" autoFocus />
          <TextInput {...field('maximum')} label="Of how many (if known)" />
          <div className="lr-actions">
            <Button type="submit" small>
              Save<span className="nhsuk-u-visually-hidden"> the places of {service.name}</span>
            </Button>
            {known && (
              <Button type="button" secondary small onClick={() => void save(null, null)}>
                It is not known
              </Button>
            )}
            <Button type="button" secondary small onClick={() => setOpen(false)}>
              Go back
            </Button>
          </div>
        </form>
      )}
      {problem && <Problem error={problem} />}
    </>
  );
}
