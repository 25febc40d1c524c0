import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, CHROMIUM_REQUIRED, openVisitor, startChromium, type Visitor } from './harness/chromium.ts';
import { startServices, type Services } from './harness/services.ts';

const ADA = { email: 'ada@example.com', password: 'seven quiet otters' };
const GATE = { name: 'Gate <b>', shape: 'circle', center: { latitude: 10, longitude: 10 }, radiusM: 1000 };

/** Forty minutes, driving north through the gate. */
const WAY = Array.from({ length: 41 }, (_, minute) => ({
  recordedAt: new Date(Date.now() - (45 - minute) * 60_000).toISOString(),
  latitude: 9.9 + minute / 200,
  longitude: 10,
  speedKmh: 33,
}));

describe.skipIf(CHROMIUM === undefined && !CHROMIUM_REQUIRED)('the map in a browser', () => {
  let services: Services;
  let browser: Browser;

  beforeAll(async () => {
    [services, browser] = await Promise.all([startServices(), startChromium()]);
    await post(`${services.website}/auth/register`, { ...ADA, name: 'Ada' });
    const { accessToken } = await post(`${services.website}/auth/sign-in`, ADA);
    const van = await post(`${services.mextrack}/vehicles`, { plate: 'A 1', name: 'Van <i>' }, accessToken);
    await post(`${services.mextrack}/geofences`, GATE, accessToken);
    await post(`${services.mextrack}/vehicles/${van['id']}/positions`, WAY, accessToken);
  });
  afterAll(async () => {
    await browser.close();
    await services[Symbol.asyncDispose]();
  });

  async function openMap(visitor: Visitor): Promise<void> {
    const headers = { origin: services.website };
    await visitor.context.request.post(`${services.website}/auth/session`, { data: ADA, headers });
    await visitor.page.goto(services.mextrack);
    await visitor.page.getByText(/^41 positions, from .* to .*\.$/).waitFor();
  }

  it('draws the track with its start and end, and says the same in tables', async () => {
    await using visitor = await openVisitor(browser);
    const { page, complaints } = visitor;
    await openMap(visitor);
    const map = page.getByRole('region', { name: /^Map of the track/ });
    // A map that was drawn anew fades out what stood there before.
    await map
      .getByText(/^Start /)
      .first()
      .waitFor();
    await map.getByText(/^End /).first().waitFor();
    await map.getByText('10.00° N').waitFor();
    expect(await map.locator('path.track').count()).toBe(1);
    await page.getByText('The positions as a table').click();
    expect(await page.locator('#positions tr').count()).toBe(41);
    expect(await page.locator('#positions tr').first().locator('td').nth(3).textContent()).toBe('33 km/h');
    expect(await page.locator('#latest').textContent()).toContain('Van <i>');
    expect(await page.locator('#events td:nth-child(2)').allTextContents()).toStrictEqual(['left', 'entered']);
    await page.getByText('You have drawn: Gate <b>.').waitFor();
    expect(complaints).toStrictEqual([]);
  });

  it('says that a span is empty, and that one ends before it begins', async () => {
    await using visitor = await openVisitor(browser);
    await openMap(visitor);
    await visitor.page.getByLabel('From').fill('2026-01-01T00:00:00');
    await visitor.page.getByLabel('To').fill('2026-01-02T00:00:00');
    await visitor.page.getByRole('button', { name: 'Show' }).click();
    await visitor.page.getByText('No positions in this span.').waitFor();
    await visitor.page.getByLabel('To').fill('2025-01-02T00:00:00');
    await visitor.page.getByRole('button', { name: 'Show' }).click();
    await visitor.page.locator('#message[data-kind="wrong"]').waitFor();
    expect(visitor.complaints.filter((complaint) => !complaint.includes('400'))).toStrictEqual([]);
  });

  it('leaves nothing on the page after a sign-out, and fits on a small screen', async () => {
    await using visitor = await openVisitor(browser, { viewport: { width: 320, height: 640 } });
    const { page, complaints } = visitor;
    await openMap(visitor);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    expect(await page.locator('tbody tr, path.track, #vehicle option').count()).toBe(0);
    expect(complaints).toStrictEqual([]);
  });
});

async function post(url: string, body: unknown, token?: string): Promise<Record<string, string>> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer.ok).toBe(true);
  return (await answer.json()) as Record<string, string>;
}
