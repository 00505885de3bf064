import { readFileSync } from 'node:fs';
import { accessible, expect, fitsWhenEnlarged, picture, send, signIn, test } from './desk.ts';

// Every page is looked at four times.
test.setTimeout(240_000);

const service = (id: string, name: string, more: object = {}) => ({
  id,
  name,
  description: `About ${name}.`,
  status: 'active',
  organization: { id: `o-${id}`, name: `Partner of ${name}` },
  schedules: [{ id: '1', freq: 'WEEKLY', byday: 'MO', opens_at: '10:00', closes_at: '12:00' }],
  ...more,
});

const file = (name: string, records: object[]) => ({ name, mimeType: 'application/json', buffer: Buffer.from(JSON.stringify({ contents: records })) });

async function good(page: import('@playwright/test').Page, what: string) {
  await accessible(page, what);
  await picture(page, what);
  await fitsWhenEnlarged(page, what);
}

test('a manager uploads a catalogue, sees what would change, and changes it', async ({ page }) => {
  const name = `partners-${Date.now().toString(36)}`;
  await signIn(page, 'mo', '/walton/catalogue/sources');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sources of the catalogue');
  await page.getByRole('link', { name: 'Add a source' }).click();

  // What is missing is said where it is missing.
  await page.getByRole('button', { name: 'See what would change' }).click();
  await expect(page.getByRole('alert').first()).toContainText('Enter a short name');
  await expect(page.getByRole('alert').first()).toContainText('Enter the address of the feed');
  await good(page, 'Add a source with errors');

  // By the keyboard: the other way, and a file.
  await page.getByLabel('Short name').fill(name);
  await page.getByRole('radio', { name: 'The address of a feed' }).focus();
  await page.keyboard.press('ArrowDown');
  await page
    .getByLabel('File', { exact: true })
    .setInputFiles(file('Partners 2026.json', [service('1', 'Allotment mornings'), service('2', 'Bread club'), { name: 'Nobody knows its id' }, service('3', 'Choir', { description: '<b>Sing</b> with us' })]));
  await page.getByRole('button', { name: 'See what would change' }).click();

  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`What ${name} would change`);
  await expect(page.getByText('3 services would be added.')).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText('4 records were read, and 1 of them refused.')).toBeVisible();
  await expect(page.getByText('it has no id')).toBeVisible();
  await good(page, 'What a new source would change');
  const { hub } = await send(page, 'Sources', { hub: 'walton' });
  expect(hub.catalogueSources.map((s: { name: string }) => s.name)).not.toContain(name);

  await page.getByRole('button', { name: 'Save the source and make these changes' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
  await expect(page.getByText('In step')).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText('3 records, last taken')).toBeVisible();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download the report (CSV)' }).click();
  const saved = await download;
  expect(saved.suggestedFilename()).toBe(`${name}-report.csv`);
  const report = readFileSync((await saved.path())!, 'utf8');
  expect(report).toContain('"service","","Nobody knows its id","refused","","it has no id"');
  expect(report).toContain('HTML was turned into plain text');
  await good(page, 'A source');

  // The next file: one is changed, one is gone.
  await page.getByRole('link', { name: 'Upload another file' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Change ${name}`);
  await page.getByLabel('File', { exact: true }).setInputFiles(
    file('Partners 2027.json', [service('1', 'Allotment mornings', { description: 'Now with a shed.' }), service('2', 'Bread club')]),
  );
  await page.getByRole('button', { name: 'See what would change' }).click();
  await expect(page.getByText('1 service would be retired: no longer in the source, so no longer offered.')).toBeVisible({ timeout: 30_000 });
  const changed = page.getByRole('listitem').filter({ hasText: 'Changed' }).filter({ hasText: 'Allotment mornings' });
  await expect(changed.locator('del')).toContainText('About Allotment mornings.');
  await expect(changed.locator('ins')).toContainText('Now with a shed.');
  await good(page, 'What another file would change');
  await page.getByRole('button', { name: 'Make these changes' }).click();
  await expect(page.getByText('2 records, last taken')).toBeVisible({ timeout: 30_000 });

  await page.goto('/walton/catalogue/sources');
  const card = page.getByRole('article', { name });
  await expect(card).toContainText('The file Partners 2027.json');
  await card.getByRole('button', { name: `Fetch now ${name}` }).click();
  await expect(card.getByText('In step')).toBeVisible({ timeout: 30_000 });
  await good(page, 'Sources');

  await card.getByRole('link', { name }).click();
  await page.getByRole('button', { name: 'Remove the source' }).click();
  await expect(page.getByRole('group', { name: 'Remove the source' })).toContainText('All 2 records');
  await expect(page.getByRole('group', { name: 'Remove the source' })).toBeFocused();
  await accessible(page, 'Removing a source');
  await page.getByRole('button', { name: `Remove ${name}` }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sources of the catalogue');
  await expect(page.getByRole('article', { name })).toHaveCount(0);
});

test('a feed that cannot be reached says what to do', async ({ page }) => {
  await signIn(page, 'mo', '/walton/catalogue/sources/new');
  await page.getByLabel('Short name').fill('inside');
  await page.getByRole('textbox', { name: 'Address' }).fill('http://127.0.0.1:9/services');
  await page.getByRole('button', { name: 'See what would change' }).click();
  await expect(page.getByRole('alert')).toContainText('is not at a public address', { timeout: 30_000 });
  await expect(page.getByRole('button', { name: 'Save the source and make these changes' })).toHaveCount(0);
  await good(page, 'A source that cannot be reached');
});

test('sources are the manager’s', async ({ page }) => {
  await signIn(page, 'amir', '/walton/catalogue/sources');
  await expect(page.getByRole('link', { name: 'Add a source' })).toHaveCount(0);
  const answer = await page.request.post('/graphql', {
    headers: { 'x-liferooms-client': 'staff-app' },
    data: { query: '{ hub(slug: "walton") { catalogueSources { name } } }' },
  });
  expect((await answer.json()).errors).toBeTruthy();
});
