import type { Page } from '@playwright/test';
import { accessible, another, checkIn, expect, fitsWhenEnlarged, picture, register, searchBox, send, signIn, test } from './desk.ts';

// Every page is looked at four times.
test.setTimeout(240_000);

async function good(page: Page, what: string) {
  await accessible(page, what);
  await picture(page, what);
  await fitsWhenEnlarged(page, what);
}

test('the sign-in page', async ({ page }) => {
  await page.goto('/walton');
  await expect(page.getByRole('link', { name: /^Sign in with/ }).first()).toBeVisible();
  await expect(page).toHaveTitle('Sign in – Life Rooms');
  await good(page, 'Sign in');
});

test('the pages of reception', async ({ page }) => {
  await signIn(page, 'fay');
  await expect(page).toHaveTitle('Today at Walton – Life Rooms');
  for (const [name, more] of [
    ['Eilidh', { accessNeeds: [{ code: 'BSL_INTERPRETER' }, { code: 'STEP_FREE' }], pronouns: 'she/her' }],
    ['Osian', { safeContact: 'IN_PERSON_ONLY' }],
  ] as const) {
    const person = await register(page, name, more);
    await checkIn(page, person.id, 'money');
    await expect(page.getByRole('region', { name: 'Waiting for an advisor' })).toContainText(person.displayName);
  }
  await good(page, 'Today');

  await searchBox(page).fill('sean m');
  await expect(page.getByRole('option')).toHaveCount(2);
  await page.keyboard.press('ArrowDown');
  await good(page, 'Today with matches');
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await good(page, 'Keyboard shortcuts');
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'No reason given' }).click();
  await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible();
  await good(page, 'Just done');

  await page.goto('/walton/people/new');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Register a new person');
  await page.getByRole('checkbox', { name: 'Hearing loop' }).check();
  await good(page, 'Register');
  await page.getByRole('button', { name: 'Register only' }).click();
  await expect(page.getByText('There is a problem')).toBeVisible();
  await good(page, 'Register with a problem');

  const person = await register(page, 'Allfields', {
    pronouns: 'they/them',
    dateOfBirth: '1980-05-03',
    phone: '07700900123',
    email: 'somebody@example.org',
    postcode: 'L9 1AA',
    safeContact: 'EMAIL_ONLY',
    safeContactNote: 'Not on Fridays',
    accessNeeds: [{ code: 'ASSISTANCE_DOG' }, { code: 'BRAILLE', note: 'Contracted' }],
  });
  await checkIn(page, person.id);
  await page.goto(`/walton/people/${person.id}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(person.displayName);
  await expect(page.getByRole('heading', { name: 'Visits' })).toBeVisible();
  await good(page, 'Person');

  await page.getByRole('link', { name: 'Change details' }).click();
  await expect(page.getByRole('button', { name: 'Save' })).toBeVisible();
  await good(page, 'Change details');

  await page.goto('/walton/nowhere/at/all');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is no such page');
  await good(page, 'Not found');

  await page.goto('/walton/follow-ups');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your role does not allow this');
  await good(page, 'Not allowed');
});

test('the pages of an advisor', async ({ page }) => {
  await signIn(page, 'amir');
  const person = await register(page, 'Advised', { accessNeeds: [{ code: 'QUIET_SPACE' }], safeContact: 'PHONE_ONLY' });
  const visit = await checkIn(page, person.id, 'isolation');
  await expect(page.getByRole('button', { name: 'Take the next person' })).toBeVisible();
  await good(page, 'Today of an advisor');

  const { takeVisit } = await send(page, 'TakeVisit', { input: { hub: 'walton', clientMutationId: crypto.randomUUID(), visitId: visit.id } });
  await page.goto(`/walton/conversation/${takeVisit.conversation.id}`);
  await page.getByRole('button', { name: /^Signpost to/ }).first().click();
  await expect(page.getByText('Signposted.')).toBeVisible();
  await good(page, 'Conversation open');
  await page.getByRole('button', { name: 'End the conversation' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Today at Walton');
  await page.goto(`/walton/conversation/${takeVisit.conversation.id}`);
  await expect(page.getByText('Nothing was written.').first()).toBeVisible();
  await good(page, 'Conversation ended');

  await page.getByRole('link', { name: 'Follow-ups' }).click();
  await expect(page.getByText('Did they get there?').first()).toBeVisible();
  await good(page, 'Follow-ups');

  await page.getByRole('link', { name: 'Find services' }).click();
  await expect(page.getByRole('article').first()).toBeVisible();
  await good(page, 'Services');
  await page.getByRole('combobox', { name: 'Need' }).selectOption('money');
  await page.getByRole('combobox', { name: 'Within' }).selectOption({ label: '5 miles' });
  await page.getByRole('checkbox', { name: 'Free only' }).check();
  await expect(page).toHaveURL(/need=money.*within=5.*free=true/);
  await expect(page.getByText(/miles away/).first()).toBeVisible();
  await page.getByRole('combobox', { name: 'Search' }).fill('zzzxqqzz');
  await expect(page.getByText('No service matches all of this.')).toBeVisible();
  await good(page, 'Services, none');
  await page.getByRole('combobox', { name: 'Search' }).fill('');
  await page.getByRole('article').first().getByRole('link').click();
  await expect(page.getByRole('heading', { name: 'What to know' })).toBeVisible();
  await good(page, 'Service');
});

test('the pages of a manager and of a trust admin', async ({ page, browser }) => {
  await signIn(page, 'mo');
  await page.getByRole('link', { name: 'Visits by week' }).click();
  await expect(page.getByRole('rowheader').first()).toBeVisible();
  await good(page, 'Visits by week');

  const other = await another(browser);
  await signIn(other, 'ada');
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('Choose a hub');
  await good(other, 'Choose a hub');
  await other.getByRole('link', { name: 'Walton' }).click();
  // A first role is given to somebody who is not listed yet: found by name, from the keyboard.
  await other.getByRole('link', { name: 'Staff' }).click();
  const find = other.getByRole('textbox', { name: 'Find a colleague' });
  await find.fill('zz nobody');
  await expect(other.getByText('Nobody of the trust matches “zz nobody”.')).toBeVisible();
  await good(other, 'Staff, nobody matches');
  await find.fill('m');
  await expect(other.getByText('Type two letters or more.')).toBeVisible();
  const { viewer } = await send(page, 'Viewer', {});
  await find.fill(viewer.name.toLowerCase());
  const mo = other.getByRole('article', { name: viewer.name });
  await expect(mo).toContainText('No role here given in the app.');
  await expect(other.getByTestId('announcer')).toContainText('1 colleague matches.');
  await other.keyboard.press('Tab');
  await expect(mo.getByRole('combobox', { name: 'Give a role' })).toBeFocused();
  await other.keyboard.type('Volunteer lead');
  await other.keyboard.press('Tab');
  await other.keyboard.press('Enter');
  const grant = mo.getByRole('listitem').filter({ hasText: 'Volunteer lead' });
  await expect(grant).toBeVisible();
  await good(other, 'Staff, a colleague found');
  await find.press('Escape');
  await expect(other.getByRole('list', { name: 'Staff with a role here' }).getByRole('article', { name: viewer.name })).toBeVisible();

  await other.getByRole('button', { name: /^Hub: Walton/ }).click();
  await expect(other.getByRole('link', { name: 'Southport' })).toBeVisible();
  await good(other, 'Staff, choosing a hub');
  await other.keyboard.press('Escape');
  await grant.getByRole('button', { name: /^Take away/ }).click();
  await expect(grant).toHaveCount(0);

  await other.getByRole('link', { name: 'Audit' }).click();
  await expect(other.getByRole('cell').first()).toBeVisible();
  await good(other, 'Audit');
  await other.context().close();
});

test('when the server cannot answer, the page says what to do and names the request', async ({ page, desk }) => {
  desk.expected.push(/status of 500/);
  await signIn(page, 'fay');
  await page.route('**/graphql', (route) => {
    if (!route.request().postData()?.includes('"search"')) return route.fallback();
    return route.fulfill({
      status: 500,
      contentType: 'application/json',
      body: JSON.stringify({ errors: [{ message: 'Something went wrong on our side. Nothing was saved.', extensions: { code: 'INTERNAL', requestId: 'req-123' } }] }),
    });
  });
  await searchBox(page).fill('anybody');
  const alert = page.getByRole('alert').filter({ hasText: 'That did not work' });
  await expect(alert).toContainText('req-123');
  await expect(alert.getByRole('button', { name: 'Try again' })).toBeVisible();
  await good(page, 'A problem');
  await page.unroute('**/graphql');
  await alert.getByRole('button', { name: 'Try again' }).click();
  await expect(alert).toHaveCount(0);
});

test('with forced colours and without movement the desk can still be read', async ({ page }) => {
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  await signIn(page, 'fay');
  await searchBox(page).fill('sean m');
  await expect(page.getByRole('option')).toHaveCount(2);
  await page.keyboard.press('ArrowDown');
  const [chosen, other] = await Promise.all(
    [true, false].map((selected) => page.getByRole('option', { selected }).evaluate((e) => getComputedStyle(e).outlineStyle)),
  );
  expect([chosen, other]).toEqual(['solid', 'none']);
  await picture(page, 'Forced colours');
});
