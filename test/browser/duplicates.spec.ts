import { type Page } from '@playwright/test';
import { accessible, expect, fitsWhenEnlarged, justDone, picture, signIn, test } from './desk.ts';

const list = '/walton/catalogue/duplicates';

// The demo's second source carries four services that the first has, too: one for each test.
const both = {
  merged: 'Print and press',
  undone: 'Welcome table',
  dismissed: 'Third-party reporting desk',
  hidden: 'Second Wednesday lunch',
};

const pairOf = (page: Page, name: string) => page.getByRole('article', { name: `both called ${name}` });

test('two that are the same are compared, merged and parted again', async ({ page }) => {
  await signIn(page, 'mo', `${list}?kind=SERVICE`);
  const pair = pairOf(page, both.merged);
  await expect(pair).toContainText('Why: same name, organisations of the same name, same place, same times, same email');
  await expect(pair).toContainText('From: council');
  await accessible(page, 'the list of duplicates');
  await picture(page, 'duplicates');
  await fitsWhenEnlarged(page, 'duplicates');

  await pair.getByRole('link', { name: /Compare and merge/ }).click();
  await page.getByRole('group', { name: 'Which record stays?' }).getByRole('radio', { name: /demo/ }).check();
  const folded = await page.getByRole('group', { name: 'Which record stays?' }).getByRole('radio', { name: /council/ }).inputValue();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Merge two services');
  const phones = page.getByRole('group', { name: 'Phone' });
  await phones.getByRole('radio').first().focus();
  await page.keyboard.press('ArrowDown');
  await expect(phones.getByRole('radio', { name: /council/ })).toBeChecked();
  const result = page.getByRole('region', { name: 'What comes of it' });
  await expect(result).toContainText('StatusRunning');
  await expect(result).toContainText('0151 496 0801');
  await expect(result).toContainText('Eight mornings of lino');
  await accessible(page, 'the comparison');
  await picture(page, 'duplicates compared');
  await fitsWhenEnlarged(page, 'duplicates compared');

  await result.getByRole('button', { name: /^Merge / }).click();
  await expect(justDone(page)).toContainText('Print and press (council) was merged into Print and press (demo).');
  await expect(pair).toHaveCount(0);
  await picture(page, 'duplicates just merged');
  // The folded one's address shows the kept one, with the number that was chosen.
  await page.goto(`/walton/services/${folded}`);
  await expect(page.getByText('0151 496 0801').first()).toBeVisible();
  await expect(page.getByText('Eight mornings of lino').first()).toBeVisible();

  await page.goto(`${list}?view=merged`);
  const merge = page.getByRole('article', { name: `${both.merged} into ${both.merged}` });
  await expect(merge).toContainText('Taken from the second: phone');
  await accessible(page, 'the history of merges');
  await picture(page, 'duplicates merged');
  await fitsWhenEnlarged(page, 'duplicates merged');
  await merge.getByRole('button', { name: /^Undo/ }).click();
  await expect(merge).toContainText(/Undone on .* by Mo/);
  await page.goto(`${list}?kind=SERVICE`);
  await expect(pair).toBeVisible();
});

test('a merge is undone at once from where it was made', async ({ page }) => {
  await signIn(page, 'mo', `${list}?kind=SERVICE`);
  await pairOf(page, both.undone).getByRole('link', { name: /Compare and merge/ }).click();
  await page.getByRole('button', { name: /^Merge / }).click();
  await justDone(page).getByRole('button', { name: 'Undo' }).click();
  await expect(justDone(page)).toContainText('The merge is undone: Welcome table is back.');
});

test('two that only look alike are dismissed, and can be brought back', async ({ page }) => {
  await signIn(page, 'mo', `${list}?kind=SERVICE`);
  const pair = pairOf(page, both.dismissed);
  await pair.getByRole('button', { name: /These are two/ }).click();
  await expect(pair).toContainText('Dismissed: these are two.');
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Services that are probably the same' })).toBeVisible();
  await expect(pairOf(page, both.merged)).toBeVisible();
  await expect(pair).toHaveCount(0);
  await page.getByRole('link', { name: 'Dismissed' }).click();
  await expect(pair).toContainText(/Dismissed on/);
  await accessible(page, 'dismissed duplicates');
  await picture(page, 'duplicates dismissed');
  await pair.getByRole('button', { name: /Put back on the list/ }).click();
  await expect(pair).toContainText('The pair is back on the list.');
});

test('what fewer people see stays so, and the page says it', async ({ page }) => {
  await signIn(page, 'mo', `${list}?kind=SERVICE`);
  await pairOf(page, both.hidden).getByRole('link', { name: /Compare and merge/ }).click();
  await page.getByRole('group', { name: 'Which record stays?' }).getByRole('radio', { name: /demo/ }).check();
  await expect(page.getByText('The record to be folded in is shown to fewer people')).toBeVisible();
  await expect(page.getByText('from the record that fewer people see').first()).toBeVisible();
  await expect(page.getByRole('region', { name: 'What comes of it' })).toContainText('Shown to staff only – it was: shown to everybody');
  await accessible(page, 'the comparison with a hidden record');
  await picture(page, 'duplicates with a hidden record');
});

test('reception has no duplicates to look at', async ({ page }) => {
  await signIn(page, 'fay', list);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your role does not allow this');
});
