import AxeBuilder from '@axe-core/playwright';
import { expect, test as base, type Browser, type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const documents = JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../../web/src/gql/persisted-documents.json'), 'utf8')) as Record<string, string>;

interface Desk {
  /** Noise that a test causes on purpose; anything else that the browser complains of fails the test. */
  expected: RegExp[];
}

/** A page whose console must stay silent: no error, no violation of the content security policy. */
export const test = base.extend<{ desk: Desk }>({
  baseURL: async ({}, use) => use(process.env.LIFEROOMS_URL!),
  desk: [
    async ({ page }, use) => {
      // Being asked to sign in is what a page does first.
      const desk: Desk = { expected: [/status of 401 .*\/graphql/] };
      const complaints: string[] = [];
      page.on('console', (m) => {
        if (m.type() === 'error' || m.type() === 'warning') complaints.push(`${m.type()}: ${m.text()} (${m.location().url})`);
      });
      page.on('pageerror', (e) => complaints.push(`exception: ${e.message}`));
      await page.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', (e) => console.error(`policy violated: ${e.violatedDirective} by ${e.blockedURI} ${e.sample}`));
      });
      await use(desk);
      expect(complaints.filter((c) => !desk.expected.some((e) => e.test(c))), 'what the browser complained of').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Signs in through the provider's page and ends where it was going. */
export async function signIn(page: Page, login: string, at = '/') {
  await page.goto(at);
  const trust = login === 'zoe' ? 'Elsewhere Demo Trust' : 'Merseyside Demo Trust';
  await page.getByRole('link', { name: new RegExp(`^Sign in with .*${trust}`) }).click();
  await page.getByRole('button', { name: new RegExp(`\\(${login}\\)`) }).click();
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
  if (login === 'amir') await endConversation(page);
}

/** An advisor has one conversation at a time: one that a failed test left open would fail the next. */
async function endConversation(page: Page) {
  const { hub } = await send(page, 'MyConversation', { hub: 'walton' });
  if (!hub.myConversation) return;
  await send(page, 'EndConversation', { input: { hub: 'walton', conversationId: hub.myConversation.id } });
  await page.reload();
}

/** Another browser at another desk. */
export async function another(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ baseURL: process.env.LIFEROOMS_URL, viewport: { width: 1280, height: 900 } });
  return context.newPage();
}

/** Sends one of the app's own operations as whoever is signed in, to prepare a case or to look behind the screen. */
export async function send<T = any>(page: Page, operation: string, variables: object): Promise<T> {
  const found = Object.entries(documents).find(([, text]) => new RegExp(`\\b(query|mutation) ${operation}\\b`).test(text));
  if (!found) throw new Error(`the app has no operation ${operation}`);
  const response = await page.request.post('/graphql', {
    headers: { 'x-liferooms-client': 'staff-app' },
    data: { documentId: found[0], variables },
  });
  const answer = (await response.json()) as { data: T; errors?: unknown };
  expect(answer.errors, operation).toBeUndefined();
  return answer.data;
}

let registered = 0;

/** Registers somebody of whom there is only one. */
export async function register(page: Page, given: string, more: object = {}) {
  const family = `Test${String.fromCharCode(97 + (registered % 26))}${['berg', 'ford', 'wick', 'ham', 'ley'][registered++ % 5]}`;
  const { registerPerson } = await send(page, 'RegisterPerson', {
    input: { hub: 'walton', clientMutationId: crypto.randomUUID(), givenName: given, familyName: family, ...more },
  });
  return registerPerson.person as { id: string; displayName: string; memberNumber: string };
}

export async function checkIn(page: Page, personId: string, need?: string) {
  const answer = await send(page, 'CheckIn', { input: { hub: 'walton', clientMutationId: crypto.randomUUID(), personId, need } });
  return answer.checkIn.visit as { id: string };
}

export const searchBox = (page: Page) => page.getByRole('combobox', { name: 'Find a person' });
export const justDone = (page: Page) => page.getByRole('region', { name: 'Just done' });

/** No violation of WCAG 2.2 A and AA that a machine can see. */
export async function accessible(page: Page, what: string) {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
  const told = violations.map((v) => `${v.id}: ${v.help}\n${v.nodes.map((n) => `  ${n.target.join(' ')}: ${n.failureSummary}`).join('\n')}`);
  expect(told, `accessibility of ${what}`).toEqual([]);
}

/** At 400% on a screen of 1280 by 1024, nothing needs scrolling sideways. */
export async function fitsWhenEnlarged(page: Page, what: string) {
  const before = page.viewportSize()!;
  await page.setViewportSize({ width: 320, height: 256 });
  const over = await page.evaluate(() => {
    const beyond = [...document.querySelectorAll<HTMLElement>('body *')].filter(
      (e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.lr-scroll') && getComputedStyle(e).visibility !== 'hidden',
    );
    return document.documentElement.scrollWidth > innerWidth ? beyond.slice(0, 5).map((e) => `${e.tagName}.${e.className}`) : [];
  });
  expect(over, `${what} at 400%`).toEqual([]);
  await picture(page, `${what} at 400%`);
  await page.setViewportSize(before);
}

/** For people to look at; kept out of the repository. */
export async function picture(page: Page, name: string) {
  await page.screenshot({ path: path.resolve(import.meta.dirname, 'screenshots', `${name.replace(/\W+/g, '-')}.png`), fullPage: true });
}
