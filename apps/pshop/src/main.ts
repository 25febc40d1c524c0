import { join } from 'node:path';
import { openTokenVerifier } from '@atriz/core';
import { runService } from '@atriz/http';
import { openPools } from './pools.ts';
import { buildServer } from './server.ts';
import { readSignOnSettings } from './settings.ts';

await runService({
  name: 'pshop',
  directory: join(import.meta.dirname, '..'),
  defaultPort: 3002,
  async build({ settings, environment, logger, resources }) {
    const { corsOrigins, trustProxy } = settings;
    const { website, jwksUrl } = readSignOnSettings(environment, settings);
    const { own, listening, databases } = resources.use(await openPools());
    const verifier = resources.use(
      await openTokenVerifier({ issuer: website, audience: 'pshop', keys: jwksUrl, shared: listening, logger }),
    );
    return buildServer({ db: own, verifier, website, databases, corsOrigins, trustProxy, logger });
  },
});
