import { Button, Checkboxes } from 'nhsuk-react-components';
import { useState } from 'react';
import type { CombinedError } from 'urql';
import { AssureServicesDocument, SetServiceCapacityDocument, type CaredForFragment } from '../../gql/graphql';
import { announce } from '../../shell/announce';
import { change } from '../../shell/client';
import { useHub } from '../../shell/hub';
import { Problem } from '../../shell/Problem';
import { plural } from '../../shell/words';
import { assured, capacity } from './words';

/** Who looked at each service last, and how many places it has. */
export function Services({ of }: { of: CaredForFragment[] }) {
  const hub = useHub();
  const [services, setServices] = useState(of);
  const [chosen, setChosen] = useState<string[]>([]);
  const [problem, setProblem] = useState<CombinedError>();
  const [refused, setRefused] = useState('');

  function put(some: CaredForFragment[]) {
    setServices((all) => all.map((s) => some.find((n) => n.id === s.id) ?? s));
  }

  async function assure(serviceIds: string[]) {
    const outcome = await change(AssureServicesDocument, { input: { hub: hub.slug, serviceIds } });
    setProblem(outcome.problem);
    if (outcome.problem) return;
    setRefused(outcome.userErrors[0]?.message ?? '');
    if (outcome.userErrors.length) return;
    put(outcome.data.assureServices.services);
    setChosen([]);
    announce(`${plural(serviceIds.length, 'service')} marked as assured today.`);
  }

  if (services.length === 0) return null;
  return (
    <section aria-labelledby="care-title" className="lr-care">
      <h2 id="care-title" className="nhsuk-heading-m">
        Services
      </h2>
      {services.length > 1 && (
        <div className="lr-actions">
          <Button type="button" secondary small onClick={() => setChosen(chosen.length === services.length ? [] : services.map((s) => s.id))}>
            {chosen.length === services.length ? 'Choose none' : 'Choose all'}
          </Button>
          {chosen.length > 0 && (
            <Button type="button" small onClick={() => void assure(chosen)} preventDoubleClick>
              Mark {plural(chosen.length, 'service')} as assured today
            </Button>
          )}
        </div>
      )}
      {refused && (
        <p className="lr-problem" role="alert">
          {refused}
        </p>
      )}
      {problem && <Problem error={problem} />}
      <ul className="lr-plain-list">
        {services.map((s) => (
          <li key={s.id} className="lr-card">
            {services.length > 1 ? (
              <Checkboxes small>
                <Checkboxes.Item
                  value={s.id}
                  checked={chosen.includes(s.id)}
                  onChange={(e) => {
                    const on = e.currentTarget.checked;
                    setChosen((all) => (on ? [...all, s.id] : all.filter((id) => id !== s.id)));
                  }}
                >
                  <strong>{s.name}</strong>
                </Checkboxes.Item>
              </Checkboxes>
            ) : (
              <h3 className="nhsuk-heading-s">{s.name}</h3>
            )}
            <p className="lr-care__fact">
              {assured(s, hub.timeZone)}.{' '}
              <button type="button" className="lr-link-button" onClick={() => void assure([s.id])}>
                Mark as assured today<span className="nhsuk-u-visually-hidden">: {s.name}</span>
              </button>
            </p>
            {s.capacities
              .filter((c) => c.unit !== 'places')
              .map((c) => (
                <p key={c.id} className="lr-care__fact">
                  {capacity(c, hub.timeZone)}.
                </p>
              ))}
            <Places of={s} onSaved={(saved) => put([saved])} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Places({ of: service, onSaved }: { of: CaredForFragment; onSaved(service: CaredForFragment): void }) {
  const hub = useHub();
  const known = service.capacities.find((c) => c.unit === 'places');
  const [open, setOpen] = useState(false);
  const [available, setAvailable] = useState('');
  const [maximum, setMaximum] = useState('');
  const [problem, setProblem] = useState<CombinedError>();
  const [refused, setRefused] = useState('');

  async function save(free: number | null) {
    const outcome = await change(SetServiceCapacityDocument, {
      input: { hub: hub.slug, serviceId: service.id, unit: 'places', available: free, maximum: free !== null && maximum.trim() ? Number(maximum) : null },
    });
    setProblem(outcome.problem);
    if (outcome.problem) return;
    setRefused(outcome.userErrors[0]?.message ?? '');
    const saved = outcome.data.setServiceCapacity.service;
    if (!saved) return;
    onSaved(saved);
    setOpen(false);
    announce(`The places of ${service.name} are saved.`);
  }

  function submit() {
    const whole = /^\d{1,6}$/;
    if (!whole.test(available.trim()) || (maximum.trim() && !whole.test(maximum.trim()))) {
      setRefused('Write whole numbers, such as 4; 0 if no place is free.');
      return;
    }
    void save(Number(available));
  }

  const ids = { available: `available-${service.id}`, maximum: `maximum-${service.id}`, error: `places-error-${service.id}` };
  return (
    <>
      <p className="lr-care__fact">
        {known ? capacity(known, hub.timeZone) : 'Places: not known'}.{' '}
        {!open && (
          <button
            type="button"
            className="lr-link-button"
            onClick={() => {
              setAvailable(known ? String(known.available) : '');
              setMaximum(known?.maximum == null ? '' : String(known.maximum));
              setOpen(true);
            }}
          >
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
          {(
            [
              ['available', 'Free now', available, setAvailable],
              ['maximum', 'Of how many (if known)', maximum, setMaximum],
            ] as const
          ).map(([name, label, value, set]) => (
            <div key={name} className="nhsuk-form-group">
              <label className="nhsuk-label" htmlFor={ids[name]}>
                {label}
              </label>
              <input
                id={ids[name]}
                className="nhsuk-input nhsuk-input--width-4"
                inputMode="numeric"
                autoFocus={name === 'available'}
                autoComplete="off"
                aria-describedby={refused ? ids.error : undefined}
                aria-invalid={refused ? true : undefined}
                value={value}
                onChange={(e) => set(e.target.value)}
              />
            </div>
          ))}
          <Button type="submit" small>
            Save<span className="nhsuk-u-visually-hidden"> the places of {service.name}</span>
          </Button>
          {known && (
            <Button type="button" secondary small onClick={() => void save(null)}>
              It is not known
            </Button>
          )}
          <Button type="button" secondary small onClick={() => setOpen(false)}>
            Go back
          </Button>
        </form>
      )}
      {refused && (
        <p id={ids.error} className="lr-problem" role="alert">
          {refused}
        </p>
      )}
      {problem && <Problem error={problem} />}
    </>
  );
}
