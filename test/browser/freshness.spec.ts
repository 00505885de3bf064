import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { accessible, expect, fitsWhenEnlarged, picture, send, signIn, test } from './desk';

const binary = process.env.LIFEROOMS_BINARY || path.resolve(import.meta.dirname, '../../bin/liferooms');

/** Takes services into Walton's catalogue as an administrator does, by the command. */
function take(source: string, contents: object[]) {
  const folder = mkdtempSync(path.join(tmpdir(), 'liferooms-feed-'));
  try {
    const file = path.join(folder, 'feed.json');
    writeFileSync(file, JSON.stringify({ contents }));
    execFileSync(binary, ['catalogue', 'import', '--hub', 'walton', '--source', source, file], { stdio: 'pipe' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const term = (id: string, name: string, taxonomy = 'Council list') => ({ taxonomy_term: { id, name, taxonomy } });
const service = (id: string, name: string, more: object) => ({ id, name, status: 'active', organization: { id: 'p', name: 'Freshly Picked' }, ...more });

test('the board shows what needs somebody, and a link that moved comes to it by itself', async ({ page }) => {
  const asked: string[] = [];
  const site = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers['user-agent']}`);
    if (request.url === '/old') response.writeHead(301, { location: '/new' });
    else if (request.url === '/robots.txt') response.writeHead(404);
    response.end();
  });
  await new Promise<void>((ready) => site.listen(0, '127.0.0.1', ready));
  const at = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  try {
    take('board', [service('b1', 'Allotment afternoons', { url: `${at}/old` })]);
    await signIn(page, 'mo');
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Catalogue' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('To look at');

    const dead = page.getByRole('region', { name: /^Links that lead nowhere/ });
    await expect(dead.getByText('There is no such page any more (404).')).toBeVisible();
    const unassured = page.getByRole('region', { name: /^Services that nobody assured lately/ });
    await expect(unassured.getByRole('listitem').first()).toContainText('Never assured');
    await unassured.getByRole('button', { name: 'Show more services' }).click();
    await expect(unassured.locator('.lr-rows > li')).toHaveCount(40);
    const unagreed = page.getByRole('region', { name: /^Partners without an agreement/ });
    await expect(unagreed.locator('.lr-rows > li').first()).toContainText('None recorded');
    await accessible(page, 'the board');
    await picture(page, 'the board');
    await fitsWhenEnlarged(page, 'the board');

    await dead.getByRole('button', { name: /^Look again/ }).first().click();
    await expect(dead.getByText('It is looked at within a few minutes.')).toBeVisible();
    // The same job takes up the new link: its site is asked politely, by name.
    await expect.poll(() => asked.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(3);
    expect(asked).toEqual([
      expect.stringMatching(/^GET \/robots\.txt LifeRooms-Links\/1 \(\+http:\/\/localhost/),
      expect.stringMatching(/^HEAD \/old LifeRooms-Links/),
      expect.stringMatching(/^HEAD \/new LifeRooms-Links/),
    ]);
    await expect
      .poll(async () => (await send(page, 'MovedLinks', { hub: 'walton' })).hub.freshness.movedLinks.nodes.map((l: { movedTo: string }) => l.movedTo))
      .toContain(`${at}/new`);
    await page.reload();
    const moved = page.getByRole('region', { name: /^Links that have moved/ });
    await expect(moved.getByRole('link', { name: `${at}/new` })).toBeVisible();
    await expect(moved.getByRole('link', { name: 'Allotment afternoons' })).toBeVisible();
    await moved.getByRole('button', { name: `Use the new address for ${at}/old` }).click();
    await expect(moved.getByText('Saved in 1 record.')).toBeVisible();
    await moved.getByRole('link', { name: 'Allotment afternoons' }).click();
    await expect(page.getByLabel('Website', { exact: true })).toHaveValue(`${at}/new`);
    await page.goBack();

    await page.emulateMedia({ media: 'print' });
    await expect(page.getByRole('navigation', { name: 'Main' })).toBeHidden();
    await expect(dead.getByRole('button', { name: /^Look again/ }).first()).toBeHidden();
    await expect(unassured.getByText('Never assured').first()).toBeVisible();
    await expect(unassured.getByRole('button')).toHaveCount(0);
    expect(await unassured.getByRole('link').first().evaluate((link) => getComputedStyle(link, '::after').content)).toBe('none');
    await picture(page, 'the board on paper');
    await page.emulateMedia({ media: 'screen' });
  } finally {
    site.close();
  }
});

test('services are marked as assured, one and several, and their places and agreements are asked for', async ({ page }) => {
  take('assured', ['c1', 'c2', 'c3'].map((id) => ({ ...service(id, `Clay for beginners ${id}`, {}), organization: { id: 'clay', name: 'Clay for all' } })));
  await signIn(page, 'mo', '/walton/catalogue');
  const hub = { hub: 'walton' };
  const counts = async () => (await send(page, 'Board', hub)).hub.freshness;
  const before = await counts();

  const unassured = page.getByRole('region', { name: /^Services that nobody assured lately/ });
  const rows = unassured.locator('.lr-rows > li');
  const first = rows.first();
  await first.getByRole('button', { name: /^Mark as assured today/ }).click();
  const sure = unassured.getByRole('group', { name: 'Mark as assured?' });
  await expect(sure).toBeFocused();
  await expect(sure).toContainText('cannot be taken back');
  await sure.getByRole('button', { name: 'No, go back' }).click();
  await expect(sure).toHaveCount(0);
  expect((await counts()).unassured.totalCount).toBe(before.unassured.totalCount);

  await first.getByRole('button', { name: /^Mark as assured today/ }).click();
  await accessible(page, 'the board, about to assure');
  await picture(page, 'the board, about to assure');
  await sure.getByRole('button', { name: 'Yes, mark as assured' }).click();
  await expect(unassured.getByRole('status')).toHaveText('1 service marked as assured today.');
  await expect(unassured.getByRole('status')).toBeFocused();
  await expect(first).toContainText('Assured today');

  await rows.nth(1).getByRole('checkbox').check();
  await rows.nth(2).getByRole('checkbox').check();
  await unassured.getByRole('button', { name: 'Mark 2 services as assured today' }).click();
  await sure.getByRole('button', { name: 'Yes, mark as assured' }).click();
  await expect(unassured.getByRole('status')).toHaveText('2 services marked as assured today.');
  await accessible(page, 'the board, three assured');
  await picture(page, 'the board, three assured');
  expect((await counts()).unassured.totalCount).toBe(before.unassured.totalCount - 3);

  // An agreement takes a partner from one list, and puts its services on the other until somebody says how many places there are.
  const found = await send(page, 'Services', { ...hub, first: 5, filter: { text: 'Clay for beginners' } });
  const clay = found.hub.services.edges[0].node;
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  await send(page, 'RecordAgreement', { input: { ...hub, organisationId: clay.organisation.id, dataProtectionSignedOn: yesterday, signedBy: 'C. Potter' } });
  const agreed = await counts();
  expect(agreed.withoutAgreement.totalCount).toBe(before.withoutAgreement.totalCount - 1);
  expect(agreed.withoutCapacity.totalCount).toBe(before.withoutCapacity.totalCount + 3);
  await page.reload();
  const unknown = page.getByRole('region', { name: /^Services whose places nobody knows/ });
  const row = unknown.getByRole('listitem').filter({ hasText: 'Clay for beginners c1' });
  await expect(row).toContainText('Never said');
  await row.getByRole('link', { name: 'Say how many are free' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Clay for all');
  await page.getByRole('button', { name: /^Say how many are free.*c1$/ }).click();
  await page.getByLabel('Free now').fill('4');
  await page.getByRole('button', { name: /^Save the places/ }).click();
  await expect.poll(async () => (await counts()).withoutCapacity.totalCount).toBe(before.withoutCapacity.totalCount + 2);
});

test('a board with nothing on it says so', async ({ page }) => {
  await signIn(page, 'mo');
  // Everything is there to be looked at in the demo; the answer of a hub that is in order stands in for it.
  await page.route('**/graphql', async (route) => {
    const response = await route.fetch();
    const answer = await response.json();
    const freshness = answer.data?.hub?.freshness;
    if (answer.data?.hub?.proposedChanges?.totalCount) answer.data.hub.proposedChanges.totalCount = 0;
    if (freshness) for (const list of Object.values<any>(freshness)) if ('totalCount' in list) list.totalCount = 0;
    await route.fulfill({ response, json: answer });
  });
  await page.goto('/walton/catalogue');
  await expect(page.getByText('Nothing needs you.')).toBeVisible();
  await accessible(page, 'an empty board');
  await picture(page, 'an empty board');
});

test('a term comes to mean a need, by keyboard, and back', async ({ page }) => {
  take('terms', [
    service('t1', 'Seed swap', { attributes: [term('x1', 'Green fingers')] }),
    service('t2', 'Pond dipping', { attributes: [term('x1', 'Green fingers'), term('x2', 'Wet feet')] }),
  ]);
  await signIn(page, 'mo', '/walton/catalogue');
  await page.getByRole('navigation', { name: 'Catalogue' }).getByRole('link', { name: 'Terms and needs' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Terms and needs');
  const terms = page.getByRole('list', { name: 'Terms' });
  await expect(terms.getByRole('listitem').first()).toContainText('Green fingers'); // it means nothing yet, and two services carry it
  await accessible(page, 'terms and needs');
  await picture(page, 'terms and needs');
  await fitsWhenEnlarged(page, 'terms and needs');

  const green = page.getByRole('combobox', { name: 'Need that Green fingers means' });
  await green.focus();
  await page.keyboard.type('Feeling al');
  const unsaved = page.getByRole('region', { name: 'What is not saved yet' });
  await expect(unsaved).toContainText('1 term not saved yet. 2 services would meet other needs.');
  await accessible(page, 'a term not saved yet');
  await picture(page, 'a term not saved yet');
  await unsaved.getByRole('button', { name: 'Save' }).focus();
  await page.keyboard.press('Enter');
  await expect(unsaved).toContainText('Saved: 1 term, 2 services changed.');
  await expect(unsaved).toBeFocused();
  const found = await send(page, 'Services', { hub: 'walton', first: 5, filter: { text: 'Seed swap', needs: ['isolation'] } });
  expect(found.hub.services.edges.length).toBe(1);

  await unsaved.getByRole('button', { name: 'Undo' }).click();
  await expect(unsaved).toContainText('Undone: 1 term, 2 services changed.');
  await expect(green).toHaveValue('');

  // Many at once.
  await page.getByLabel('Find a term').fill('Council list');
  await expect(terms.getByRole('listitem')).toHaveCount(2);
  await page.getByLabel('Pick all that are shown').check();
  await page.getByRole('combobox', { name: 'Need for 2 picked terms' }).selectOption('(not ours)');
  await page.getByRole('button', { name: 'Choose for 2 terms' }).click();
  await expect(unsaved).toContainText('2 terms not saved yet. 0 services would meet other needs.');
  await unsaved.getByRole('button', { name: 'Save' }).click();
  await expect(unsaved).toContainText('Saved: 2 terms, 0 services changed.');
  await page.getByLabel('Show', { exact: true }).selectOption('NOT_OURS');
  await expect(terms.getByRole('listitem')).toHaveCount(2);
});

test('who may not write the catalogue sees neither page', async ({ page }) => {
  await signIn(page, 'amir', '/walton/catalogue');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your role does not allow this');
  await expect(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Catalogue' })).toHaveCount(0);
});
