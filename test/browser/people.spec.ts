import { expect, register, signIn, test } from './desk.ts';

test('registering warns of who may be the same, and blocks nobody', async ({ page }) => {
  await signIn(page, 'fay');
  const known = await register(page, 'Bronagh', { dateOfBirth: '1970-02-01' });
  await page.getByRole('link', { name: 'Register a new person' }).click();
  await page.getByRole('textbox', { name: 'First name', exact: true }).fill('Bronagh');
  await page.getByRole('textbox', { name: 'Family name' }).fill(known.displayName.split(' ')[1]!);
  await expect(page.getByRole('region', { name: /may be the same person/ })).toContainText(known.memberNumber);

  await page.getByRole('textbox', { name: 'Day' }).fill('31');
  await page.getByRole('textbox', { name: 'Month' }).fill('2');
  await page.getByRole('textbox', { name: 'Year' }).fill('1970');
  await page.getByRole('button', { name: 'Register only' }).click();
  const summary = page.locator('.nhsuk-error-summary');
  await expect(summary).toBeFocused();
  await summary.getByRole('link', { name: /Date of birth must be a real date/ }).click();
  await expect(page.getByRole('textbox', { name: 'Day' })).toBeFocused();

  await page.getByRole('textbox', { name: 'Day' }).fill('1');
  await page.getByRole('textbox', { name: 'NHS number' }).fill('999 000 0001');
  await page.getByRole('button', { name: 'Register only' }).click();
  await expect(page.locator('.nhsuk-error-summary').getByRole('link')).toHaveAttribute('href', '#nhsNumber');

  await page.getByRole('textbox', { name: 'NHS number' }).fill('');
  await page.getByRole('checkbox', { name: 'Interpreter', exact: true }).check();
  await page.getByRole('textbox', { name: 'More about: Interpreter' }).fill('Polish');
  await page.getByRole('button', { name: 'Register and check in' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(known.displayName);
  await expect(page.getByText(/is registered and checked in \(\d\d:\d\d\)/).filter({ visible: true }).first()).toBeVisible();
  await expect(page.getByRole('list', { name: 'Access needs' })).toContainText('Interpreter: Polish');
});

test('details are changed, and only what was changed is sent', async ({ page }) => {
  await signIn(page, 'fay');
  const person = await register(page, 'Changeling', { phone: '07700900123' });
  await page.goto(`/walton/people/${person.id}`);
  await page.getByRole('link', { name: 'Change details' }).click();
  await page.getByRole('textbox', { name: 'Preferred first name' }).fill('Chan');
  await page.getByRole('combobox', { name: 'Safe contact' }).selectOption({ label: 'Text messages only' });
  await page.getByRole('checkbox', { name: 'Uses a wheelchair' }).check();
  const sent = page.waitForRequest((r) => r.postData()?.includes('"personId"') === true);
  await page.getByRole('button', { name: 'Save' }).click();
  expect(Object.keys((await sent).postDataJSON().variables.input).sort()).toEqual(['hub', 'personId', 'preferredName', 'safeContact']);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Chan /);
  await expect(page.getByRole('list', { name: 'Access needs' })).toContainText('Uses a wheelchair');
  await expect(page.getByText('Safe contact: Text messages only')).toBeVisible();
});
