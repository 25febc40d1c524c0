import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createAuth, ensureKeyFile, findKeyFile, openKeyRing, openTokenVerifier } from '@atriz/core';
import { assertRuntimeRole } from '@atriz/database';
import { findWorkspaceRoot, STATE_DIRECTORY } from '@atriz/database/workspace';
import { runService } from '@atriz/http';
import { AUDIENCES } from './audiences.ts';
import { createOutbox } from './mail/outbox.ts';
import { openTransport } from './mail/transport.ts';
import { openPools } from './pools.ts';
import { buildServer } from './server.ts';
import { readWebsiteSettings } from './settings.ts';

const directory = join(import.meta.dirname, '..');

await runService({
  name: 'atriz',
  directory,
  defaultPort: 3000,
  async build({ settings, environment, logger, resources }) {
    const website = readWebsiteSettings(environment, settings);
    const { production } = settings;
    const { issuer, keysFile, requireVerifiedEmail, mailFrom } = website;

    const variables = { AUTH_KEYS_FILE: keysFile, NODE_ENV: production ? 'production' : undefined };
    const path = await findKeyFile({ directory, variables });
    if (!production) await ensureKeyFile(path, { now: new Date() });
    const keys = await openKeyRing({ path, logger });

    const url = website.mailUrl ?? (await mailDirectory());
    if (url.startsWith('file:')) logger.info({ directory: url }, 'mails are not sent but kept as files');
    const transport = openTransport({ url, from: mailFrom });
    const mail = resources.use(createOutbox({ transport, website: issuer, logger }));

    const pools = resources.use(await openPools());
    const bound = await assertRuntimeRole(pools.own, { production });
    if (!bound) logger.warn('row-level security does not bind the role of DATABASE_URL; see docs/roles.md');
    const verifier = resources.use(
      await openTokenVerifier({ issuer, audience: 'atriz', keys, shared: pools.listening, logger }),
    );
    const auth = resources.use(
      createAuth({ pool: pools.shared, keys, issuer, audiences: AUDIENCES, mail, logger, requireVerifiedEmail }),
    );
    return buildServer({ pools, auth, keys, verifier, settings: { ...settings, ...website }, logger });
  },
});

/** Where mails go outside production when nothing is said. */
async function mailDirectory(): Promise<string> {
  return pathToFileURL(join(await findWorkspaceRoot(directory), STATE_DIRECTORY, 'mail')).href;
}
