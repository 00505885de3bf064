import type { Page } from '@playwright/test';
import { inWords, shortly, takeaway } from '../../web/src/directory/takeaway.ts';
import { measure, plain } from '../../web/src/directory/texting.ts';
import { accessible, checkIn, expect, fitsWhenEnlarged, picture, register, send, signIn, test } from './desk.ts';

test.setTimeout(240_000);

const box = (page: Page) => page.getByRole('combobox', { name: 'Search' });
const options = (page: Page, chosen?: { selected: boolean }) => page.getByRole('listbox', { name: 'Suggestions' }).getByRole('option', chosen);
const basket = (page: Page) => page.getByRole('region', { name: /^Basket/ });
const announced = (page: Page) => page.getByTestId('announcer');
const focusedService = (page: Page) => page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset.service);

async function good(page: Page, what: string) {
  await accessible(page, what);
  await picture(page, what);
  await fitsWhenEnlarged(page, what);
}

/** The ids of services by name, as a search finds them. */
async function find(page: Page, name: string): Promise<{ id: string; name: string }> {
  const { hub } = await send(page, 'Services', { hub: 'walton', filter: { text: name }, first: 5 });
  const found = hub.services.edges.map((e: any) => e.node).find((n: { name: string }) => n.name === name);
  expect(found, name).toBeTruthy();
  return found;
}

test('a text message is measured as phones send it', () => {
  const a = (n: number) => 'a'.repeat(n);
  const cases: [string, string, number, number][] = [
    ['', 'GSM-7', 0, 0],
    [a(160), 'GSM-7', 160, 1],
    [a(161), 'GSM-7', 161, 2],
    [a(306), 'GSM-7', 306, 2],
    [a(307), 'GSM-7', 307, 3],
    ["£5: it's à la carte, naïve @ noon".replace('ï', 'i'), 'GSM-7', 33, 1],
    [`${a(158)}€`, 'GSM-7', 159, 1],
    [`${a(159)}€`, 'GSM-7', 160, 2],
    // A character of two places is not cut in two: 152 and the euro are two parts, and so 152 + 153 take a third.
    [`${a(152)}€${a(151)}`, 'GSM-7', 304, 2],
    [`${a(152)}€${a(152)}`, 'GSM-7', 305, 3],
    ['’', 'UCS-2', 1, 1],
    [`’${a(69)}`, 'UCS-2', 70, 1],
    [`’${a(70)}`, 'UCS-2', 71, 2],
    ['😀'.repeat(35), 'UCS-2', 35, 1],
    ['😀'.repeat(36), 'UCS-2', 36, 2],
    // 33 pairs fit into the 67 places of a part.
    ['😀'.repeat(66), 'UCS-2', 66, 2],
    ['😀'.repeat(67), 'UCS-2', 67, 3],
  ];
  for (const [text, encoding, characters, parts] of cases) {
    const got = measure(text);
    expect([got.encoding, got.characters, got.parts], `${text.slice(0, 3)}… of ${text.length}`).toEqual([encoding, characters, parts]);
  }
  expect(measure('Llŷn and Łódź').unusual).toEqual(['ŷ', 'Ł', 'ó', 'd', 'ź'].filter((c) => c !== 'd'));
  expect(plain('Carers’ “Wednesday” – £5…\u00a0½ price')).toBe('Carers\' "Wednesday" - £5... 1/2 price');
  expect(measure(plain('Carers’ “Wednesday” – £5…')).encoding).toBe('GSM-7');
  expect(plain('Ŵyn’s Łódź'), 'names keep their letters').toBe("Ŵyn's Łódź");
});

test('a sheet and a message say little, plainly, and nothing that is restricted', () => {
  expect(shortly('One thing. Another thing. A third thing.')).toBe('One thing. Another thing.');
  expect(shortly(`${'Long '.repeat(60)}sentence.`).length).toBeLessThanOrEqual(241);
  const place = (visibility: string, address: string) => ({ id: address, visibility, location: { id: address, name: '', address, city: null, postcode: 'L4 4AA', accessibility: [], visibility: 'PUBLIC' } });
  const service: any = {
    id: 'x', name: 'Tea', description: 'Tea and cake.', phone: '0151 496 0100', email: null, status: 'ACTIVE', retired: false, visibility: 'PUBLIC', alert: '', free: true,
    feesDescription: '', eligibilityDescription: 'For all.', minimumAge: 18, maximumAge: null, applicationProcess: 'Drop in.',
    organisation: { id: 'o', name: 'Kettles', visibility: 'PUBLIC', phone: null, email: null }, places: [place('PUBLIC', '1 Open Street'), place('RESTRICTED', '2 Secret Street')],
    schedules: [{ id: 's', summary: 'every Monday', description: '', visibility: 'PUBLIC' }], nextSessions: [{ startsAt: '2026-11-30T10:00:00Z', endsAt: null }],
  };
  const base = '/find-support/zz1/walton';
  const all = (s: any) => JSON.stringify(takeaway(s, base, 'Europe/London').takes ?? null);
  const told = (s: any) => takeaway(s, base, 'Europe/London').withheld.map((w) => w.why).join(' ');

  expect(all(service)).toContain('1 Open Street');
  expect(all(service)).not.toContain('Secret');
  expect(told(service)).toContain('restricted address');
  expect(takeaway(service, base, 'Europe/London').takes!.page).toBe(`${base}/services/x`);
  expect(takeaway(service, base, 'Europe/London').takes!.who).toBe('For all. Age 18 and over');
  // The place itself, not only what happens there.
  expect(all({ ...service, places: [{ ...place('PUBLIC', '3 Hidden Row'), location: { ...place('PUBLIC', '3 Hidden Row').location, visibility: 'RESTRICTED' } }] })).not.toContain('Hidden');
  // A restricted time takes all times with it, since the next ones do not say whose they are.
  const timed = { ...service, schedules: [...service.schedules, { id: 't', summary: 'every Friday', description: '', visibility: 'RESTRICTED' }] };
  expect(takeaway(timed, base, 'Europe/London').takes!.when).toEqual([]);
  for (const hidden of [{ ...service, visibility: 'RESTRICTED' }, { ...service, organisation: { ...service.organisation, visibility: 'RESTRICTED' } }]) {
    expect(all(hidden)).toBe('null');
    expect(told(hidden)).toContain('is restricted');
  }
  // What is for staff may be told, but has no page that anybody could open.
  expect(takeaway({ ...service, visibility: 'STAFF' }, base, 'Europe/London').takes!.page).toBeUndefined();

  const { takes } = takeaway(service, base, 'Europe/London');
  const brief = inWords([takes!], { hub: 'Walton', origin: 'https://hub.example.org', brief: true, links: true });
  expect(brief).toBe('From Life Rooms Walton\n\nTea\nevery Monday\n1 Open Street, L4 4AA\n0151 496 0100\nhttps://hub.example.org/find-support/zz1/walton/services/x');
  expect(inWords([takes!, takes!], { hub: 'Walton', origin: '', brief: false, links: false })).toContain('2. Tea (Kettles)\nTea and cake.');
});

test('from the box to the printed sheet by keyboard alone', async ({ page }) => {
  await page.addInitScript(() => {
    (window as any).printed = 0;
    window.print = () => void (window as any).printed++;
  });
  await signIn(page, 'fay', '/walton/services');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Find services');
  await expect(page.getByRole('article').first()).toBeVisible();

  await page.keyboard.press('/');
  await expect(box(page)).toBeFocused();
  await page.keyboard.type('deb');
  await expect(page.getByRole('listbox', { name: 'Suggestions' })).toBeVisible();
  await expect(box(page)).toHaveAttribute('aria-expanded', 'true');
  await expect(options(page, { selected: true })).toHaveCount(0);
  await good(page, 'Finder, suggestions');
  await page.keyboard.press('ArrowDown');
  const option = options(page, { selected: true });
  await expect(option).toHaveCount(1);
  expect(await box(page).getAttribute('aria-activedescendant')).toBe(await option.getAttribute('id'));
  await page.keyboard.press('Escape');
  await expect(page.getByRole('listbox', { name: 'Suggestions' })).toBeHidden();
  await expect(box(page)).toHaveValue('deb');
  await page.keyboard.press('Escape');
  await expect(box(page)).toHaveValue('');

  await page.keyboard.type('letters');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/text=letters/);
  await expect(page.getByRole('article').first()).toContainText(/letters/i);
  await expect(page.getByRole('listbox', { name: 'Suggestions' })).toBeHidden();
  // Down from the box is the first service, k goes back into the box.
  await page.keyboard.press('ArrowDown');
  const first = await focusedService(page);
  expect(first).toBeTruthy();
  await page.keyboard.press('j');
  const second = await focusedService(page);
  expect(second).not.toBe(first);
  await page.keyboard.press('ArrowUp');
  expect(await focusedService(page)).toBe(first);
  await page.keyboard.press('k');
  await expect(box(page)).toBeFocused();
  await page.keyboard.press('ArrowDown');

  await page.keyboard.press('b');
  await expect(announced(page)).toContainText('is in the basket, which now holds 1.');
  await page.keyboard.press('j');
  await page.keyboard.press('b');
  await expect(basket(page).getByRole('listitem')).toHaveCount(2);
  await good(page, 'Finder, two in the basket');

  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toContainText('Put the service in the basket, or take it out');
  await page.keyboard.press('Escape');

  const gathered: number[] = [];
  page.on('request', (r) => r.url().endsWith('/graphql') && r.postDataJSON()?.variables?.ids && gathered.push(r.postDataJSON().variables.ids.length));
  await page.keyboard.press('s');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Basket');
  await expect(page.getByRole('article', { name: 'The sheet' }).getByRole('heading', { level: 3 })).toHaveCount(2);
  expect(gathered).toEqual([2]); // by one request
  await expect(page.getByRole('img', { name: /^QR code/ }).first()).toBeVisible();
  expect(await page.getByRole('img', { name: /^QR code/ }).first().evaluate((img: HTMLImageElement) => img.decode().then(() => img.naturalWidth))).toBeGreaterThan(0);
  await good(page, 'Basket');
  await page.keyboard.press('p');
  expect(await page.evaluate(() => (window as any).printed)).toBe(1);

  await page.emulateMedia({ media: 'print' });
  await expect(page.getByRole('heading', { name: 'Places that may help you' })).toBeVisible();
  await expect(basket(page)).toBeHidden();
  await picture(page, 'Basket, printed');
  await page.emulateMedia({ media: 'screen' });

  // It is there after a reload, and gone after signing out: the next at this desk sees nothing of it.
  await page.reload();
  await expect(basket(page).getByRole('listitem')).toHaveCount(2);
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain('basket');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('link', { name: /^Sign in with/ }).first()).toBeVisible();
  expect(await page.evaluate(() => Object.keys(sessionStorage).filter((k) => k.includes('basket')))).toEqual([]);
});

test('a search stands in its address, says why each is there, and what it took a wrong spelling for', async ({ page }) => {
  await signIn(page, 'fay', '/walton/services');
  await page.getByRole('combobox', { name: 'Need' }).selectOption('money');
  await page.getByRole('combobox', { name: 'On', exact: true }).selectOption('WEDNESDAY');
  await page.getByText('Time, area, age, language, access').click();
  await page.getByLabel('From', { exact: true }).fill('09:30');
  await page.getByLabel('Near a postcode').fill('L20');
  await page.getByLabel('For somebody aged').fill('42');
  await expect(page).toHaveURL(/need=money.*/);
  await expect(page).toHaveURL(/near=L20/);
  await expect(page).toHaveURL(/age=42/);
  await expect(page.getByRole('combobox', { name: 'Within' })).toBeVisible();
  await page.getByRole('combobox', { name: 'Within' }).selectOption({ label: '10 miles' });
  await page.getByRole('checkbox', { name: 'Step-free' }).check();
  await expect(page).toHaveURL(/access=STEP_FREE/);
  const why = page.getByRole('article').first().locator('.lr-card__why');
  await expect(why).toContainText(/mile/);
  await expect(why).toContainText(/Wednesday/);
  const names = await page.getByRole('article').getByRole('heading').allInnerTexts();
  await good(page, 'Finder, facets');

  await page.goto(page.url());
  await expect(page.getByLabel('For somebody aged')).toHaveValue('42');
  await expect(page.getByRole('checkbox', { name: 'Step-free' })).toBeChecked();
  await expect(page.getByRole('article').getByRole('heading')).toHaveText(names);

  await page.getByLabel('For somebody aged').fill('old');
  await expect(page.getByText('Write an age in years, such as 42.')).toBeVisible();
  await expect(page).not.toHaveURL(/age=/);
  await page.getByLabel('For somebody aged').fill('42');
  await page.getByLabel('Until', { exact: true }).fill('08:00');
  await expect(page.getByText('The hours end before they begin. Choose a later time.')).toBeVisible();
  await expect(page.getByText('That did not work')).toHaveCount(0);
  await page.getByLabel('Until', { exact: true }).fill('');
  await page.getByLabel('Near a postcode').fill('nowhere');
  await expect(page.getByText('That is not a postcode.')).toBeVisible();
  await page.getByLabel('Near a postcode').fill('ZE1 0AA');
  await expect(page.getByText('No place of the catalogue is near ZE1 0AA')).toBeVisible();
  await good(page, 'Finder, a postcode that is not known');

  await page.goto('/walton/services');
  await box(page).fill('housng');
  await expect(page.getByText('Showing results for')).toBeVisible();
  await expect(page.getByText('Showing results for').locator('strong')).toHaveText(/housing/i);
  await picture(page, 'Finder, corrected');

  // A suggestion of a need becomes that need.
  await box(page).fill('mon');
  await options(page).filter({ hasText: 'Need' }).first().click();
  await expect(page).toHaveURL(/need=money/);
  await expect(box(page)).toHaveValue('');
});

test('two services are compared side by side, and differences are said', async ({ page }) => {
  await signIn(page, 'fay', '/walton/services?need=money');
  await expect(page.getByRole('article').nth(1)).toBeVisible();
  await page.keyboard.press('j');
  await page.keyboard.press('c');
  await expect(page).toHaveURL(/compare=/);
  await page.keyboard.press('j');
  await page.keyboard.press('c');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Compare two services');
  const table = page.getByRole('table');
  await expect(table.getByRole('columnheader')).toHaveCount(3);
  for (const what of ['Who it is for', 'Ages', 'Cost', 'Next', 'Where', 'Languages', 'How to get in', 'Contact', 'Last checked'])
    await expect(table.getByRole('rowheader', { name: new RegExp(`^${what}`) })).toHaveCount(1);
  await expect(table.getByRole('rowheader', { name: /^Contact.*Different$/ })).toHaveCount(1);
  await expect(page.getByText(/^They differ in \d+ ways: /)).toBeVisible();
  await good(page, 'Compare');
  await page.setViewportSize({ width: 320, height: 640 });
  await expect(table.getByRole('rowheader').first()).toBeVisible();
  await page.setViewportSize({ width: 1280, height: 900 });

  const [left, right] = await table.getByRole('columnheader').getByRole('link').allInnerTexts();
  await page.getByRole('button', { name: 'Change sides' }).click();
  await expect(table.getByRole('columnheader').getByRole('link')).toHaveText([right!, left!]);
  await page.emulateMedia({ media: 'print' });
  await expect(table).toBeVisible();
  await picture(page, 'Compare, printed');
  await page.emulateMedia({ media: 'screen' });
  await page.goto(page.url().replace(/a=[^&]*/, `a=${crypto.randomUUID()}`));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is no such service');
  await page.goto('/walton/services/compare');
  await expect(page.getByText('Choose two services to compare.')).toBeVisible();
});

test('the basket: put in order, taken out, put back; and a message of it', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await signIn(page, 'fay', '/walton/services');
  const names: string[] = [];
  for (let i = 0; i < 3; i++) {
    const card = page.getByRole('article').nth(i);
    names.push(await card.getByRole('heading').innerText());
    await card.getByRole('button', { name: /^Add to basket/ }).click();
  }
  const items = basket(page).getByRole('listitem').getByRole('link');
  await expect(items).toHaveText(names);
  await basket(page).getByRole('link', { name: 'Sheet or text message' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Basket');

  await basket(page).getByRole('button', { name: `Move ${names[2]} up` }).focus();
  await page.keyboard.press('Enter');
  await expect(items).toHaveText([names[0]!, names[2]!, names[1]!]);
  await expect(basket(page).getByRole('button', { name: `Move ${names[2]} up` })).toBeFocused();
  await page.keyboard.press('Alt+ArrowUp');
  await expect(items).toHaveText([names[2]!, names[0]!, names[1]!]);
  await expect(announced(page)).toContainText(`${names[2]} is now 1 of 3.`);
  const sheet = page.getByRole('article', { name: 'The sheet' });
  await expect(sheet.getByRole('heading', { level: 3 })).toHaveText([names[2]!, names[0]!, names[1]!]);

  await basket(page).getByRole('button', { name: `Remove ${names[0]} from the basket` }).focus();
  await page.keyboard.press('Enter');
  await expect(items).toHaveText([names[2]!, names[1]!]);
  await expect(basket(page).getByRole('button', { name: /^Undo/ })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(items).toHaveText([names[2]!, names[0]!, names[1]!]);

  await page.keyboard.press('t');
  const message = page.getByRole('textbox', { name: 'Message' });
  await expect(message).toBeFocused();
  const size = page.locator('#message-size');
  const said = async () => {
    const text = await message.inputValue();
    const { characters, parts } = measure(text);
    await expect(size).toContainText(`${characters} characters, sent as ${parts} message${parts === 1 ? '' : 's'}.`);
    return text;
  };
  const linked = await said();
  expect(linked).toContain('/find-support/');
  expect(linked.match(/[‘’“”–…]/)).toBeNull();
  await page.getByRole('checkbox', { name: /^With a link/ }).uncheck();
  const short = await said();
  expect(short).not.toContain('/find-support/');
  expect(short).toContain(names[2]!.replace('’', "'"));
  await message.fill('Łódź £5');
  await expect(size).toContainText('7 characters, sent as 1 message. Ł ó ź are not in the plain alphabet');
  await page.getByRole('button', { name: 'Undo my changes' }).click();
  await expect(message).toHaveValue(short);

  await page.getByRole('button', { name: 'Copy the message' }).click();
  await expect(page.getByText('Message copied')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(short);
  await page.getByRole('button', { name: 'Copy all details, for an email' }).click();
  await expect(page.getByText('Details copied')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('Get in touch: ');
  const sms = await page.getByRole('link', { name: 'Open in a messaging app' }).getAttribute('href');
  expect(decodeURIComponent(sms!.replace('sms:?body=', ''))).toBe(short);

  await page.getByRole('button', { name: 'Empty the basket' }).click();
  await expect(page.getByText('Nothing yet.')).toBeVisible();
  await good(page, 'Basket, empty');
});

test('a refuge’s address is on no sheet and in no message, and staff are told why', async ({ page }) => {
  await signIn(page, 'fay');
  const refuge = await find(page, 'After the storm group');
  const { hub } = await send(page, 'Service', { hub: 'walton', id: refuge.id });
  const [at] = hub.service.places;
  expect(at.location.visibility).toBe('RESTRICTED');
  expect(at.location.address).toBeTruthy();

  await page.goto(`/walton/services/${refuge.id}`);
  await expect(page.getByText('Restricted: this address must not leave the hub')).toBeVisible();
  await page.keyboard.press('b');
  await expect(basket(page)).toContainText(refuge.name);
  await good(page, 'Service with a restricted address');
  await basket(page).getByRole('link', { name: 'Sheet or text message' }).click();
  await expect(page.getByRole('note', { name: 'What is left out' })).toContainText(`${refuge.name} has a restricted address`);
  const sheet = page.getByRole('article', { name: 'The sheet' });
  await expect(sheet).toContainText(refuge.name);
  for (const secret of [at.location.address, at.location.postcode, at.location.name]) {
    await expect(sheet).not.toContainText(secret);
    expect(await page.getByRole('textbox', { name: 'Message' }).inputValue()).not.toContain(secret);
  }
  await good(page, 'Basket with a restricted address');
});

test('what is restricted is on no paper that a page is printed on, and is marked as such in each', async ({ page }) => {
  await signIn(page, 'fay');
  const refuge = await find(page, 'After the storm group');
  const other = await find(page, 'Debt and bills desk');
  const { hub } = await send(page, 'Service', { hub: 'walton', id: refuge.id });
  const { name, address, postcode } = hub.service.places[0].location;
  const marked = 'Restricted: this address must not leave the hub';
  for (const [what, at] of [
    ['the list', `/walton/services?text=${encodeURIComponent(refuge.name)}`],
    ['the page', `/walton/services/${refuge.id}`],
    ['the comparison', `/walton/services/compare?a=${refuge.id}&b=${other.id}`],
  ] as const) {
    await page.goto(at);
    const main = page.getByRole('main');
    await expect(main, what).toContainText(postcode);
    await expect(main, what).toContainText(marked);
    await page.emulateMedia({ media: 'print' });
    const printed = await main.innerText();
    expect(printed, what).toContain(refuge.name);
    for (const secret of [name, address, postcode, 'estricted']) expect(printed, what).not.toContain(secret);
    await picture(page, `Restricted, ${what} on paper`);
    await page.emulateMedia({ media: 'screen' });
  }

  // Of a service that is restricted itself nothing is printed.
  await page.route('**/graphql', async (route) => {
    const response = await route.fetch();
    const answer = await response.json();
    for (const service of [answer.data?.hub?.service, answer.data?.hub?.a]) if (service?.organisation) service.visibility = 'RESTRICTED';
    await route.fulfill({ response, json: answer });
  });
  for (const at of [`/walton/services/${other.id}`, `/walton/services/compare?a=${other.id}&b=${refuge.id}`]) {
    await page.goto(at);
    await expect(page.getByText('Restricted: do not pass it on')).toBeVisible();
    await page.emulateMedia({ media: 'print' });
    expect(await page.getByRole('main').innerText()).not.toContain(other.name);
    await page.emulateMedia({ media: 'screen' });
  }
});

test('an open conversation has a basket of its own, and who must not be texted is not', async ({ page }) => {
  await signIn(page, 'amir');
  const person = await register(page, 'Gathered', { safeContact: 'PHONE_ONLY', phone: '07700900456', postcode: 'L4 4AA' });
  const visit = await checkIn(page, person.id, 'money');
  await page.goto('/walton/services');
  await page.getByRole('article').first().getByRole('button', { name: /^Add to basket/ }).click();
  await expect(basket(page).getByRole('listitem')).toHaveCount(1);

  const { takeVisit } = await send(page, 'TakeVisit', { input: { hub: 'walton', clientMutationId: crypto.randomUUID(), visitId: visit.id } });
  await page.goto(`/walton/conversation/${takeVisit.conversation.id}`);
  await expect(page.getByRole('button', { name: /^Add to basket/ }).first()).toBeVisible();
  await expect(basket(page)).toHaveCount(0);
  await page.getByText('Time, area, age, language, access').click();
  await page.getByRole('button', { name: 'Near their home, L4 4AA' }).click();
  await expect(page.getByText(/miles away/).first()).toBeVisible();
  await expect(page).not.toHaveURL(/L4/);
  await page.getByRole('button', { name: /^Add to basket/ }).first().click();
  await page.getByRole('button', { name: /^Add to basket/ }).first().click();
  await expect(basket(page).getByRole('listitem')).toHaveCount(2);
  await good(page, 'Conversation with a basket');
  await basket(page).getByRole('link', { name: 'Sheet or text message' }).click();
  await expect(page.getByText('Do not send them a text message')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Open in a messaging app' })).toHaveCount(0);
  const kept = await page.evaluate(() => JSON.stringify(sessionStorage) + JSON.stringify(localStorage));
  for (const secret of [person.displayName, '07700900456', 'L4 4AA']) expect(kept).not.toContain(secret);
  await expect(page.getByRole('article', { name: 'The sheet' })).not.toContainText(person.displayName);
  await good(page, 'Basket of a conversation');

  await page.getByRole('link', { name: /^go back to the conversation with/ }).click();
  await basket(page).getByRole('button', { name: /^Signpost to .* from the basket$/ }).first().click();
  await expect(basket(page).getByText('Signposted')).toBeVisible();
  await expect(page.getByRole('region', { name: /^Signposts given/ }).getByRole('listitem')).toHaveCount(1);
  await page.getByRole('button', { name: 'End the conversation' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Today at Walton');
  await page.goto('/walton/services');
  await expect(basket(page).getByRole('listitem')).toHaveCount(1);
});
