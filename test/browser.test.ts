import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, CHROMIUM_REQUIRED, openVisitor, startChromium } from './harness/chromium.ts';
import { startServices, type Services } from './harness/services.ts';

const PASSWORD = 'seven quiet otters';

describe.skipIf(CHROMIUM === undefined && !CHROMIUM_REQUIRED)('the pages in a browser', () => {
  let services: Services;
  let browser: Browser;

  beforeAll(async () => {
    [services, browser] = await Promise.all([startServices(), startChromium()]);
  });
  afterAll(async () => {
    await browser.close();
    await services[Symbol.asyncDispose]();
  });

  async function register(page: Page, name: string): Promise<void> {
    await page.goto(`${services.website}/#/register`);
    await field(page, 'Name').fill(name);
    await field(page, 'Email').fill(`${name.toLowerCase()}@example.com`);
    await field(page, 'Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Register' }).click();
    await page.getByRole('heading', { name: 'Profile' }).waitFor();
  }

  it('know, in every application, who has registered at the website, and after a sign-out nobody', async () => {
    await using visitor = await openVisitor(browser);
    const { page, context, complaints } = visitor;
    await page.goto(services.website);
    await page.getByRole('link', { name: 'or register' }).click();
    await register(page, 'Ada');
    await page.getByText('ada@example.com').waitFor();

    await field(page, 'Handle').fill('ada');
    await field(page, 'About you').fill('Engines <b>& more</b>');
    await page.getByRole('button', { name: 'Save the profile' }).click();
    await page.getByRole('status').getByText('Your profile is saved.').waitFor();

    await page.reload();
    await page.getByText('ada@example.com').waitFor();
    await expect.poll(() => field(page, 'About you').inputValue()).toBe('Engines <b>& more</b>');

    // No second sign-in: the links of the page, and then a tab of its own.
    await page.getByRole('link', { name: 'MexTrack' }).click();
    await page.waitForURL(`${services.mextrack}/**`);
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    const shop = await context.newPage();
    await shop.goto(services.pshop);
    await shop.getByRole('button', { name: 'Sign out' }).waitFor();

    // Signed out there is signed out here.
    await shop.getByRole('button', { name: 'Sign out' }).click();
    await shop.getByRole('link', { name: 'Sign in' }).waitFor();
    await page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`); // as when it is looked at again
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    await page.goto(services.website);
    await page.getByRole('heading', { name: 'One sign-on, three applications' }).waitFor();
    await page.goto(services.mextrack);
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    expect(complaints).toStrictEqual([]);
  });

  it('lead who is not signed in to the website, and back', async () => {
    await using visitor = await openVisitor(browser);
    const { page, context } = visitor;
    await register(page, 'Ben');
    await context.clearCookies();
    await page.goto(services.mextrack);
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.waitForURL(`${services.website}/**`);
    await signIn(page, 'Ben');
    await page.waitForURL(`${services.mextrack}/**`);
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    expect(visitor.complaints).toStrictEqual([]);
  });

  it('describe the routes of every application, under the policy that lets no foreign script run', async () => {
    for (const url of [services.website, services.mextrack, services.pshop]) {
      await using visitor = await openVisitor(browser);
      await visitor.page.goto(`${url}/docs`);
      await visitor.page.getByText('/health/database').waitFor();
      expect(visitor.complaints).toStrictEqual([]);
    }
  });

  it('lead nobody away to a stranger’s page', async () => {
    await using visitor = await openVisitor(browser);
    const { page, context } = visitor;
    await register(page, 'Cleo');
    await context.clearCookies();
    await page.goto(`${services.website}/?#/sign-in?to=${encodeURIComponent('http://127.0.0.1:9/evil')}`);
    await signIn(page, 'Cleo');
    await page.getByRole('heading', { name: 'Profile' }).waitFor();
    expect(new URL(page.url()).origin).toBe(services.website);
  });

  it('keep the session where no script can read it', async () => {
    await using visitor = await openVisitor(browser);
    await register(visitor.page, 'Dora');
    const [cookie] = await visitor.context.cookies(services.website);
    expect(cookie).toMatchObject({ name: 'atriz_session', httpOnly: true, sameSite: 'Lax', path: '/' });
    expect(await visitor.page.evaluate('document.cookie + JSON.stringify([localStorage, sessionStorage])')).toBe(
      '[{},{}]',
    );
  });

  it('say what is wrong, where it is wrong', async () => {
    await using visitor = await openVisitor(browser);
    const { page } = visitor;
    await page.goto(`${services.website}/#/sign-in`);
    await signIn(page, 'Nobody');
    await page.getByRole('status').getByText('The e-mail address or the password is wrong.').waitFor();
    expect(await field(page, 'Password').inputValue()).toBe('');

    await page.goto(`${services.website}/#/contact`);
    await field(page, 'Name').fill('Rui');
    await field(page, 'Email').fill('rui@host');
    await field(page, 'Subject').fill('Vans');
    await field(page, 'Message').fill('Forty.');
    await page.getByRole('button', { name: 'Send the message' }).click();
    await expect.poll(() => field(page, 'Email').getAttribute('aria-invalid')).toBe('true');
    expect(await page.evaluate('document.activeElement.name')).toBe('email');
  });

  it('confirm an address, and set a new password, by the links of the mails', async () => {
    await using visitor = await openVisitor(browser);
    const { page } = visitor;
    await register(page, 'Eve');
    await page.goto(linkOf(await services.readMail('verification')));
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByRole('status').getByText('your address is confirmed').waitFor();

    await visitor.context.clearCookies();
    await page.goto(`${services.website}/#/forgotten`);
    await field(page, 'Email').fill('eve@example.com');
    await page.getByRole('button', { name: 'Send the link' }).click();
    await page.getByRole('status').getByText('a mail is on its way').waitFor();
    await page.goto(linkOf(await services.readMail('password-reset')));
    await field(page, 'New password').fill('eight noisy badgers');
    await page.getByRole('button', { name: 'Save the password' }).click();
    await signIn(page, 'Eve', 'eight noisy badgers');
    await page.getByRole('heading', { name: 'Profile' }).waitFor();
    expect(visitor.complaints).toStrictEqual([]);
  });

  it('change the password and the theme, and stay signed in', async () => {
    await using visitor = await openVisitor(browser, { colorScheme: 'light' });
    const { page } = visitor;
    await register(page, 'Gus');
    await page.getByRole('link', { name: 'Settings' }).click();
    const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    expect(await ground()).toBe('rgb(253, 253, 252)');
    await field(page, 'Theme').selectOption('Dark');
    await page.getByRole('button', { name: 'Save the preferences' }).click();
    await page.getByRole('status').getByText('Your preferences are saved.').waitFor();
    expect(await ground()).toBe('rgb(20, 25, 26)');

    await field(page, 'Current password').fill(PASSWORD);
    await field(page, 'New password').fill('eight noisy badgers');
    await page.getByRole('button', { name: 'Change the password' }).click();
    await page.getByRole('status').getByText('Your password is changed.').waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    await expect.poll(ground).toBe('rgb(20, 25, 26)');
    expect(visitor.complaints).toStrictEqual([]);
  });

  it.each(['website', 'mextrack', 'pshop'] as const)('explain the routes of the service: %s', async (name) => {
    await using visitor = await openVisitor(browser);
    await visitor.page.goto(`${services[name]}/docs`);
    await visitor.page.getByText('/health/database').first().waitFor();
    expect(visitor.complaints).toStrictEqual([]);
  });

  it('fit on a small screen, and can be used by keyboard', async () => {
    await using visitor = await openVisitor(browser, { viewport: { width: 320, height: 640 } });
    const { page } = visitor;
    for (const view of ['', 'sign-in', 'register', 'contact']) {
      await page.goto(`${services.website}/#/${view}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
    }
    await page.goto(`${services.website}/?again#/sign-in`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('To the content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.name')).toBe('email');
  });
});

/** A field of the view that is shown. */
function field(page: Page, label: string): Locator {
  return page.locator('section:not([hidden])').getByLabel(label);
}

function linkOf(mail: string): string {
  return /http:\S+/.exec(mail)![0];
}

async function signIn(page: Page, name: string, password = PASSWORD): Promise<void> {
  await field(page, 'Email').fill(`${name.toLowerCase()}@example.com`);
  await field(page, 'Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}
