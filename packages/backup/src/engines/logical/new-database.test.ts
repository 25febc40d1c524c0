import { withSession, type Target } from '@atriz/lifecycle';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAS_DEBIAN_SERVER, startDebianServer, type DebianServer } from '../../../test/debian-server.ts';
import { openTestFamily } from '../../../test/family.ts';
import { createLike } from './new-database.ts';

const LOCALE = `
SELECT to_jsonb(pg_database) - 'datacl' || jsonb_build_object('encoding', pg_encoding_to_char(encoding)) AS locale
  FROM pg_database WHERE datname = $1`;

const SHOWN = `
SELECT pg_encoding_to_char(encoding) AS encoding, datcollate, datctype, datlocprovider FROM pg_database WHERE datname = $1`;

describe.skipIf(!HAS_DEBIAN_SERVER)('a database like one of PostgreSQL 15', () => {
  let server: DebianServer;
  let maintenance: Target;
  beforeAll(async () => {
    server = await startDebianServer();
    maintenance = { database: { name: 'postgres' }, parameters: server.parameters } as unknown as Target;
    const made = [`made TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`, `plain TEMPLATE template0`];
    for (const each of made) {
      await withSession(server.parameters, {}, (client) => client.query(`CREATE DATABASE ${each}`));
    }
  });
  afterAll(() => server[Symbol.asyncDispose]());

  async function read<Row>(text: string, name: string, target = maintenance): Promise<Row> {
    return withSession(target.parameters, {}, async (client) => (await client.query(text, [name])).rows[0] as Row);
  }

  const localeOf = (name: string): Promise<{ locale: Record<string, unknown> }> => read(LOCALE, name);

  test('has its encoding and locale, on the same server and on a newer one', async () => {
    await createLike(await localeOf('made'), { maintenance, name: 'Made "again"', context: {} });
    const latin = { encoding: 'LATIN1', datcollate: 'C', datctype: 'C', datlocprovider: 'c' };
    expect(await read(SHOWN, 'Made "again"')).toEqual(latin);
    await using family = await openTestFamily({ people: 1 });
    const name = `${family.names.people}_latin`;
    const there = family.target(family.names.people);
    expect(await createLike(await localeOf('made'), { maintenance: there, name, context: {} })).toEqual({
      warnings: [],
    });
    expect(await read(SHOWN, name, there)).toEqual(latin);
  });

  test('has a plain locale where the server does not know that one, and says so', async () => {
    const { locale } = await localeOf('plain');
    const unknown = { ...locale, datcollate: 'xx_YY.UTF-8', datctype: 'xx_YY.UTF-8' };
    const said: string[] = [];
    const context = { onProgress: (message: string) => void said.push(message) };
    const { warnings } = await createLike({ locale: unknown }, { maintenance, name: 'plain_again', context });
    expect(warnings).toEqual([
      `"plain_again" has another locale than in the set (ENCODING 'UTF8' LOCALE 'C.UTF-8'): invalid locale name: "xx_YY.UTF-8"`,
    ]);
    expect(said).toEqual(warnings);
    await using family = await openTestFamily({ people: 1 });
    const there = family.target(family.names.people);
    const name = `${family.names.people}_plain`;
    await createLike({ locale: unknown }, { maintenance: there, name, context: {} });
    expect(await read(SHOWN, name, there)).toEqual({
      encoding: 'UTF8',
      datcollate: 'C',
      datctype: 'C',
      datlocprovider: 'b',
    });
  });

  test('is not made over one that is there, nor by whom it is not allowed', async () => {
    const locale = await localeOf('plain');
    await expect(createLike(locale, { maintenance, name: 'made', context: {} })).rejects.toMatchObject({
      code: 'RESTORE_BLOCKED',
    });
    await withSession(server.parameters, {}, (client) => client.query(`CREATE ROLE weak LOGIN PASSWORD 'weak'`));
    const weak = { ...maintenance, parameters: { ...server.parameters, user: 'weak', password: 'weak' } };
    await expect(createLike(locale, { maintenance: weak, name: 'more', context: {} })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    });
  });
});
