import { another, checkIn, expect, justDone, register, searchBox, send, signIn, test } from './desk.ts';

test('somebody known is checked in within three keys after typing', async ({ page }) => {
  await signIn(page, 'fay');
  const first = await register(page, 'Threekeys');
  const second = await register(page, 'Threekeys');
  const third = await register(page, 'Onlyone');

  await page.keyboard.type('threekeys');
  await expect(page.getByRole('option')).toHaveCount(2);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(justDone(page)).toContainText(new RegExp(`(${first.displayName}|${second.displayName}) is checked in`));

  await page.keyboard.type(third.memberNumber);
  await expect(page.getByRole('option', { selected: true })).toContainText(third.displayName);
  await page.keyboard.press('Enter');
  await expect(justDone(page)).toContainText(`${third.displayName} is checked in`);
});

test('Enter checks nobody in while several match and none is chosen', async ({ page }) => {
  await signIn(page, 'fay');
  await register(page, 'Severalmatch');
  await register(page, 'Severalmatch');
  await page.keyboard.type('severalmatch');
  await expect(page.getByRole('option')).toHaveCount(2);
  await page.keyboard.press('Enter');
  await expect(page.getByText('2 people match: choose with the arrow keys.')).toBeVisible();
  await expect(justDone(page)).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(searchBox(page)).toHaveValue('');
  await expect(page.getByRole('option')).toHaveCount(0);
});

test('the desk works by keyboard alone, from sign-in to undo', async ({ page }) => {
  // At first the whole page has the focus, which is no place to be.
  const focused = () => page.evaluate(() => (document.activeElement === document.body ? '' : (document.activeElement?.textContent ?? '')));
  await page.goto('/walton');
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  for (let i = 0; i < 5 && !(await focused()).includes('Merseyside'); i++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Demo staff' })).toBeVisible();
  for (let i = 0; i < 10 && !(await focused()).includes('(fay)'); i++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(searchBox(page)).toBeFocused();

  const person = await register(page, 'Keysonly');
  await page.keyboard.type('keysonly');
  await expect(page.getByRole('option', { selected: true })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(justDone(page)).toContainText(`${person.displayName} is checked in`);
  await expect(page.getByTestId('announcer')).toContainText(`${person.displayName} is checked in`);

  // The time stands still while the focus is on it; Tab goes through what is just done.
  const undo = page.getByRole('button', { name: 'Undo', exact: true });
  for (let i = 0; i < 4 && !(await undo.evaluate((e) => e === document.activeElement)); i++) await page.keyboard.press('Tab');
  await expect(undo).toBeFocused();
  await expect(justDone(page)).toContainText('Waiting for you');
  await page.keyboard.press('Enter');
  await expect(justDone(page)).toContainText(`${person.displayName} is not checked in any more.`);
  await expect(searchBox(page)).toBeFocused();
  const { hub } = await send(page, 'Person', { hub: 'walton', id: person.id });
  expect(hub.person.openVisit).toBeNull();

  await page.keyboard.press('F2');
  await expect(justDone(page)).toContainText('Anonymous visit recorded');
  await page.keyboard.press('Escape');
  await expect(searchBox(page)).not.toBeFocused();
  await page.keyboard.press('a');
  await expect(justDone(page)).toContainText('Anonymous visit recorded');
  await page.keyboard.press('/');
  await expect(searchBox(page)).toBeFocused();
  await page.keyboard.type('keysonly');
  await expect(page.getByRole('option', { selected: true })).toBeVisible();
  await page.keyboard.press('Shift+Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(person.displayName);
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
});

test('single keys can be turned off, and stay off', async ({ page }) => {
  await signIn(page, 'fay');
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await page.getByRole('checkbox', { name: 'Use these keys on this computer' }).uncheck();
  await page.getByRole('button', { name: 'Close' }).click();
  await page.reload();
  await expect(searchBox(page)).toBeFocused();
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.keyboard.press('a');
  await page.keyboard.press('/');
  await expect(searchBox(page)).not.toBeFocused();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(justDone(page)).toHaveCount(0);
});

test('the queue is live at every desk', async ({ page, browser }) => {
  await signIn(page, 'fay');
  const other = await another(browser);
  await signIn(other, 'amir');
  const person = await register(page, 'Livelist');
  const waiting = other.getByRole('region', { name: 'Waiting for an advisor' });
  await checkIn(page, person.id, 'housing');
  await expect(waiting.getByRole('listitem').filter({ hasText: person.displayName })).toContainText('Housing');

  await page.getByRole('button', { name: `${person.displayName} has Left` }).click();
  await expect(waiting.getByRole('listitem').filter({ hasText: person.displayName })).toHaveCount(0);
  await other.context().close();
});

test('a list that is not live says so, and comes back by itself', async ({ page, desk, context }) => {
  desk.expected.push(/ERR_INTERNET_DISCONNECTED/);
  await signIn(page, 'fay');
  await expect(page.getByRole('region', { name: 'Waiting for an advisor' }).getByText(/^\d+$|Nobody is waiting/).first()).toBeVisible();
  await context.setOffline(true);
  await expect(page.getByText('Not live.')).toBeVisible();
  await context.setOffline(false);
  await expect(page.getByText('Not live.')).toHaveCount(0);
});

test('an advisor takes the next person, ends, and the next after', async ({ page }) => {
  await signIn(page, 'amir');
  const person = await register(page, 'Nextinline', { accessNeeds: [{ code: 'LIPREADING' }], safeContact: 'TEXT_ONLY' });
  await checkIn(page, person.id);
  await page.getByRole('button', { name: `Take ${person.displayName} out of turn` }).click();
  await expect(page.getByText('Lip-reads: face them when you speak')).toBeVisible();
  await expect(page.getByText('Text messages only')).toBeVisible();

  await page.getByRole('link', { name: 'Today' }).click();
  await page.getByRole('link', { name: `Carry on with ${person.displayName}` }).click();
  await page.getByRole('button', { name: 'End the conversation' }).click();
  await expect(page.getByRole('button', { name: 'Take the next person' })).toBeVisible();
  await expect(page.getByTestId('announcer')).toContainText(`The conversation with ${person.displayName} is ended.`);
});

test('nothing that was written is lost when the network goes', async ({ page, desk, context }) => {
  desk.expected.push(/ERR_INTERNET_DISCONNECTED/);
  await signIn(page, 'amir');
  const person = await register(page, 'Longnote');
  await checkIn(page, person.id);
  await page.getByRole('button', { name: `Take ${person.displayName} out of turn` }).click();
  const note = page.getByRole('textbox', { name: 'Note' });
  await note.fill('Before.');
  await expect(page.getByText(/^Saved \d\d:\d\d$/)).toBeVisible();

  await context.setOffline(true);
  await note.fill('Before, and after the network went.');
  await expect(page.getByText('Not saved.')).toBeVisible();
  await page.getByRole('link', { name: 'Today' }).click();
  await page.goBack();
  await context.setOffline(false);
  await expect(page.getByText(/^Saved \d\d:\d\d$|^All is saved as you write$/)).toBeVisible({ timeout: 20_000 });
  await page.reload();
  await expect(note).toHaveValue('Before, and after the network went.');
  await page.getByRole('button', { name: 'End the conversation' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Today at Walton');
});

test('an anonymous conversation takes no words', async ({ page }) => {
  await signIn(page, 'amir');
  const answer = await send(page, 'RecordAnonymousVisit', {
    input: { hub: 'walton', clientMutationId: crypto.randomUUID(), need: 'housing', waitForAdvisor: true },
  });
  const taken = await send(page, 'TakeVisit', {
    input: { hub: 'walton', clientMutationId: crypto.randomUUID(), visitId: answer.recordAnonymousVisit.visit.id },
  });
  await page.goto(`/walton/conversation/${taken.takeVisit.conversation.id}`);
  await expect(page.getByText('This visit is anonymous, so nothing is written down')).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Note' })).toHaveCount(0);
  await page.getByRole('button', { name: 'End the conversation' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Today at Walton');
});
