import { createDatabasePool } from '@atriz/database';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openTestDatabase } from '../../test/database.ts';
import { buildServer } from '../../test/orchard.ts';
import { makeKeyRing, makeToken, USER } from '../../test/tokens.ts';
import { openWebsite } from '../../test/website.ts';

const PACKAGE = join(import.meta.dirname, '..', '..');
const TREES = `
  CREATE TABLE trees (name text PRIMARY KEY, user_id uuid NOT NULL);
  ALTER TABLE trees ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
  CREATE POLICY trees_of_user ON trees USING (user_id = current_setting('atriz.user_id', true)::uuid);
  CREATE TABLE harvests (kilograms integer NOT NULL);
  INSERT INTO trees VALUES ('apple', '${USER}'), ('pear', '99999999-9999-4999-8999-999999999999');
  INSERT INTO harvests VALUES (12), (30);`;

it('the further application of docs/sign-on.md is this code', async () => {
  const page = await readFile(join(PACKAGE, '..', '..', 'docs', 'sign-on.md'), 'utf8');
  const [, example] = /```ts\n([^]*?)```/.exec(page)!;
  expect(example).toBe(await readFile(join(PACKAGE, 'test', 'orchard.ts'), 'utf8'));
});

it('the further application knows who asks, and shows what is theirs', async () => {
  await using test = await openTestDatabase();
  await test.db.query(TREES);
  await test.db.query(`GRANT SELECT ON trees, harvests TO ${new URL(test.appConnectionString).username}`);
  const keys = await makeKeyRing();
  const now = new Date();
  await using website = await openWebsite(JSON.stringify(await keys.publicKeys(now)));
  await using own = createDatabasePool({ connectionString: test.appConnectionString });
  await using shared = createDatabasePool({ connectionString: test.readConnectionString });
  await using app = await buildServer({ own, shared, website: website.url });

  const ask = async (url: string, roles: ('manager' | 'member')[]) => {
    const token = await makeToken(keys, { issuer: website.url, audiences: ['orchard'], roles, now });
    const answer = await app.inject({ url, headers: { authorization: `Bearer ${token}` } });
    return [answer.statusCode, answer.json<unknown>()];
  };
  expect(await ask('/trees', [])).toStrictEqual([200, [{ name: 'apple' }]]);
  expect(await ask('/harvest', ['manager'])).toStrictEqual([200, { kilograms: '42' }]);
  expect((await ask('/harvest', ['member']))[0]).toBe(403);
  expect((await app.inject('/trees')).statusCode).toBe(401);
});
