import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { accessible, another, expect, fitsWhenEnlarged, justDone, picture, send, signIn, test } from './desk.ts';

test.setTimeout(240_000);

const source = 'editor-feed';

/** Takes a document into Walton's catalogue, as the platform does. */
function importAgain(change: (text: string) => string = (text) => text) {
  const folder = mkdtempSync(path.join(tmpdir(), 'liferooms-editor-'));
  const file = path.join(folder, 'feed.json');
  const feed = [
    {
      id: 'e1', name: 'Allotment mornings', description: 'Growing vegetables together.', status: 'active', phones: [{ number: '0151 496 0101' }],
      organization: { id: 'eo1', name: 'Editor Growers' }, languages: [{ name: 'English' }],
      schedules: [{ id: '1', freq: 'WEEKLY', byday: 'TU', opens_at: '10:00', closes_at: '12:00' }],
      service_at_locations: [
        { id: 'ea1', location: { id: 'el1', name: 'Editor allotment', latitude: 53.44, longitude: -2.96, addresses: [{ address_1: '9 Spade Lane', city: 'Liverpool', postal_code: 'L4 4AA' }] } },
      ],
    },
    { id: 'e2', name: 'Seed swap', description: 'Bring what you have.', status: 'active', organization: { id: 'eo1', name: 'Editor Growers' } },
  ];
  writeFileSync(file, change(JSON.stringify(feed)));
  const binary = process.env.LIFEROOMS_BINARY || path.resolve(import.meta.dirname, '../../bin/liferooms');
  execFileSync(binary, ['catalogue', 'import', '--hub', 'walton', '--source', source, file], { env: process.env });
  rmSync(folder, { recursive: true });
}

async function good(page: Page, what: string) {
  await accessible(page, what);
  await picture(page, what);
  await fitsWhenEnlarged(page, what);
}

async function open(page: Page, name: string) {
  await page.goto('/walton/catalogue/records');
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByRole('link', { name, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
}

const saves = (page: Page) => page.getByRole('button', { name: 'Save', exact: true });
const flag = (page: Page, field: string) => page.locator(`.lr-held[data-field="${field}"]`);

test('what is changed here outlives an import, and is given back', async ({ page }) => {
  importAgain();
  await signIn(page, 'mo', '/walton/catalogue/records');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Services and partners');
  await good(page, 'Records');
  await page.getByRole('combobox', { name: 'From' }).selectOption({ label: source });
  await expect(page.getByRole('region', { name: 'Services' }).getByRole('listitem')).toHaveCount(2);
  await page.getByRole('combobox', { name: 'Show' }).selectOption('Partners');
  await expect(page.getByRole('region', { name: 'Partners' }).getByRole('listitem')).toHaveCount(1);

  await open(page, 'Allotment mornings');
  await expect(saves(page)).toBeDisabled();
  await page.getByLabel('Name', { exact: true }).fill('Allotment for all');
  await page.getByLabel('Phone', { exact: true }).first().fill('0151 496 0199');
  const preview = page.getByRole('region', { name: 'How the public page will read' });
  await expect(preview).toContainText('Allotment for all');
  await expect(preview).toContainText('Every Tuesday, 10:00 to 12:00');

  // What is typed is not left behind without a question.
  page.once('dialog', (d) => void d.dismiss());
  await page.getByRole('link', { name: 'Open Editor Growers' }).click();
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Allotment for all');
  await page.getByLabel('Name', { exact: true }).focus();
  await good(page, 'Service being edited');

  await saves(page).press('Enter');
  await expect(justDone(page)).toContainText('Saved.');
  await expect(justDone(page)).toBeFocused();
  await expect(flag(page, 'name')).toContainText('The source says: Allotment mornings');
  await expect(flag(page, 'phone')).toContainText('The source says: 0151 496 0101');
  await good(page, 'Service changed here');

  importAgain((text) => text.replace('Allotment mornings', 'Allotment afternoons').replace('together', 'side by side'));
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Allotment for all');
  await expect(page.getByLabel('What it is', { exact: true })).toHaveValue('Growing vegetables side by side.');
  await expect(flag(page, 'name')).toContainText('The source says: Allotment afternoons');

  await page.goto('/walton/catalogue/records?changed=true');
  const listed = page.getByRole('region', { name: 'Services' }).getByRole('listitem').filter({ hasText: 'Allotment for all' });
  await expect(listed.first()).toContainText('Changed here: name and phone');
  await page.getByRole('link', { name: 'Allotment for all', exact: true }).click();

  await page.getByRole('button', { name: 'Use the source’s for: Name' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Allotment afternoons');
  await expect(flag(page, 'name')).toHaveCount(0);
  await expect(flag(page, 'phone')).toHaveCount(1);

  // And back again after a save.
  await page.getByLabel('What it is', { exact: true }).fill('Digging.');
  await saves(page).click();
  await expect(flag(page, 'description')).toBeVisible();
  await justDone(page).getByRole('button', { name: 'Undo' }).click();
  await expect(justDone(page)).toContainText('It is as it was before.');
  await expect(page.getByLabel('What it is', { exact: true })).toHaveValue('Growing vegetables side by side.');
  await expect(flag(page, 'description')).toHaveCount(0);
});

test('mistakes are said, and two editors lose nothing', async ({ page, browser }) => {
  importAgain();
  await signIn(page, 'mo', '/walton/catalogue/records');
  await open(page, 'Seed swap');
  await page.getByLabel('Name', { exact: true }).fill(' ');
  await page.getByLabel('Website', { exact: true }).fill('seeds.example.org');
  await page.getByLabel('Youngest age', { exact: true }).fill('sixteen');
  await saves(page).click();
  const summary = page.getByRole('alert').filter({ hasText: 'There is a problem' });
  await expect(summary).toContainText('The youngest age must be a whole number');
  // Said again when it is sent again.
  await page.getByLabel('Youngest age', { exact: true }).fill('16.5');
  await saves(page).click();
  await expect(summary).toContainText('The youngest age must be a whole number');
  await expect(page.locator('.nhsuk-error-summary')).toBeFocused();
  await page.getByLabel('Youngest age', { exact: true }).fill('16.5');
  await page.getByRole('button', { name: 'Add a price' }).click();
  const pounds = page.getByRole('group', { name: 'Price 1' }).getByLabel('Pounds');
  await pounds.pressSequentially('-2.05');
  await expect(pounds).toHaveValue('-2.05');
  await saves(page).click();
  await expect(summary.getByRole('link', { name: 'Write the price in pounds' })).toBeVisible();
  await summary.getByRole('link', { name: 'Write the price in pounds' }).click();
  await expect(pounds).toBeFocused();
  await page.getByRole('button', { name: 'Remove price 1' }).click();
  await page.getByLabel('Youngest age', { exact: true }).fill('16');
  await saves(page).click();
  await expect(summary).toContainText('Write the whole web address');
  await expect(summary).toContainText('Give it a name.');
  await expect(summary.getByRole('link')).toHaveText([/^Give it a name/, /^Write the whole web address/]); // as on the page
  await expect(page.locator('.nhsuk-error-summary')).toBeFocused();
  await good(page, 'Service with problems');
  await page.getByLabel('Name', { exact: true }).fill('Seed swap');
  await page.getByLabel('Website', { exact: true }).fill('https://seeds.example.org');

  const id = page.url().split('/').pop()!;
  const ada = await another(browser);
  await signIn(ada, 'ada', '/walton');
  await send(ada, 'SaveService', { input: { hub: 'walton', clientMutationId: crypto.randomUUID(), serviceId: id, alert: 'At the hall this month.' } });
  await ada.context().close();
  await saves(page).click();
  await expect(page.getByText('Nothing was saved, and nothing that you typed is lost.')).toBeVisible();
  await good(page, 'Service that somebody else changed');
  await page.getByRole('button', { name: 'Show what is there now, and keep what I typed' }).click();
  await expect(page.getByLabel('What people should know first', { exact: true })).toHaveValue('At the hall this month.');
  await expect(page.getByLabel('Website', { exact: true })).toHaveValue('https://seeds.example.org');
  await saves(page).click();
  await expect(justDone(page)).toContainText('Saved.');
});

test('a partner and a service of our own, with its place and times', async ({ page }) => {
  importAgain();
  await signIn(page, 'mo', '/walton/catalogue/records');
  await page.getByRole('link', { name: 'Add a partner' }).click();
  const partner = `Our own ${crypto.randomUUID().slice(0, 8)}`;
  await page.getByLabel('Name', { exact: true }).fill(partner);
  await good(page, 'New partner');
  await page.getByRole('button', { name: 'Add the partner' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(partner);
  await good(page, 'Partner');
  await page.getByRole('link', { name: `Add a service of ${partner}` }).click();
  await expect(page.getByText(`Of ${partner}`)).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('Mending circle');
  await page.getByRole('checkbox', { name: 'Free of charge' }).check();
  await page.getByRole('button', { name: 'Add a price' }).click();
  await page.getByRole('group', { name: 'Price 1' }).getByLabel('What for').fill('Thread');
  await page.getByRole('group', { name: 'Price 1' }).getByLabel('Pounds').pressSequentially('2.05');
  await good(page, 'New service');
  await page.getByRole('button', { name: 'Add the service' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Mending circle');
  await expect(page.getByRole('group', { name: 'Price 1' }).getByLabel('Pounds')).toHaveValue('2.05');
  await expect(page.getByRole('navigation', { name: 'Catalogue' }).locator('[aria-current]')).toHaveText('Services and partners');

  await page.getByRole('button', { name: 'Add a place' }).click();
  const place = page.getByRole('form', { name: 'Add a place' });
  await place.getByLabel('Find a place that is known already').fill('Spade Lane');
  await expect(place.getByLabel('Take the point on the map from').getByRole('option')).toHaveCount(2);
  await place.getByLabel('Take the point on the map from').selectOption({ index: 1 });
  await expect(place.getByLabel('Latitude')).toHaveValue('53.44');
  await place.getByLabel('Name of the place').fill('The mending shed');
  await place.getByLabel('Postcode').fill('l44aa');
  await good(page, 'New place');
  await place.getByRole('button', { name: 'Add the place' }).click();
  await expect(page.getByText('The mending shed, L4 4AA').first()).toBeVisible();

  await page.getByRole('button', { name: 'Add a time' }).click();
  const time = page.getByRole('form', { name: 'Add a time' });
  await time.getByRole('button', { name: 'Add the time' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'Choose the days of the week' })).toBeVisible();
  // What a field held that is no longer shown is not complained of.
  await time.getByLabel('Every how many weeks').fill('two');
  await time.getByLabel('First day').fill('2026-12-25');
  await time.getByLabel('Last day').fill('2026-12-01');
  await time.getByLabel('How often').selectOption('');
  await time.getByRole('button', { name: 'Add the time' }).click();
  await expect(time).toHaveCount(0);
  await expect(page.getByText(/25 December 2026/).first()).toBeVisible();
  await page.getByRole('button', { name: 'Add a time' }).click();
  await time.getByRole('checkbox', { name: 'Friday' }).check();
  await time.getByLabel('From').fill('14:00');
  await time.getByLabel('To', { exact: true }).fill('12:00');
  await expect(time.getByText('That is on the next day')).toBeVisible();
  await time.getByLabel('To', { exact: true }).fill('16:00');
  await expect(time.getByText('That is on the next day')).toHaveCount(0);
  await time.getByRole('button', { name: 'Add another day on which it is' }).click(); // and left empty
  await time.getByRole('button', { name: 'Add a day on which it is not' }).click();
  await time.getByLabel('Not on, day 1').fill('2026-12-25');
  await good(page, 'New time');
  await time.getByRole('button', { name: 'Add the time' }).click();
  const preview = page.getByRole('region', { name: 'How the public page will read' });
  await expect(preview).toContainText('Every Friday, 14:00 to 16:00, not on 25 December 2026');
  await good(page, 'Service with place and time');

  // The public page has it; once it is restricted, neither the page nor the feed does.
  const id = page.url().split('/').pop()!;
  const publicPage = await page.request.get(`/find-support/walton/services/${id}`);
  expect(publicPage.status()).toBe(200);
  expect(await publicPage.text()).toContain('Mending circle');
  expect((await page.request.get(`/open-referral/walton/services/${id}`)).status()).toBe(200);
  await page.getByRole('combobox', { name: 'Who sees it (Mending circle)', exact: true }).selectOption('RESTRICTED');
  await page.getByRole('button', { name: 'Set who sees it (Mending circle)', exact: true }).click();
  await expect(page.getByText('The public does not see it: it is hidden.')).toBeVisible();
  expect((await page.request.get(`/find-support/walton/services/${id}`)).status()).toBe(404);
  expect((await page.request.get(`/open-referral/walton/services/${id}`)).status()).toBe(404);
  await good(page, 'Service restricted');

  await page.getByRole('button', { name: 'Take it off offer (Mending circle)', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Offer it again (Mending circle)', exact: true })).toBeVisible();
  await expect(page.getByText('No longer offered', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Offer it again (Mending circle)', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Take it off offer (Mending circle)', exact: true })).toBeVisible();
});

test('those who may only read are not let in', async ({ page }) => {
  await signIn(page, 'fay', '/walton/catalogue/records');
  await expect(page.getByRole('heading', { level: 1 })).not.toHaveText('Services and partners');
  await expect(page.getByRole('link', { name: 'Add a service' })).toHaveCount(0);
});
