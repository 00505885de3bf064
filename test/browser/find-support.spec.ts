import type { Page } from '@playwright/test';
import { accessible, another, expect, fitsWhenEnlarged, picture, test } from './desk.ts';

// Strangers' pages: all of it works with scripts switched off.
test.use({ javaScriptEnabled: false, locale: 'en-GB' });
test.setTimeout(120_000);

const hub = '/find-support/walton';

/** Looks at the page once more in a browser with scripts: the page has none, but the checks are some. */
async function good(page: Page, what: string) {
  const context = await page.context().browser()!.newContext({ viewport: page.viewportSize()!, javaScriptEnabled: true });
  const looking = await context.newPage();
  await looking.goto(page.url());
  await accessible(looking, what);
  await picture(looking, what);
  await fitsWhenEnlarged(looking, what);
  await context.close();
}

interface Choice {
  words?: string; need?: string; day?: string; postcode?: string; within?: string; free?: boolean;
  time?: string; age?: string; language?: string; stepFree?: boolean;
}

async function search(page: Page, choose: Choice) {
  await page.goto(hub);
  if (choose.words) await page.getByRole('searchbox', { name: 'What do you need?' }).fill(choose.words);
  if (choose.need) await page.getByRole('combobox', { name: 'Kind of help' }).selectOption(choose.need);
  if (choose.day) await page.getByRole('combobox', { name: 'Day' }).selectOption({ label: choose.day });
  if (choose.postcode) await page.getByRole('textbox', { name: 'Your postcode' }).fill(choose.postcode);
  if (choose.within) await page.getByRole('combobox', { name: 'How far you can go' }).selectOption({ label: choose.within });
  if (choose.free) await page.getByRole('checkbox', { name: 'Free only' }).check();
  if (choose.time || choose.age || choose.language || choose.stepFree) await page.getByText('More choices').click();
  if (choose.time) await page.getByRole('combobox', { name: 'Time of day' }).selectOption({ label: choose.time });
  if (choose.age) await page.getByRole('textbox', { name: 'Age' }).fill(choose.age);
  if (choose.language) await page.getByRole('combobox', { name: 'Language of the service' }).selectOption({ label: choose.language });
  if (choose.stepFree) await page.getByRole('checkbox', { name: 'Step-free only' }).check();
  await page.getByRole('button', { name: 'Search' }).click();
}

const results = (page: Page) => resultsNamed(page, 'What we found');
const resultsNamed = (page: Page, name: string) => page.getByRole('region', { name });

test('somebody finds help, and shares what they found', async ({ page, browser }) => {
  await search(page, { words: 'benefits', need: 'money', day: 'Tuesday', postcode: 'l4 0ck', within: '5 miles', free: true });
  await expect(page).toHaveURL(/\?q=benefits&need=money&day=tue&postcode=l4\+0ck&within=5&free=1&time=&age=&language=$/);
  await expect(results(page)).toContainText('We measure from L4 0CK.');
  const first = results(page).getByRole('listitem').first();
  await expect(first).toContainText('Free');
  await expect(first).toContainText(/[\d.]+ miles? away/);
  await expect(first).toContainText(/Next: \w+day \d+ \w+, \d\d:\d\d to \d\d:\d\d/);
  const why = first.getByRole('list', { name: 'Why it is listed' });
  await expect(why).toContainText('helps with Money');
  await expect(why).toContainText(/open Tuesday, \d\d:\d\d to \d\d:\d\d/);
  await expect(why).toContainText(/checked \d+ \w+ ago/);
  const found = await results(page).getByRole('heading', { level: 3 }).allTextContents();
  expect(found.length).toBeGreaterThan(0);
  // What was chosen stays chosen, and the link alone brings it to somebody else.
  await expect(page.getByRole('checkbox', { name: 'Free only' })).toBeChecked();
  await expect(page.getByRole('combobox', { name: 'Day' })).toHaveValue('tue');
  const other = await another(browser);
  await other.goto(page.url());
  expect(await results(other).getByRole('heading', { level: 3 }).allTextContents()).toEqual(found);
  await other.context().close();

  await first.getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(found[0]);
  await expect(page.getByRole('link', { name: /^0151 496/ })).toHaveAttribute('href', /^tel:0151496\d+$/);
  await expect(page.getByRole('link', { name: /@/ }).first()).toHaveAttribute('href', /^mailto:[^?]+@[^?]+$/);
  await expect(page.getByRole('link', { name: /on a map$/ })).toHaveAttribute('href', /^https:\/\/www\.openstreetmap\.org\/\?mlat=53\.\d+&mlon=-2\.\d+#map=17\//);
  await expect(page.getByRole('img', { name: page.url() })).toBeVisible();
  await good(page, 'Find support, service');

  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Add these dates to your calendar' }).click()]);
  const calendar = await (await file.createReadStream()).toArray().then((parts) => Buffer.concat(parts).toString());
  expect(calendar).toMatch(/^BEGIN:VCALENDAR\r\n/);
  expect(calendar.match(/BEGIN:VEVENT/g)!.length).toBeGreaterThan(5);
});

test('the search: all of it, page by page, nothing, and a postcode that is wrong', async ({ page }) => {
  await page.goto(hub);
  await expect(page).toHaveTitle('Find support – Life Rooms Walton');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Find support near Life Rooms Walton');
  await expect(results(page)).toContainText(/\b1\d\d services/);
  await good(page, 'Find support');
  await page.getByRole('link', { name: 'Next page' }).click();
  await expect(page.getByText(/Page 2 of [67]/)).toBeVisible();
  await expect(page.getByRole('heading', { name: 'What we found' })).toBeInViewport(); // not the form once more
  await page.getByRole('link', { name: 'Previous page' }).click();
  await expect(page.getByText(/Page 1 of [67]/)).toBeVisible();

  await search(page, { words: 'zzqxzz', day: 'Sunday' });
  await expect(results(page)).toContainText('Nothing matches all of this');
  await good(page, 'Find support, nothing');
  await page.getByRole('link', { name: 'Nothing matches all of this' }).click(); // on a phone the form fills the screen
  await expect(page.getByRole('heading', { name: 'What we found' })).toBeInViewport();
  await page.getByRole('link', { name: 'Clear the search' }).click();
  await expect(page).toHaveURL(new RegExp(`${hub}$`));

  await search(page, { postcode: 'nowhere' });
  const problem = page.getByRole('alert');
  await expect(problem).toContainText('Write it like L4 4AA');
  await expect(page.getByRole('textbox', { name: 'Your postcode' })).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByRole('textbox', { name: 'Your postcode' })).toHaveAccessibleDescription(/Error: This is not a full UK postcode\. Write it like L4\s4AA\.$/);
  await expect(page.getByRole('textbox', { name: 'Your postcode' })).toHaveValue('nowhere');
  await good(page, 'Find support, wrong postcode');
  await problem.getByRole('link').click();
  await expect(page.getByRole('textbox', { name: 'Your postcode' })).toBeFocused();
});

test('further choices: the hour, an age, a language and no steps', async ({ page, browser }) => {
  await page.goto(hub);
  await expect(page.getByRole('combobox', { name: 'Time of day' })).toBeHidden(); // folded away, for a short page
  await search(page, { day: 'Thursday', time: 'Morning', age: '40', language: 'Farsi', stepFree: true, postcode: 'L4 0CK' });
  await expect(page).toHaveURL(/day=thu&postcode=L4\+0CK&within=&time=morning&age=40&language=\w+&stepfree=1/);
  const why = results(page).getByRole('list', { name: 'Why it is listed' }).first();
  for (const reason of [/[\d.]+ miles? away/, /open Thursday, \d\d:\d\d to \d\d:\d\d/, /for ages \d+ and over/, /in Farsi/, /step-free/]) await expect(why).toContainText(reason);
  // They stay open and chosen, also for whoever is sent the link.
  await expect(page.getByRole('combobox', { name: 'Time of day' })).toHaveValue('morning');
  await expect(page.getByRole('checkbox', { name: 'Step-free only' })).toBeChecked();
  const found = await results(page).getByRole('heading', { level: 3 }).allTextContents();
  const other = await another(browser);
  await other.goto(page.url());
  expect(await results(other).getByRole('heading', { level: 3 }).allTextContents()).toEqual(found);
  await other.context().close();
  await good(page, 'Find support, further choices');
  await page.goto(`${page.url()}&lang=pl`);
  await expect(resultsNamed(page, 'Co znaleźliśmy')).toContainText(/czynne: czwartek, od \d\d:\d\d do \d\d:\d\d/);
  await expect(resultsNamed(page, 'Co znaleźliśmy')).toContainText('język: perski');
  await good(page, 'Find support, further choices in Polish');

  await search(page, { age: 'forty' });
  await expect(page.getByRole('alert')).toContainText('Write the age as a number, like 42.');
  await page.getByRole('alert').getByRole('link').click();
  await expect(page.getByRole('textbox', { name: 'Age' })).toBeFocused();
});

test('words that are mistyped are put right, and it says so', async ({ page }) => {
  await search(page, { words: 'benifits chek' });
  await expect(results(page)).toContainText('These are results for “benefits check”.');
  await expect(results(page).getByRole('listitem').first()).toContainText('“benefits check” is in the');
  await good(page, 'Find support, put right');
  await search(page, { words: '"benifits chek"' });
  await expect(results(page)).toContainText('Nothing matches all of this');
});

test('a refuge is found, and where it is is not', async ({ page }) => {
  await search(page, { words: 'safe steps advocates' });
  await results(page).getByRole('link', { name: 'Safe Steps advocates' }).click();
  await expect(page.getByText('No address is shown here. Ask where to go.')).toBeVisible();
  const text = await page.content();
  for (const secret of ['Harrowmead House', 'Larkmead']) expect(text).not.toContain(secret);
  await good(page, 'Find support, a refuge');
});

test('what is on, week by week', async ({ page }) => {
  await page.goto(hub);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'What’s on' }).click();
  await expect(page.getByRole('heading', { level: 2 })).toHaveCount(7);
  await good(page, 'What is on');
  await page.getByRole('link', { name: 'Later week' }).click();
  await expect(page).toHaveURL(/from=\d{4}-\d\d-\d\d$/);
  expect(await page.getByRole('listitem').filter({ has: page.getByRole('time') }).count()).toBeGreaterThan(50);
  await page.getByRole('link', { name: 'Earlier week' }).click();
  await expect(page).toHaveURL(/whats-on$/);
});

test('the interface in Welsh and in Polish', async ({ page, browser }) => {
  // How many there are depends on what others add in the meantime.
  for (const [name, code, heading, count] of [
    ['Cymraeg', 'cy', 'Dod o hyd i gymorth ger Life Rooms Walton', /\b1\d\d gwasanaeth/],
    ['Polski', 'pl', 'Znajdź pomoc w pobliżu: Life Rooms Walton', /\b1\d\d usług/],
  ] as const) {
    await page.goto(hub);
    await page.getByRole('link', { name, exact: true }).click();
    await expect(page.locator('html')).toHaveAttribute('lang', code);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
    await expect(page.getByRole('main')).toContainText(count);
    await good(page, `Find support in ${code}`);
    // The language stays with whoever follows the links.
    await page.getByRole('main').getByRole('listitem').first().getByRole('link').click();
    await expect(page.locator('html')).toHaveAttribute('lang', code);
    await good(page, `Find support, service in ${code}`);
  }
  const context = await browser.newContext({ baseURL: process.env.LIFEROOMS_URL, locale: 'pl-PL', javaScriptEnabled: false });
  const polish = await context.newPage();
  await polish.goto(hub);
  await expect(polish.locator('html')).toHaveAttribute('lang', 'pl');
  await context.close();
});

test('on paper there is what matters', async ({ page }) => {
  await search(page, { words: 'benefits check' });
  await results(page).getByRole('link').first().click();
  await page.emulateMedia({ media: 'print' });
  for (const gone of [page.getByRole('navigation', { name: 'Main' }), page.getByRole('link', { name: 'Back to the search' }), page.getByRole('link', { name: /on a map$/ })]) {
    await expect(gone).toBeHidden();
  }
  await expect(page.getByRole('heading', { name: 'Where it is' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Take this page with you' })).toBeVisible();
  await picture(page, 'Find support, service on paper');
});

test('by keyboard, and where there is nothing', async ({ page, desk }) => {
  desk.expected.push(/status of 404/);
  await page.goto(hub);
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to the main part' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.keyboard.type('choir');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/q=choir/);

  for (const nothing of ['/find-support/nowhere', `${hub}/services/0198b6a0-0000-7000-8000-000000000000`, `${hub}/nothing/at/all`]) {
    expect((await page.goto(nothing))!.status()).toBe(404);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is no such page');
  }
  await good(page, 'Find support, no such page');
});

test('search engines may show the public pages, and nothing else', async ({ request }) => {
  const robots = await request.get('/robots.txt');
  expect(robots.headers()['content-type']).toMatch(/^text\/plain/);
  expect(await robots.text()).toContain('Allow: /find-support/\nDisallow: /\n');
});
