import type { ReactNode } from 'react';
import type { AccessNeedCode, SafeContact } from '../gql/graphql';
import { safeContactWords } from '../shell/words';

// Drawn for Life Rooms on a grid of 24, in strokes. Words always stand beside them: a picture alone would not do.
const needs: Record<AccessNeedCode, { label: string; drawing: ReactNode }> = {
  BSL_INTERPRETER: {
    label: 'British Sign Language interpreter',
    drawing: <path d="M7 12V5.5a1.5 1.5 0 0 1 3 0V11m0-6.5a1.5 1.5 0 0 1 3 0V11m0-5a1.5 1.5 0 0 1 3 0v8c0 4-2 6.500-5 6.500-2.500 0-4-1-5.500-3.500L3 13.500a1.500 1.500 0 0 1 2.500-1.500L7 14M19 6v4m2.500-5v6" />,
  },
  HEARING_LOOP: {
    label: 'Hearing loop',
    drawing: <path d="M7 10a5 5 0 0 1 10 0c0 3-3 3.500-3 6.500A3 3 0 0 1 9 18M10 10.500a2 2 0 0 1 4 0c0 1.500-2 1.500-2 3M19 4l2-2M20 8h2.500" />,
  },
  LIPREADING: {
    label: 'Lip-reads: face them when you speak',
    drawing: <path d="M3 12c2.500-4 5-5 7-4l2 1 2-1c2-1 4.500 0 7 4-2.500 4-5.500 6-9 6s-6.500-2-9-6Zm0 0c4-.5 5.500.5 9 .5s5-1 9-.5" />,
  },
  LARGE_PRINT: { label: 'Large print', drawing: <path d="M3 19 8.500 5 14 19M5 14.500h7M15.500 19l3-8 3 8m-5-2.500h4" /> },
  BRAILLE: {
    label: 'Braille',
    drawing: (
      <g fill="currentColor">
        <circle cx="8" cy="5.500" r="1.500" />
        <circle cx="16" cy="5.500" r="1.500" />
        <circle cx="8" cy="12" r="1.500" />
        <circle cx="16" cy="18.500" r="1.500" />
        <circle cx="8" cy="18.500" r=".4" />
        <circle cx="16" cy="12" r=".4" />
      </g>
    ),
  },
  EASY_READ: { label: 'Easy Read', drawing: <path d="M12 6C9 4 6 4 3 5v13c3-1 6-1 9 1 3-2 6-2 9-1V5c-3-1-6-1-9 1Zm0 0v13M14.500 12l1.500 1.500 2.500-3" /> },
  INTERPRETER: { label: 'Interpreter', drawing: <path d="M3 4h11v8H8l-3 3v-3H3ZM10 15v2h6l3 3v-3h2V9h-4" /> },
  STEP_FREE: { label: 'Step-free access', drawing: <path d="M2 20h20L2 11ZM15 9h6m-2.500-2.500L21 9l-2.500 2.500" /> },
  WHEELCHAIR: {
    label: 'Uses a wheelchair',
    drawing: <path d="M10 8v6h6l2.500 5H21M10 10.500h5M7.500 12a5 5 0 1 0 7 6M10 4.500a1 1 0 1 0 .01 0" />,
  },
  QUIET_SPACE: { label: 'Quiet space', drawing: <path d="M4 10v4h4l5 4V6L8 10ZM16 9.500l5 5m0-5-5 5" /> },
  LONGER_APPOINTMENT: { label: 'Needs more time', drawing: <path d="M12 3a9 9 0 1 0 9 9M12 7v5l3 3M18 2v6m-3-3h6" /> },
  ASSISTANCE_DOG: {
    label: 'Assistance dog',
    drawing: <path d="M4 7l2-2 2 3h7l2-3 3 3-2 3v9h-3v-5H9v5H6v-9ZM19 20h1" />,
  },
  COMPANION: {
    label: 'Comes with a companion',
    drawing: <path d="M8 11a3 3 0 1 0-.01 0ZM2.500 20c0-4 2-6 5.500-6s5.500 2 5.500 6M16.500 11.500a2.500 2.500 0 1 0-.01 0ZM16 14.500c3.500 0 5.500 2 5.500 5.500" />,
  },
};

export const accessNeedCodes = Object.keys(needs) as AccessNeedCode[];
export const accessNeedLabel = (code: AccessNeedCode) => needs[code].label;

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg className="lr-icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

/** What somebody needs so that a visit works for them: to be in view wherever they are. */
export function AccessNeeds({ of }: { of: { code: AccessNeedCode; note?: string | null }[] }) {
  if (of.length === 0) return null;
  return (
    <ul className="lr-access-needs" aria-label="Access needs">
      {of.map((need) => (
        <li key={need.code}>
          <Icon>{needs[need.code].drawing}</Icon>
          <span>
            {needs[need.code].label}
            {need.note && `: ${need.note}`}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** How it is safe to reach somebody; nothing where any way will do. */
export function SafeContactFlag({ of }: { of: { safeContact: SafeContact; safeContactNote?: string | null } }) {
  if (of.safeContact === 'ANY' && !of.safeContactNote) return null;
  return (
    <p className="lr-safe-contact">
      <Icon>
        <path d="M12 3 22 20H2ZM12 10v5M12 17.500v.5" />
      </Icon>
      <span>
        <strong>Safe contact:</strong> {safeContactWords[of.safeContact]}
        {of.safeContactNote && `. ${of.safeContactNote}`}
      </span>
    </p>
  );
}
