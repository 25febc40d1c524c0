import { withSession, type Context, type Target } from '@atriz/lifecycle';
import type { ManifestServer } from '../../manifest/manifest.ts';
import { readServerFacts } from '../../snapshot/server-facts.ts';
import type { Engine } from '../engine.ts';
import { backUpServer } from './back-up.ts';
import { restoreScratch } from './restore-scratch.ts';

export interface PhysicalEngineOptions {
  /** A directory of PostgreSQL's programs to look in first when a set is restored. */
  readonly programs?: string | undefined;
  /** How long to look for a snapshot that a recovery can stop at. Default 30,000 ms. */
  readonly patienceMs?: number | undefined;
}

/**
 * Backs up whole servers by the replication protocol, without a client program: every database of theirs is in the set,
 * those of the family are described in it. What a set has of a server is restored as a server too.
 *
 * It needs a superuser and PostgreSQL 15. Rows of unlogged tables are not in the set, and a sequence may be up to 32
 * values ahead after a restore, since PostgreSQL writes that many to its log at once.
 */
export function createPhysicalEngine({ programs, patienceMs = 30_000 }: PhysicalEngineOptions = {}): Engine {
  return {
    name: 'physical',
    async backUp(targets, sink, { context, jobs }) {
      const groups = await groupByServer(targets, context);
      const servers: ManifestServer[] = [];
      for (const [server, group] of groups.entries()) {
        servers.push(await backUpServer(group, sink, { context, jobs, server, patienceMs }));
      }
      return { consistency: servers.length > 1 ? 'per-server' : 'snapshot', servers };
    },
    restoreScratch: (reader, targets, options) => restoreScratch(reader, targets, { ...options, programs }),
  };
}

async function groupByServer(targets: readonly Target[], context: Context): Promise<readonly Target[][]> {
  const groups = new Map<string, Target[]>();
  for (const target of targets) {
    const { key } = await withSession(target.parameters, context, readServerFacts);
    const group = groups.get(key) ?? [];
    groups.set(key, [...group, target]);
  }
  return [...groups.values()];
}
