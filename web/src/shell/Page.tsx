import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import { useContext } from 'react';
import { HubContext } from './hub';

// Where the page was opened from outside, the browser reads it from the top; the heading takes the focus only after a move within.
let moved = false;
let opened: string | null = null;

/** A page: its title, its heading, which takes the focus when one arrives from another page, and what is beside the heading. */
export function Page(props: { title: string; caption?: ReactNode; aside?: ReactNode; keepFocus?: boolean; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const hub = useContext(HubContext);
  useEffect(() => {
    document.title = [props.title, props.title.includes(hub?.name ?? '') ? '' : hub!.name, 'Life Rooms'].filter(Boolean).join(' – ');
  }, [props.title, hub?.name]);
  useEffect(() => {
    if (opened !== null && opened !== location.pathname) moved = true;
    opened = location.pathname;
    if (moved && !props.keepFocus) heading.current?.focus();
  }, [props.keepFocus]);
  return (
    <>
      <div className="lr-heading">
        <div>
          <h1 ref={heading} tabIndex={-1} className="nhsuk-heading-l">
            {props.title}
          </h1>
          {props.caption && <p className="lr-caption">{props.caption}</p>}
        </div>
        {props.aside && <div className="lr-heading__aside">{props.aside}</div>}
      </div>
      {props.children}
    </>
  );
}
