import { createDatabasePool } from '@atriz/database';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../test/database.ts';
import { openGate } from '../../test/gate.ts';
import { ISSUER, makeKeyRing, makeToken, SESSION, USER } from '../../test/tokens.ts';
import { openWebsite } from '../../test/website.ts';
import { openTokenVerifier } from './open-verifier.ts';

let test: TestDatabase;
const keys = await makeKeyRing();

beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test[Symbol.asyncDispose]());

describe('openTokenVerifier', () => {
  it('checks with the keys that the website publishes, and hears of what the website revokes', async () => {
    await using website = await openWebsite(JSON.stringify(await keys.publicKeys(new Date())));
    await using verifier = await openTokenVerifier({
      issuer: ISSUER,
      audience: 'mextrack',
      keys: website.url,
      shared: test.db,
    });
    const token = await makeToken(keys, { now: new Date() });
    expect(await verifier.verify(token)).toMatchObject({ userId: USER });
    await test.db.query('INSERT INTO token_revocations (subject_id) VALUES ($1)', [SESSION]);
    await vi.waitFor(() => expect(verifier.verify(token)).rejects.toMatchObject({ code: 'TOKEN_REVOKED' }));
    expect(verifier.revocations().following).toBe(true);
  });

  it('checks without the shared database', async () => {
    await using gate = await openGate(test.connectionString);
    await using shared = createDatabasePool({ connectionString: gate.connectionString });
    await using verifier = await openTokenVerifier({ issuer: ISSUER, audience: 'pshop', keys, shared });
    expect(await verifier.verify(await makeToken(keys, { now: new Date() }))).toMatchObject({ userId: USER });
    expect(verifier.revocations()).toStrictEqual({ following: false, readAt: undefined });
  });

  it('says for how long to wait when neither website nor shared database is there', async () => {
    await using gate = await openGate(test.connectionString);
    await using shared = createDatabasePool({ connectionString: gate.connectionString });
    const gone = 'http://127.0.0.1:1/.well-known/jwks.json';
    await using verifier = await openTokenVerifier({ issuer: ISSUER, audience: 'pshop', keys: gone, shared });
    await expect(verifier.verify(await makeToken(keys, { now: new Date() }))).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      retryAfterSeconds: 2,
    });
  });
});
