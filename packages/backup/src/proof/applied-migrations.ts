import type { FamilyDatabase } from '@atriz/database/workspace';
import { readIdentity } from '@atriz/lifecycle';
import pg from 'pg';
import type { ManifestDatabase } from '../manifest/manifest.ts';

type Ledger = Pick<ManifestDatabase, 'identity' | 'migrations'>;

/**
 * Reads what the ledger and node-pg-migrate's history say: which database this is, and what was applied, oldest first.
 * No query of it fails where these are not there, so that it can be part of a transaction.
 */
export async function readLedger(client: pg.ClientBase, { migrationsTable }: FamilyDatabase): Promise<Ledger> {
  const history = `public.${pg.escapeIdentifier(migrationsTable)}`;
  const { rows } = await client.query<{ identity: boolean; migrations: boolean; history: boolean }>(
    `SELECT to_regclass('atriz.identity') IS NOT NULL AS identity, to_regclass('atriz.migrations') IS NOT NULL AS migrations,
            to_regclass($1) IS NOT NULL AS history`,
    [history],
  );
  const there = rows[0]!;
  const identity = there.identity ? await readIdentity(client) : undefined;
  const checksum = there.migrations ? '(SELECT checksum FROM atriz.migrations WHERE name = history.name)' : 'NULL';
  const applied = there.history
    ? await client.query<Ledger['migrations'][number]>(
        `SELECT name, ${checksum} AS checksum FROM ${history} AS history ORDER BY run_on, id`,
      )
    : { rows: [] };
  return {
    identity: identity
      ? {
          family: identity.family,
          definition: identity.definition,
          environment: identity.environment,
          protected: identity.protected,
          instance: identity.instance ?? null,
        }
      : null,
    migrations: applied.rows,
  };
}
