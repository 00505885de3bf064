import type { Browser, Page } from '@playwright/test';
import { accessible, expect, fitsWhenEnlarged, picture, send, signIn, test } from './desk.ts';

// A partner looks after its own entry: each page is looked at four times.
test.setTimeout(240_000);

async function good(page: Page, what: string) {
  await accessible(page, what);
  await picture(page, what);
  await fitsWhenEnlarged(page, what);
}

/** The partner's browser, which runs no script; and the same page in one that does, for the checks. */
async function withoutScript(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ baseURL: process.env.LIFEROOMS_URL, viewport: { width: 1280, height: 900 }, javaScriptEnabled: false });
  return context.newPage();
}

async function goodWithoutScript(browser: Browser, page: Page, what: string) {
  const context = await browser.newContext({ viewport: page.viewportSize()!, javaScriptEnabled: true });
  const looking = await context.newPage();
  await looking.goto(page.url());
  await good(looking, what);
  await context.close();
}

interface Partner {
  id: string;
  name: string;
  services: { id: string; name: string }[];
}

/** A partner of the demo's with a service, for a test of its own. */
async function partnerAt(page: Page, n: number): Promise<Partner> {
  const { hub } = await send(page, 'Partners', { hub: 'walton' });
  const { hub: full } = await send(page, 'Partner', { hub: 'walton', id: hub.organisations.nodes[n].id });
  return full.organisation as Partner;
}

async function makeLink(page: Page, partner: Partner): Promise<string> {
  await page.goto(`/walton/catalogue/partners/${partner.id}`);
  await page.getByRole('button', { name: 'Make a link' }).click();
  const link = page.getByRole('textbox', { name: `Link for ${partner.name}` });
  await expect(link).toHaveValue(/\/partner\/[\w-]{43}$/);
  return link.inputValue();
}

test('a partner corrects its entry by a link, and people see it when the manager approves', async ({ page, browser }) => {
  await signIn(page, 'mo');
  const partner = await partnerAt(page, 1);
  const service = partner.services[0]!;

  await page.goto('/walton/catalogue/partners');
  await page.getByRole('link', { name: partner.name, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: partner.name })).toBeVisible();
  await page.getByRole('combobox', { name: 'The link works for' }).selectOption({ label: '14 days' });
  const url = await makeLink(page, partner);
  await expect(page.getByRole('link', { name: 'Write an email with it' })).toHaveAttribute('href', /^mailto:.*subject=.*Life%20Rooms%20Walton&body=.*%2Fpartner%2F/);
  await good(page, 'A partner with a new link');

  // The partner, in a browser without scripts.
  const theirs = await withoutScript(browser);
  await theirs.goto(url);
  await expect(theirs.getByRole('heading', { level: 1, name: `${partner.name}: your entry` })).toBeVisible();
  for (const other of (await send(page, 'Partners', { hub: 'walton' })).hub.organisations.nodes) {
    if (other.id !== partner.id) await expect(theirs.getByText(other.name, { exact: true })).toHaveCount(0);
  }
  await goodWithoutScript(browser, theirs, 'Partner, entry');

  await theirs.getByRole('link', { name: `Correct ${service.name}`, exact: true }).click();
  await goodWithoutScript(browser, theirs, 'Partner, form');
  await theirs.getByRole('textbox', { name: 'Name of the service' }).fill('');
  await theirs.getByRole('textbox', { name: 'Website' }).fill('nowhere');
  await theirs.getByRole('button', { name: 'Send the changes' }).click();
  await expect(theirs.getByRole('alert')).toContainText('There is a problem');
  await expect(theirs).toHaveTitle(/^Error: /);
  await picture(theirs, 'Partner, form with mistakes');
  await theirs.getByRole('alert').getByRole('link', { name: /^Website/ }).click();
  await expect(theirs.getByRole('textbox', { name: 'Website' })).toBeFocused();

  const description = 'Come in for a cup of tea and a talk about money. Nobody is turned away.';
  await theirs.getByRole('textbox', { name: 'Name of the service' }).fill(service.name);
  await theirs.getByRole('textbox', { name: 'Website' }).fill('https://corrected.example.org/advice');
  await theirs.getByRole('textbox', { name: 'What it is' }).fill(description);
  await theirs.getByRole('textbox', { name: 'Phone' }).fill('0151 496 0777');
  await theirs.getByRole('button', { name: 'Send the changes' }).click();
  await expect(theirs.getByRole('status')).toContainText('Your changes were sent');
  await expect(theirs.getByText('You asked for:')).toHaveCount(3);
  await goodWithoutScript(browser, theirs, 'Partner, changes sent');

  // Places are shown at once.
  await theirs.getByRole('link', { name: `Correct ${service.name}`, exact: true }).click();
  await theirs.getByRole('textbox', { name: 'Free now' }).fill('many');
  await theirs.getByRole('button', { name: 'Save the number of places' }).click();
  await expect(theirs.getByRole('alert')).toContainText('whole number');
  await expect(theirs.getByRole('textbox', { name: 'Free now' })).toHaveAccessibleDescription(/^Error: write a whole number/);
  await theirs.getByRole('textbox', { name: 'Free now' }).fill('4');
  await theirs.getByRole('textbox', { name: /^How many in all/ }).fill('10');
  await theirs.getByRole('button', { name: 'Save the number of places' }).click();
  await expect(theirs.getByText(/^4 free of 10, as said on /)).toBeVisible();

  // Nobody sees a change before it is approved.
  const publicPage = `/find-support/walton/services/${service.id}`;
  await theirs.goto(publicPage);
  await expect(theirs.getByText('0151 496 0777')).toHaveCount(0);

  await page.goto('/walton/catalogue/changes');
  const asked = page.getByRole('region', { name: service.name });
  await expect(asked.locator('ins')).toContainText([description, '0151 496 0777', 'https://corrected.example.org/advice']);
  await expect(asked.locator('del').first()).toBeVisible();
  await good(page, 'Changes that partners ask for');
  await asked.getByRole('button', { name: /^Reject\s*: Website/ }).click();
  await asked.getByRole('button', { name: 'Reject for this reason' }).click();
  await expect(asked.getByText('Say why you reject it')).toBeVisible();
  await expect(asked.getByRole('textbox', { name: /^Why do you reject/ })).toBeFocused();
  await asked.getByRole('textbox', { name: /^Why do you reject/ }).fill('The page does not open.');
  await accessible(page, 'Rejecting a change');
  await asked.getByRole('button', { name: 'Reject for this reason' }).click();
  await expect(asked.getByText('Rejected.')).toBeVisible();
  await asked.getByRole('button', { name: /^Approve all 2/ }).click();
  await expect(asked.getByText('Approved. People see it now.')).toHaveCount(2);
  await picture(page, 'Changes decided');

  await theirs.goto(publicPage);
  await expect(theirs.getByText('0151 496 0777')).toBeVisible();
  await expect(theirs.getByText(description)).toBeVisible();
  await expect(theirs.getByText('corrected.example.org')).toHaveCount(0);

  await page.goto('/walton/catalogue/changes');
  await expect(page.getByText('No partner waits for you to decide.')).toBeVisible();
  await good(page, 'No changes asked for');
  await theirs.context().close();
});

test('a partner reads its pages in Welsh or Polish', async ({ page, browser }) => {
  await signIn(page, 'mo');
  const partner = await partnerAt(page, 3);
  const url = await makeLink(page, partner);
  const theirs = await withoutScript(browser);
  for (const [name, code, correct, send, problem, sent] of [
    ['Cymraeg', 'cy', 'Cywiro', 'Anfon y newidiadau', 'ni all hwn fod yn wag', 'Nid oes dim byd newydd i’w anfon'],
    ['Polski', 'pl', 'Popraw', 'Wyślij zmiany', 'to pole nie może być puste', 'Nie ma nic nowego do wysłania'],
  ] as const) {
    await theirs.goto(url);
    await theirs.getByRole('link', { name, exact: true }).click();
    await expect(theirs.locator('html')).toHaveAttribute('lang', code);
    await goodWithoutScript(browser, theirs, `Partner, entry in ${code}`);
    await theirs.getByRole('link', { name: `${correct} ${partner.services[0]!.name}`, exact: true }).click();
    await goodWithoutScript(browser, theirs, `Partner, form in ${code}`);
    const service = theirs.locator('#name');
    const called = await service.inputValue();
    await service.fill('');
    await theirs.getByRole('button', { name: send }).click();
    await expect(theirs.getByRole('alert')).toContainText(problem);
    await expect(theirs.locator('html')).toHaveAttribute('lang', code);
    await service.fill(called);
    await theirs.getByRole('button', { name: send }).click();
    await expect(theirs.getByRole('status')).toContainText(sent);
    await expect(theirs.locator('html')).toHaveAttribute('lang', code);
  }
  await theirs.context().close();
});

test('a partner says that all is right, until its link ends', async ({ page, browser, desk }) => {
  desk.expected.push(/status of 410/);
  await signIn(page, 'mo');
  const partner = await partnerAt(page, 2);
  const url = await makeLink(page, partner);
  const theirs = await withoutScript(browser);
  await theirs.goto(url);
  await theirs.getByRole('button', { name: 'All of this is right' }).click();
  await expect(theirs.getByRole('status')).toContainText('marked as checked today');

  await page.reload();
  const services = page.getByRole('region', { name: 'Services', exact: true });
  await expect(services.getByText('Assured today by the partner by its link.').first()).toBeVisible();
  await services.getByRole('button', { name: /^Say how many are free/ }).first().click();
  const free = services.getByRole('textbox', { name: 'Free now' });
  const ofHowMany = services.getByRole('textbox', { name: /^Of how many/ });
  await free.fill('many');
  await free.press('Enter');
  await expect(free).toHaveAccessibleDescription(/Write a whole number, such as 4/);
  await expect(free).toHaveValue('many');
  await expect(page.getByTestId('announcer')).toContainText('Error: Write a whole number');
  await free.fill('2');
  await ofHowMany.fill('1');
  await services.getByRole('button', { name: /^Save/ }).click();
  await expect(ofHowMany).toHaveAccessibleDescription(/Write 2 or more/);
  await expect(ofHowMany).toBeFocused();
  await accessible(page, 'Places with mistakes');
  await ofHowMany.fill('');
  await services.getByRole('button', { name: /^Save/ }).click();
  await expect(services.getByText(/^2 places free, as Mo/)).toBeVisible();

  // Staff are asked before they say that an entry is right, here as on the board.
  await services.getByRole('button', { name: /^Mark as assured today/ }).first().click();
  const sure = services.getByRole('group', { name: 'Mark as assured?' });
  await expect(sure).toBeFocused();
  await sure.getByRole('button', { name: 'No, go back' }).click();
  await expect(services.getByText('Assured today by the partner by its link.').first()).toBeVisible();
  await services.getByRole('button', { name: /^Mark as assured today/ }).first().click();
  await sure.getByRole('button', { name: 'Yes, mark as assured' }).click();
  await expect(services.getByText(/^Assured today by Mo/)).toBeVisible();

  // What was agreed.
  const agreement = page.getByRole('region', { name: 'Agreement about referrals' });
  await expect(agreement).toContainText('nobody is referred to this partner');
  await agreement.getByRole('textbox', { name: 'Day' }).first().fill('3');
  await agreement.getByRole('textbox', { name: 'Month' }).first().fill('5');
  await agreement.getByRole('textbox', { name: 'Year' }).first().fill('2026');
  await agreement.getByRole('button', { name: 'Save the agreement' }).click();
  await expect(agreement.getByRole('alert')).toContainText('Say who signed for the partner.');
  await agreement.getByRole('textbox', { name: 'Who signed for the partner?' }).fill('Jo Bloggs');
  await agreement.getByRole('textbox', { name: /^Within how many days/ }).fill('5');
  await agreement.getByRole('button', { name: 'Save the agreement' }).click();
  await expect(agreement).toContainText('Current.');
  await good(page, 'A partner with an agreement');
  await page.goto('/walton/catalogue/partners');
  await expect(page.getByRole('row', { name: new RegExp(partner.name) })).toContainText('Current');
  await good(page, 'Partners');

  await page.goto(`/walton/catalogue/partners/${partner.id}`);
  await page.getByRole('button', { name: /^End it/ }).click();
  await expect(page.getByText(/^Ended/).first()).toBeVisible();
  await theirs.getByRole('button', { name: 'All of this is right' }).click();
  await expect(theirs.getByRole('heading', { level: 1, name: 'This link has ended' })).toBeVisible();
  const again = await theirs.goto(url);
  expect(again!.status()).toBe(410);
  await expect(theirs.getByText(/ask the person at Life Rooms Walton/)).toBeVisible();
  await goodWithoutScript(browser, theirs, 'Partner, link ended');
  const guess = await theirs.goto(`/partner/${'A'.repeat(43)}`);
  expect(guess!.status()).toBe(404);
  await expect(theirs.getByRole('heading', { level: 1, name: 'This link does not work' })).toBeVisible();
  await theirs.context().close();
});

test('who may not keep the catalogue sees none of it', async ({ page, desk }) => {
  desk.expected.push(/status of 403/);
  await signIn(page, 'fay', '/walton/catalogue/changes');
  await expect(page.getByRole('heading', { name: 'Changes that partners ask for' })).toHaveCount(0);
});
