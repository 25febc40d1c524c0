import { join } from 'node:path';
import type { ApplicationPools, Auth, KeyRing, TokenVerifier } from '@atriz/core';
import { authentication, signOnFiles } from '@atriz/core/fastify';
import { createServer, type Server, type ServerOptions, type ServiceSettings } from '@atriz/http';
import fastifyCookie from '@fastify/cookie';
import fastifyStatic from '@fastify/static';
import { accountRoutes } from './routes/account.ts';
import { apiTokenRoutes } from './routes/api-tokens.ts';
import { browserSessionRoutes } from './routes/browser-session.ts';
import { contactMessagesRoutes } from './routes/contact-messages.ts';
import { keysRoutes } from './routes/keys.ts';
import { pagesRoutes } from './routes/pages.ts';
import { passwordRoutes } from './routes/passwords.ts';
import { preferencesRoutes } from './routes/preferences.ts';
import { profileRoutes } from './routes/profile.ts';
import { registrationRoutes } from './routes/registration.ts';
import { signInRoutes } from './routes/sign-in.ts';
import { usersRoutes } from './routes/users.ts';
import type { WebsiteSettings } from './settings.ts';

export interface WebsiteOptions extends Pick<ServerOptions, 'logger' | 'requestsPerMinute'> {
  readonly pools: Pick<ApplicationPools, 'own' | 'shared'> & Partial<Pick<ApplicationPools, 'databases'>>;
  readonly auth: Auth;
  /** What `auth` signs with: their public halves are published. */
  readonly keys: KeyRing;
  readonly verifier: TokenVerifier;
  readonly settings: Pick<WebsiteSettings, 'issuer' | 'applications'> &
    Pick<ServiceSettings, 'production' | 'corsOrigins' | 'trustProxy'>;
  readonly clock?: () => Date;
}

/** Makes the website: its pages, its own resources, and the sign-on of the whole family. Nothing listens yet. */
export async function buildServer({
  pools: { own, shared, databases = [] },
  auth,
  keys,
  verifier,
  settings: { issuer, applications, production, corsOrigins, trustProxy },
  clock = () => new Date(),
  ...serverOptions
}: WebsiteOptions): Promise<Server> {
  const app = await createServer({
    title: 'Atriz',
    description: 'The website of the family, and its sign-on: accounts, sessions, tokens, profiles, pages.',
    databases,
    corsOrigins,
    connectOrigins: [issuer],
    trustProxy,
    ...serverOptions,
  });
  // Tokens and what is one person's: what does not say otherwise is kept by nobody on the way.
  app.addHook('onSend', async (_, reply) => {
    if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
  });
  await app.register(authentication, { verifier });
  await app.register(fastifyCookie);

  registrationRoutes(app, { auth });
  signInRoutes(app, { auth });
  browserSessionRoutes(app, { auth, origins: [issuer, ...corsOrigins], secure: production });
  passwordRoutes(app, { auth });
  apiTokenRoutes(app, { auth });
  accountRoutes(app, { auth, shared });
  usersRoutes(app, { auth, shared });
  keysRoutes(app, { keys, clock });
  profileRoutes(app, { own });
  preferencesRoutes(app, { own });
  contactMessagesRoutes(app, { own });
  pagesRoutes(app, { own });

  await app.register(signOnFiles, { website: issuer, applications });
  // A route for each file, so that what is no file is answered like every other unknown route.
  await app.register(fastifyStatic, { root: join(import.meta.dirname, '../public'), wildcard: false });
  return app;
}
