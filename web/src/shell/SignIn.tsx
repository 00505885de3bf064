import { useEffect, useState } from 'react';
import { Button } from 'nhsuk-react-components';
import { emptyBaskets } from '../directory/useBasket';
import { Loading } from './Loading';

interface Provider {
  id: string;
  name: string;
  trust: string;
}

/** Where to go to sign in with the provider and come back to this page. */
function signInAt(provider: Provider): string {
  return `/auth/login?${new URLSearchParams({ provider: provider.id, return_to: location.pathname + location.search })}`;
}

export function SignIn() {
  const [providers, setProviders] = useState<Provider[] | 'failed'>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    document.title = 'Sign in – Life Rooms';
    const stop = new AbortController();
    fetch('/auth/providers', { signal: stop.signal })
      .then((response) => (response.ok ? response.json() : Promise.reject(new Error(response.statusText))))
      .then(setProviders)
      .catch(() => !stop.signal.aborted && setProviders('failed'));
    return () => stop.abort();
  }, [attempt]);
  const several = Array.isArray(providers) && new Set(providers.map((p) => p.trust)).size > 1;
  return (
    <main className="lr-sign-in" id="maincontent">
      <p className="lr-wordmark lr-wordmark--large">Life Rooms</p>
      <h1 className="nhsuk-heading-l">Sign in</h1>
      {!providers && <Loading what="the ways to sign in" />}
      {providers === 'failed' && (
        <div className="lr-problem" role="alert">
          <p>The ways to sign in could not be loaded. Check the network, then try again.</p>
          <Button type="button" secondary onClick={() => setAttempt(attempt + 1)}>
            Try again
          </Button>
        </div>
      )}
      {Array.isArray(providers) && providers.length === 0 && (
        <p>No way to sign in is set up. Ask your trust’s administrator to add a sign-in provider.</p>
      )}
      {Array.isArray(providers) && providers.length > 0 && (
        <ul className="lr-plain-list lr-sign-in__ways">
          {providers.map((provider) => (
            <li key={provider.id}>
              <a className="nhsuk-button" href={signInAt(provider)}>
                Sign in with {provider.name}
                {several && <span className="lr-sign-in__trust">{provider.trust}</span>}
              </a>
            </li>
          ))}
        </ul>
      )}
      <p className="lr-small">For staff of the hubs. What you look at and change is recorded.</p>
    </main>
  );
}

/** Signs out here, and at the provider where it has a page for that. */
export async function signOut() {
  emptyBaskets();
  const response = await fetch('/auth/logout', { method: 'POST', headers: { 'x-liferooms-client': 'staff-app' } }).catch(() => undefined);
  const answer = response?.ok ? ((await response.json()) as { providerSignOutUrl?: string | null }) : undefined;
  location.assign(answer?.providerSignOutUrl || '/');
}
