import { checkIn, expect, justDone, picture, register, searchBox, send, signIn, test } from './desk.ts';

test('journey 1: an anonymous visit is one click, with its reason, and no person exists', async ({ page }) => {
  await signIn(page, 'fay');
  const anonymous = page.getByRole('region', { name: 'So far today' }).getByRole('listitem').filter({ hasText: 'anonymous' });
  await expect(anonymous).toContainText(/\d/);
  const before = parseInt(await anonymous.innerText());

  await page.getByRole('group', { name: 'Reason for the anonymous visit' }).getByRole('button', { name: 'Housing' }).click();

  await expect(justDone(page)).toContainText(/Anonymous visit recorded \(\d\d:\d\d, reason housing\)\./);
  await expect(anonymous).toHaveText(new RegExp(`^${before + 1}\\s`));
});

test('journey 2: of two who match, the right one is checked in with their access needs in view, once', async ({ page }) => {
  await signIn(page, 'fay');
  await expect(searchBox(page)).toBeFocused();
  await page.keyboard.type('Sean M');
  const matches = page.getByRole('listbox').getByRole('option');
  await expect(matches).toHaveCount(2);
  await expect(page.getByRole('option', { selected: true })).toHaveCount(0);

  const right = matches.filter({ hasText: 'British Sign Language' });
  await expect(right).toHaveCount(1);
  await expect(right).toContainText(/Born \d+ \w+ \d{4} \(age \d+\)/);
  await page.keyboard.press('ArrowDown');
  if (!((await page.getByRole('option', { selected: true }).innerText()).includes('British Sign Language'))) await page.keyboard.press('ArrowDown');
  await picture(page, 'Two match');
  await page.keyboard.press('Enter');

  await expect(justDone(page)).toContainText(/Sean Murphy is checked in \(\d\d:\d\d\), waiting for an advisor\./);
  await expect(justDone(page)).toContainText('British Sign Language interpreter');
  const waiting = page.getByRole('region', { name: 'Waiting for an advisor' }).getByRole('listitem').filter({ hasText: 'Sean Murphy' });
  await expect(waiting).toContainText('British Sign Language interpreter');

  await expect(searchBox(page)).toBeFocused();
  await page.keyboard.type('Sean Murphy');
  await expect(page.getByRole('option').first()).toContainText(/Already here since \d\d:\d\d/);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(justDone(page)).toContainText(/Sean Murphy is already here since \d\d:\d\d\./);
});

test('journey 3: needs are found, two services signposted, nothing sent, and four weeks on the advisor asks', async ({ page }) => {
  await signIn(page, 'amir');
  const person = await register(page, 'Nuala');
  await checkIn(page, person.id, 'money');

  await page.getByRole('button', { name: `Take ${person.displayName} out of turn` }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Conversation with ${person.displayName}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();

  await page.getByRole('checkbox', { name: 'Money' }).check();
  await page.getByRole('checkbox', { name: 'Feeling alone' }).check();
  await page.getByRole('textbox', { name: 'What matters to them' }).fill('To sleep without worrying about letters.');
  await page.getByRole('textbox', { name: 'What was agreed' }).fill('To go on Thursday.');
  await expect(page.getByText(/^Saved \d\d:\d\d$/)).toBeVisible();

  const services = page.getByRole('region', { name: 'Services for these needs' });
  await services.getByRole('button', { name: /^Signpost to/ }).first().click();
  await expect(services.getByText('Signposted.')).toHaveCount(1);
  await services.getByRole('button', { name: /^Signpost to/ }).first().click();
  await expect(services.getByText('Signposted.')).toHaveCount(2);
  const given = page.getByRole('region', { name: /^Signposts given/ }).getByRole('listitem');
  await expect(given).toHaveCount(2);
  await picture(page, 'Conversation');

  await page.emulateMedia({ media: 'print' });
  await expect(page.getByRole('heading', { name: 'Places that may help you' })).toBeVisible();
  await expect(page.getByText('Nobody has been told about you')).toBeVisible();
  await expect(page.getByText(person.displayName).filter({ visible: true })).toHaveCount(0);
  await picture(page, 'Sheet');
  await page.emulateMedia({ media: 'screen' });

  // Nothing is lost on reload.
  await page.reload();
  await expect(page.getByRole('textbox', { name: 'What matters to them' })).toHaveValue('To sleep without worrying about letters.');
  await expect(page.getByRole('checkbox', { name: 'Feeling alone' })).toBeChecked();
  await expect(given).toHaveCount(2);

  await page.getByRole('button', { name: 'End the conversation' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Today at Walton');

  const due = async (days: number) => {
    const dueBy = new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
    let found = 0;
    for (let after: string | null = null; ; ) {
      const { hub }: any = await send(page, 'FollowUps', { hub: 'walton', dueBy, after });
      found += hub.followUps.nodes.filter((s: { person: { id: string } }) => s.person.id === person.id).length;
      if (!hub.followUps.pageInfo.hasNextPage) return found;
      after = hub.followUps.pageInfo.endCursor;
    }
  };
  expect(await due(26), 'asked after fewer than four weeks').toBe(0);
  expect(await due(29), 'asked four weeks on').toBe(2);

  await page.getByRole('link', { name: 'Follow-ups' }).click();
  const asked = page.getByRole('group', { name: /^Did .* get to/ }).first();
  await asked.getByRole('button', { name: 'Got there' }).click();
  await expect(page.getByText('Recorded: got there.')).toBeVisible();
  await asked.getByRole('button', { name: 'Still planning to go' }).click();
  await expect(page.getByText('Recorded: still planning to go.')).toBeVisible();
});
