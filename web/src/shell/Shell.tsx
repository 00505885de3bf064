import { Link, Outlet, useParams } from '@tanstack/react-router';
import { SkipLink } from 'nhsuk-react-components';
import { Suspense, useEffect, useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { useQuery, type CombinedError } from 'urql';
import { ViewerDocument, type Permission } from '../gql/graphql';
import { Announcer } from './announce';
import { brand } from './brand';
import { isCode } from './client';
import { HubContext, ViewerContext, allows, useHub, useViewer, type ViewerHub } from './hub';
import { Loading } from './Loading';
import { Page } from './Page';
import { Problem } from './Problem';
import { useSessionOver } from './session';
import { ShortcutHelp } from './shortcuts';
import { SignIn, signOut } from './SignIn';
import { hubName } from './words';

/** Everything is inside: who is signed in is known, or the sign-in page is shown. */
export function Shell() {
  const [{ data, error }, again] = useQuery({ query: ViewerDocument });
  // Signed in again in another tab: the next look at this one finds out.
  useEffect(() => {
    const look = () => document.visibilityState === 'visible' && again();
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [again]);
  const viewer = useMemo(() => data && { ...data.viewer, hubs: data.viewer.hubs.map((hub) => ({ ...hub, name: hubName(hub.name), fullName: hub.name })) }, [data]);
  if (viewer)
    return (
      <ViewerContext value={viewer}>
        <Outlet />
      </ViewerContext>
    );
  if (isCode(error, 'UNAUTHENTICATED')) return <SignIn />;
  return (
    <main className="lr-sign-in" id="maincontent">
      <p className="lr-wordmark lr-wordmark--large">Life Rooms</p>
      <h1 className="nhsuk-u-visually-hidden">Life Rooms</h1>
      {error ? <Problem error={error} retry={() => again()} /> : <Loading what="Life Rooms" />}
    </main>
  );
}

/** The pages of one hub, within what the viewer may do there. */
export function HubShell() {
  const { hub: slug } = useParams({ strict: false });
  const { hubs, closedHubs } = useViewer();
  const hub = hubs.find((h) => h.slug === slug);
  const closed = closedHubs.find((h) => h.slug === slug);
  if (!hub && closed)
    return (
      <Frame>
        <Page title={`${hubName(closed.name)} is closed just now`}>
          <p>{closed.message}</p>
        </Page>
      </Frame>
    );
  if (!hub) return <NotFound />;
  return (
    <HubContext value={hub} key={hub.slug}>
      <Frame>
        <Suspense fallback={<Loading what="the page" />}>
          <Outlet />
        </Suspense>
      </Frame>
    </HubContext>
  );
}

export function ChooseHub() {
  const { hubs } = useViewer();
  return (
    <Frame>
      <Page title="Choose a hub">
        {hubs.length === 0 && (
          <p>You have no role in any hub yet. Ask your hub manager or trust administrator for one, then sign in again.</p>
        )}
        <ul className="lr-plain-list lr-choices">
          {hubs.map((hub) => (
            <li key={hub.slug}>
              <Link to="/$hub" params={{ hub: hub.slug }}>
                {hub.name}
              </Link>
            </li>
          ))}
        </ul>
      </Page>
    </Frame>
  );
}

export function NotFound() {
  return (
    <Frame>
      <NothingHere />
    </Frame>
  );
}

export function NothingHere({ what = 'page' }: { what?: string }) {
  return (
    <Page title={`There is no such ${what}`}>
      <p>The address may be wrong, or what was here was removed or belongs to a hub in which you have no role.</p>
      <p>
        <Link to="/">Go to your hubs</Link>
      </p>
    </Page>
  );
}

/** Instead of a page about one thing that could not be read: that there is none, or what went wrong. */
export function Unread({ what, error, retry }: { what: string; error?: CombinedError; retry(): void }) {
  // What is no id at all is refused as input; it comes from the address, so for a reader it is the same.
  const missing = !error || isCode(error, 'NOT_FOUND') || isCode(error, 'BAD_USER_INPUT');
  return missing ? <NothingHere what={what} /> : <Problem error={error} retry={retry} />;
}

/** Shows what is inside only to those who may see it; the server decides anyway, this saves a wasted walk. */
export function Needs({ permission, children }: { permission: Permission; children: ReactNode }) {
  const hub = useHub();
  if (hub.can(permission)) return children;
  return (
    <Page title="Your role does not allow this">
      <p>Ask your hub manager or trust administrator if you need it.</p>
    </Page>
  );
}

function Frame({ children }: { children: ReactNode }) {
  const viewer = useViewer();
  const { hub: slug } = useParams({ strict: false });
  const hub = viewer.hubs.find((h) => h.slug === slug);
  useEffect(() => brand(hub?.brandColour), [hub?.brandColour]);
  return (
    <>
      <SkipLink href="#maincontent">Skip to main content</SkipLink>
      <header className="lr-header">
        <div className="lr-width lr-header__row">
          <Link to="/" className="lr-wordmark">
            {hub?.brandLogoUrl && <img className="lr-wordmark__logo" src={hub.brandLogoUrl} alt="" />}
            {hub?.brandName ?? 'Life Rooms'}
          </Link>
          {hub && (viewer.hubs.length > 1 ? <HubMenu /> : <span className="lr-header__hub">{hub.name}</span>)}
          <div className="lr-header__who">
            <span>
              {viewer.name}
              <span className="nhsuk-u-visually-hidden">, {viewer.trust.name}</span>
            </span>
            <button type="button" className="lr-header__button" onClick={signOut}>
              Sign out
            </button>
          </div>
        </div>
      </header>
      {hub && <Navigation hub={hub} />}
      <SessionBanner />
      <main className="lr-width lr-main" id="maincontent" tabIndex={-1}>
        {children}
      </main>
      <footer className="lr-width lr-footer">
        <span>{viewer.trust.name}</span>
        <ShortcutHelp />
      </footer>
      <Announcer />
    </>
  );
}

function HubMenu() {
  const { hubs } = useViewer();
  const { hub: slug } = useParams({ strict: false });
  const [open, setOpen] = useState(false);
  const here = hubs.find((h) => h.slug === slug)!;
  const others = hubs.filter((h) => h.slug !== slug);
  return (
    <div
      className="lr-hub-menu"
      onKeyDown={(e) => {
        if (e.key !== 'Escape' || !open) return;
        setOpen(false);
        e.currentTarget.querySelector('button')?.focus();
      }}
      onBlur={(e) => !e.currentTarget.contains(e.relatedTarget) && setOpen(false)}
    >
      <button type="button" className="lr-header__button" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className="nhsuk-u-visually-hidden">Hub: </span>
        {here.name} <span aria-hidden="true">▾</span>
      </button>
      {open && (
        <ul className="lr-hub-menu__list">
          {others.map((hub) => (
            <li key={hub.slug}>
              <Link to="/$hub" params={{ hub: hub.slug }} onClick={() => setOpen(false)}>
                {hub.name}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const places: { to: string; label: string; permission: Permission }[] = [
  { to: '/$hub', label: 'Today', permission: 'DESK_READ' },
  { to: '/$hub/follow-ups', label: 'Follow-ups', permission: 'CONVERSATION_READ' },
  { to: '/$hub/services', label: 'Find services', permission: 'CATALOGUE_READ' },
  { to: '/$hub/catalogue', label: 'Catalogue', permission: 'CATALOGUE_WRITE' },
  { to: '/$hub/report', label: 'Visits by week', permission: 'REPORT_READ' },
  { to: '/$hub/staff', label: 'Staff', permission: 'STAFF_READ' },
  { to: '/$hub/audit', label: 'Audit', permission: 'AUDIT_READ' },
];

function Navigation({ hub }: { hub: ViewerHub }) {
  return (
    <nav className="lr-nav" aria-label="Main">
      <ul className="lr-width lr-nav__list">
        {places
          .filter((place) => allows(hub, place.permission))
          .map((place) => (
            <li key={place.to}>
              <Link to={place.to} params={{ hub: hub.slug }} activeOptions={{ exact: place.to === '/$hub', includeSearch: false }}>
                {place.label}
              </Link>
            </li>
          ))}
      </ul>
    </nav>
  );
}

function SessionBanner() {
  if (!useSessionOver()) return null;
  return (
    <div className="lr-banner" role="alert">
      <div className="lr-width">
        <strong>You are signed out.</strong> What you have typed is still here. <a href="/" target="_blank" rel="noreferrer">Sign in again in a new tab</a>, then
        come back to this one.
      </div>
    </div>
  );
}
