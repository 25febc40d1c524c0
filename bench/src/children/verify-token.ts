import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createKeyRing, createTokenVerifier, generateSigningKey, signAccessToken } from '@atriz/core';
import { createDatabasePool } from '@atriz/database';

/** What the process prints: the checks a second of each, measured in turns within one process. */
export interface VerifyReport {
  readonly token: number;
  readonly lookup: number;
}

const USERS = 1000;
const POOL_SIZE = 10;
const TURNS = 10;
const CHECKS_A_TURN = { token: 50_000, lookup: 5000 };

const ISSUER = 'http://localhost:3000';
const LOOKUP = `
SELECT users.id, users.is_active, array_agg(roles.name ORDER BY roles.name) AS roles
FROM auth_tokens
JOIN users ON users.id = auth_tokens.user_id
LEFT JOIN user_roles ON user_roles.user_id = users.id
LEFT JOIN roles ON roles.id = user_roles.role_id
WHERE auth_tokens.token_hash = $1 AND auth_tokens.revoked_at IS NULL AND auth_tokens.expires_at > now()
GROUP BY users.id`;

const userIds = Array.from({ length: USERS }, () => randomUUID());
const opaque = userIds.map(() => randomBytes(32).toString('base64url'));
const now = new Date();
const keys = createKeyRing([await generateSigningKey({ now })]);
const signed = await Promise.all(
  userIds.map(async (userId) => {
    const claims = { issuer: ISSUER, audiences: ['atriz', 'mextrack', 'pshop'], sessionId: randomUUID(), version: 0 };
    return (await signAccessToken(keys, { ...claims, userId, roles: ['member'], now })).accessToken;
  }),
);
const revocations = { isRevoked: () => false };
const verifier = createTokenVerifier({ issuer: ISSUER, audience: 'mextrack', keys, revocations });
await using db = createDatabasePool({ max: POOL_SIZE });
await db.query(
  `INSERT INTO users (id, email, password_hash, name)
   SELECT id, id || '@example.com', '', 'Bench' FROM unnest($1::uuid[]) AS id`,
  [userIds],
);
await db.query(
  `INSERT INTO user_roles (user_id, role_id)
   SELECT member.id, roles.id FROM unnest($1::uuid[]) AS member (id), roles WHERE roles.name = 'member'`,
  [userIds],
);
await db.query(
  `INSERT INTO auth_tokens (user_id, token_type, token_hash, session_id, expires_at)
   SELECT user_id, 'session', token_hash, gen_random_uuid(), now() + interval '1 day'
   FROM unnest($1::uuid[], $2::text[]) AS token (user_id, token_hash)`,
  [userIds, opaque.map(hashOf)],
);
await db.query('ANALYZE');

const contestants = {
  token: async (index: number): Promise<void> => {
    const { userId } = await verifier.verify(signed[index]!);
    if (userId !== userIds[index]) throw new Error('the token is somebody else’s');
  },
  lookup: async (index: number): Promise<void> => {
    const { rows } = await db.query<{ id: string }>({ name: 'lookup', text: LOOKUP, values: [hashOf(opaque[index]!)] });
    if (rows[0]?.id !== userIds[index]) throw new Error('the token is somebody else’s');
  },
};

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** As many callers as connections, each with its next check as soon as the last one is answered. */
async function turn(check: (index: number) => Promise<void>, count: number): Promise<number> {
  let done = 0;
  const start = performance.now();
  const caller = async (): Promise<void> => {
    while (done < count) {
      done += 1;
      await check(done % USERS);
    }
  };
  await Promise.all(Array.from({ length: POOL_SIZE }, caller));
  return performance.now() - start;
}

const names = ['token', 'lookup'] as const;
const spentMs = { token: 0, lookup: 0 };
for (const name of names) await turn(contestants[name], CHECKS_A_TURN[name]);
for (let index = 0; index < TURNS; index += 1) {
  for (const name of index % 2 === 0 ? names : names.toReversed()) {
    spentMs[name] += await turn(contestants[name], CHECKS_A_TURN[name]);
  }
}
const rate = (name: (typeof names)[number]): number => ((CHECKS_A_TURN[name] * TURNS) / spentMs[name]) * 1000;
const report: VerifyReport = { token: rate('token'), lookup: rate('lookup') };
console.log(JSON.stringify(report));
