import { createServer, type Server } from '@atriz/http';
import fc from 'fast-check';

import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { ISSUER, openService as openWebsite, PASSWORD } from '../apps/atriz/test/service.ts';
import { openTestService as openMextrack } from '../apps/mextrack/test/service.ts';
import { insertVehicles, LORRY, OWNER, VAN } from '../apps/mextrack/test/vehicles.ts';
import { openTestService as openPshop } from '../apps/pshop/test/service.ts';
import { SELLER } from '../apps/pshop/test/tills.ts';
import { findFault, malformedRequest, readRoutes, type MalformedRequest } from './harness/malformed-requests.ts';

/** Twenty thousand over the fifty routes of the three services. */
const REQUESTS_A_ROUTE = 400;
const AT_ONCE = 10;

interface Attacked {
  readonly app: Server;
  /** Who asks, anew for each route: some of them end what the token stands for. */
  readonly signIn: (route: number) => Promise<MalformedRequest['headers']>;
  /** Of rows that are there. */
  readonly ids: readonly string[];
}

/** The same requests in every run, so that what is found is found again; another number makes others. */
const SEED = Number(process.env['ABUSE_SEED'] ?? 20_261_121);

/** Resolves with how many requests were answered. */
async function attack({ app, signIn, ids }: Attacked): Promise<number> {
  let answered = 0;
  for (const [index, route] of (await readRoutes(app)).entries()) {
    const headers = await signIn(index);
    const requests = fc.array(malformedRequest(route, { headers, ids }), { minLength: AT_ONCE, maxLength: AT_ONCE });
    await fc.assert(
      fc.asyncProperty(requests, async (batch) => {
        const answers = await Promise.all(batch.map((each) => app.inject(each)));
        answered += answers.length;
        expect(answers.map(findFault)).toStrictEqual(batch.map(() => undefined));
      }),
      { numRuns: REQUESTS_A_ROUTE / AT_ONCE, endOnFailure: true, seed: SEED },
    );
  }
  return answered;
}

const MAKE_ADMIN = `INSERT INTO user_roles (user_id, role_id) SELECT $1, id FROM roles WHERE name = 'admin'`;
const COUNT_TABLES = `SELECT count(*)::integer AS tables FROM pg_tables WHERE schemaname = 'public'`;

test('a route that joins a value into its SQL is found', async () => {
  await using service = await openPshop();
  await using app = await createServer({ title: 'Careless', description: 'It trusts.', requestsPerMinute: false });
  const query = { schema: { querystring: z.object({ name: z.string() }) } };
  app.get('/products', query, async (request) => {
    const { rows } = await service.db.query(`SELECT id FROM products WHERE name = '${request.query.name}'`);
    return rows;
  });
  // What was found is the cause of fast-check's own error, which tells the request.
  await expect(attack({ app, signIn: async () => ({}), ids: [SELLER] })).rejects.toMatchObject({
    cause: { actual: expect.arrayContaining([expect.stringMatching(/^500:/)]) },
  });
});

describe('malformed requests to every route, SQL in every string field among them, find no fault that is ours', () => {
  it('of the website', { timeout: 180_000 }, async () => {
    await using service = await openWebsite();
    const { app, auth, signUp, own, shared } = service;
    const before = await Promise.all([own, shared].map(async ({ owner }) => (await owner.query(COUNT_TABLES)).rows));
    const signIn = async (route: number) => {
      const who = { email: `attacker${route}@example.com`, password: PASSWORD, address: `198.51.100.${route}` };
      const { userId } = await auth.register({ ...who, name: 'Attacker' });
      await shared.owner.query(MAKE_ADMIN, [userId]);
      return { authorization: `Bearer ${(await auth.signIn(who)).accessToken}`, origin: ISSUER };
    };
    const { id } = await signUp('victim');
    expect(await attack({ app, signIn, ids: [id] })).toBeGreaterThan(15 * REQUESTS_A_ROUTE);
    const after = await Promise.all([own, shared].map(async ({ owner }) => (await owner.query(COUNT_TABLES)).rows));
    expect(after).toStrictEqual(before);
  });

  it('of MexTrack', { timeout: 180_000 }, async () => {
    await using service = await openMextrack();
    const { app, admin, headersOf } = service;
    await insertVehicles(admin);
    const { rows } = await admin.query(COUNT_TABLES);
    const attacked = { app, signIn: () => headersOf(OWNER), ids: [VAN, LORRY] };
    expect(await attack(attacked)).toBeGreaterThan(10 * REQUESTS_A_ROUTE);
    expect((await admin.query(COUNT_TABLES)).rows).toStrictEqual(rows);
  });

  it('of PShop', { timeout: 180_000 }, async () => {
    await using service = await openPshop();
    const { app, manager } = service;
    const made = await app.inject({
      method: 'POST',
      url: '/products',
      headers: manager,
      payload: { sku: 'TEA', name: 'Tea', priceCents: 350 },
    });
    const ids = [made.json<{ id: string }>().id];
    expect(await attack({ app, signIn: async () => manager, ids })).toBeGreaterThan(10 * REQUESTS_A_ROUTE);
  });
});
