import { another, expect, register, signIn, test } from './desk.ts';

test('Southport does not exist for Walton’s receptionist', async ({ page }) => {
  await signIn(page, 'fay');
  await expect(page.getByText('Southport')).toHaveCount(0);
  for (const address of ['/southport', '/southport/services', '/elsewhere', '/no-such-hub']) {
    await page.goto(address);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is no such page');
    await expect(page.getByText('Today at Southport')).toHaveCount(0);
  }
});

test('a person of one hub is nobody in another', async ({ page, browser }) => {
  await signIn(page, 'fay');
  const person = await register(page, 'Waltonite');
  const other = await another(browser);
  await signIn(other, 'sol');
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('Today at Southport');
  await other.getByRole('combobox', { name: 'Find a person' }).fill('waltonite');
  await expect(other.getByText('Nobody matches “waltonite”.')).toBeVisible();
  await other.goto(`/southport/people/${person.id}`);
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('There is no such person');
  await other.goto(`/walton/people/${person.id}`);
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('There is no such page');
  await other.context().close();
});

test('what is not there is said to be not there', async ({ page, browser }) => {
  await signIn(page, 'fay');
  for (const [address, what] of [
    [`people/${crypto.randomUUID()}`, 'person'],
    [`people/${crypto.randomUUID()}/edit`, 'person'],
    ['people/nobody', 'person'],
    [`services/${crypto.randomUUID()}`, 'service'],
  ]) {
    await page.goto(`/walton/${address}`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(`There is no such ${what}`);
    await expect(page.getByRole('alert')).toHaveCount(0);
  }
  const other = await another(browser);
  await signIn(other, 'amir');
  await other.goto(`/walton/conversation/${crypto.randomUUID()}`);
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('There is no such conversation');
  await other.context().close();
});

test('a tutor sees the catalogue, and neither the desk nor people', async ({ page }) => {
  await signIn(page, 'tia');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Find services');
  await expect(page.getByRole('navigation', { name: 'Main' }).getByRole('link')).toHaveText(['Find services']);
});

test('signing out ends the session here and in the other tabs', async ({ page, context }) => {
  await signIn(page, 'fay', '/walton');
  const tab = await context.newPage();
  await tab.goto('/walton');
  await expect(tab.getByRole('button', { name: 'Sign out' })).toBeVisible();

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL((url) => url.pathname !== '/walton');
  await page.goto('/walton');
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();

  await tab.getByRole('combobox', { name: 'Find a person' }).fill('anybody');
  await expect(tab.getByText('You are signed out.')).toBeVisible();
  await tab.close();
});
