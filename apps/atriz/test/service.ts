import { createAuth, createKeyRing, generateSigningKey, openTokenVerifier, type Auth, type KeyRing } from '@atriz/core';
import type { DatabasePool } from '@atriz/database';
import type { Server } from '@atriz/http';
import { AUDIENCES } from '../src/audiences.ts';
import type { Message } from '../src/mail/messages.ts';
import { createOutbox } from '../src/mail/outbox.ts';
import { buildServer, type WebsiteOptions } from '../src/server.ts';
import { openSharedTestDatabase, openTestDatabase, type TestDatabase } from './database.ts';

export const ISSUER = 'http://localhost:3000';
/** Good enough for every rule about passwords. */
export const PASSWORD = 'seven quiet otters';

/** The website over databases of the test file's own, as the service runs it: as the runtime role. */
export interface TestService extends AsyncDisposable {
  readonly app: Server;
  readonly auth: Auth;
  readonly keys: KeyRing;
  readonly own: TestDatabase;
  readonly shared: TestDatabase;
  /** What was mailed, the newest last. */
  readonly mails: readonly Message[];
  /** Registers somebody and signs him in. */
  signUp(name: string, roles?: readonly string[]): Promise<TestUser>;
}

export interface TestUser {
  readonly id: string;
  readonly email: string;
  readonly refreshToken: string;
  /** What a request of his carries. */
  readonly headers: { readonly authorization: string };
}

export interface TestServiceOptions {
  readonly settings?: Partial<WebsiteOptions['settings']>;
  readonly requestsPerMinute?: number | false;
}

export async function openService({
  settings = {},
  requestsPerMinute = false,
}: TestServiceOptions = {}): Promise<TestService> {
  await using opened = new AsyncDisposableStack();
  const own = opened.use(await openTestDatabase());
  const shared = opened.use(await openSharedTestDatabase());
  await seedRoles(shared.owner);
  const mails: Message[] = [];
  const transport = { send: async (message: Message) => void mails.push(message), close() {} };
  const mail = opened.use(createOutbox({ transport, website: ISSUER, logger: { error() {} } }));

  const keys = createKeyRing([await generateSigningKey({ now: new Date() })]);
  const verifier = opened.use(await openTokenVerifier({ issuer: ISSUER, audience: 'atriz', keys, shared: shared.db }));
  const auth = opened.use(
    createAuth({
      pool: shared.db,
      keys,
      issuer: ISSUER,
      audiences: AUDIENCES,
      mail,
      passwordCost: 4,
    }),
  );
  const app = await buildServer({
    pools: { own: own.db, shared: shared.db },
    auth,
    keys,
    verifier,
    settings: {
      issuer: ISSUER,
      applications: {},
      production: false,
      corsOrigins: ['http://localhost:3001'],
      trustProxy: false,
      ...settings,
    },
    requestsPerMinute,
  });
  opened.defer(() => app.close());
  await app.ready();

  const all = opened.move();
  return {
    app,
    auth,
    keys,
    own,
    shared,
    mails,
    async signUp(name, roles = []) {
      const email = `${name.toLowerCase()}@example.com`;
      const { userId } = await auth.register({ email, password: PASSWORD, name, address: '192.0.2.1' });
      await grantRoles(shared.owner, userId, roles);
      const signedIn = await auth.signIn({ email, password: PASSWORD, address: '192.0.2.1' });
      const headers = { authorization: `Bearer ${signedIn.accessToken}` };
      return { id: userId, email, refreshToken: signedIn.refreshToken, headers };
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function seedRoles(db: DatabasePool): Promise<void> {
  await db.query(
    `INSERT INTO roles (name, description)
     VALUES ('admin', 'everything'), ('manager', 'much'), ('member', 'a little')
     ON CONFLICT DO NOTHING`,
  );
}

async function grantRoles(db: DatabasePool, userId: string, roles: readonly string[]): Promise<void> {
  await db.query(
    `INSERT INTO user_roles (user_id, role_id)
     SELECT $1, id FROM roles WHERE name = ANY ($2)
     ON CONFLICT DO NOTHING`,
    [userId, roles],
  );
}
