import { join } from 'node:path';
import { openTokenVerifier } from '@atriz/core';
import { assertRuntimeRole } from '@atriz/database';
import { runService } from '@atriz/http';
import { openPools } from './pools.ts';
import { buildServer } from './server.ts';
import { readPshopSettings } from './settings.ts';

await runService({
  name: 'pshop',
  directory: join(import.meta.dirname, '..'),
  defaultPort: 3002,
  async build({ settings, environment, logger, resources }) {
    const { issuer, keysUrl, applications } = readPshopSettings(environment, settings);
    const pools = resources.use(await openPools());
    const bound = await assertRuntimeRole(pools.own.pool, { production: settings.production });
    if (!bound) logger.warn('row-level security does not bind the role of DATABASE_URL; see docs/roles.md');
    const verifier = resources.use(
      await openTokenVerifier({ issuer, audience: 'pshop', keys: keysUrl, shared: pools.listening, logger }),
    );
    return buildServer({
      db: pools.own,
      databases: pools.databases,
      verifier,
      website: issuer,
      applications,
      corsOrigins: settings.corsOrigins,
      trustProxy: settings.trustProxy,
      logger,
    });
  },
});
