import { Button, Checkboxes } from 'nhsuk-react-components';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';

/** One key that does something: a character as long as nobody is typing, a function key always. */
export interface Shortcut {
  key: string;
  does: string;
  act(): void;
}

const active = new Set<Shortcut>();
const setting = 'liferooms.shortcuts';
const settingListeners = new Set<() => void>();

const isOn = () => localStorage.getItem(setting) !== 'off';

function turn(on: boolean) {
  localStorage.setItem(setting, on ? 'on' : 'off');
  settingListeners.forEach((listener) => listener());
}

function useShortcutsOn(): boolean {
  return useSyncExternalStore((listener) => {
    settingListeners.add(listener);
    return () => settingListeners.delete(listener);
  }, isOn);
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && Boolean(target.closest('input:not([type=checkbox]):not([type=radio]), textarea, select, dialog'));
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !isOn()) return;
  if (event.key.length === 1 && typing(event.target)) return;
  const shortcut = [...active].findLast((s) => s.key === event.key);
  if (!shortcut || event.repeat) return;
  event.preventDefault();
  shortcut.act();
});

/** Gives a key its meaning while the component is there and says what it does. */
export function useShortcut(key: string, does: string | false, act: () => void) {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    if (!does) return;
    const shortcut = { key, does, act: () => latest.current() };
    active.add(shortcut);
    return () => void active.delete(shortcut);
  }, [key, does]);
}

/** The button and the dialog that list the keys; the keys can be turned off there (WCAG 2.1.4). */
export function ShortcutHelp() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [shown, setShown] = useState<Shortcut[]>([]);
  const on = useShortcutsOn();
  const open = () => {
    setShown([...active]);
    dialog.current?.showModal();
  };
  useShortcut('?', 'Show this list', open);
  return (
    <>
      <button type="button" className="lr-link-button" onClick={open}>
        Keyboard shortcuts
      </button>
      <dialog ref={dialog} className="lr-dialog" aria-labelledby="shortcuts-title">
        <h2 id="shortcuts-title" className="nhsuk-heading-m">
          Keyboard shortcuts
        </h2>
        <dl className="lr-keys">
          {shown.map((s) => (
            <div key={s.key}>
              <dt>
                <kbd>{s.key}</kbd>
              </dt>
              <dd>{s.does}</dd>
            </div>
          ))}
        </dl>
        <p className="lr-small">In the box that finds people: arrows choose, Enter checks in, Shift and Enter opens the record, Escape clears, and again leaves the box.</p>
        <p className="lr-small">
          In the box that finds services: arrows choose a suggestion, or go on to the services; Enter looks, Escape closes the suggestions, then clears, then leaves
          the box. In the basket: Alt and an arrow moves a service up or down.
        </p>
        <Checkboxes small>
          <Checkboxes.Item checked={on} onChange={(e) => turn(e.currentTarget.checked)} value="on">
            Use these keys on this computer
          </Checkboxes.Item>
        </Checkboxes>
        <Button type="button" secondary onClick={() => dialog.current?.close()}>
          Close
        </Button>
      </dialog>
    </>
  );
}
