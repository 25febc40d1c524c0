import { sqlState } from '@atriz/database';
import pg from 'pg';
import { qualified } from '../identifiers.ts';
import { HISTORY_SCHEMA } from '../migrations/history.ts';
import { readIdentity, type Identity } from './identity.ts';

/** A migration in the history. */
export interface AppliedMigration {
  readonly name: string;
  /** Of its file when it was applied; `undefined` for one that node-pg-migrate's own command applied. */
  readonly checksum: string | undefined;
}

/** A migration without a transaction that was begun, and neither finished nor resolved. */
export interface UnfinishedMigration {
  readonly name: string;
  readonly direction: 'up' | 'down';
  /** The statement that was sent last, from 1; one more than `statementCount` when all of them ran. */
  readonly statement: number;
  readonly statementCount: number;
  /** The server's words, or `undefined` when the run was cut off. */
  readonly error: string | undefined;
}

/** What a database says of itself. */
export interface LedgerState {
  /** `undefined` for a database that Atriz never migrated. */
  readonly identity: Identity | undefined;
  /** Oldest first. */
  readonly applied: readonly AppliedMigration[];
  readonly unfinished: readonly UnfinishedMigration[];
}

/** What is not there yet: a table, or the schema that it would be in. */
const MISSING = new Set(['42P01', '3F000']);

/**
 * Reads identity, history and ledger: with a client in pipeline mode in one round trip, else in four. Writes nothing.
 */
export async function readState(client: pg.ClientBase, migrationsTable: string): Promise<LedgerState> {
  const questions = [
    () => readIdentity(client),
    () => readRows(client, `SELECT name FROM ${qualified(HISTORY_SCHEMA, migrationsTable)} ORDER BY run_on, id`),
    () => readRows(client, 'SELECT name, checksum FROM atriz.migrations'),
    () => readRows(client, READ_UNFINISHED),
  ];
  const answers = client instanceof pg.Client && client.pipeline ? await together(questions) : await inTurn(questions);
  const [identity, names, checksums, unfinished] = answers as [
    Identity | undefined,
    readonly { name: string }[],
    readonly { name: string; checksum: string }[],
    readonly UnfinishedMigration[],
  ];
  const recorded = new Map(checksums.map(({ name, checksum }) => [name, checksum]));
  const applied = names.map(({ name }) => ({ name, checksum: recorded.get(name) }));
  const done = new Set(names.map(({ name }) => name));
  return {
    identity,
    applied,
    // The row goes last: where the history has the migration's own word, that counts.
    unfinished: unfinished
      .filter(({ name, direction }) => done.has(name) === (direction === 'down'))
      .map(({ name, direction, statement, statementCount, error }) => ({
        name,
        direction,
        statement,
        statementCount,
        error: error ?? undefined,
      })),
  };
}

const READ_UNFINISHED = `
SELECT name, direction, statement, statement_count AS "statementCount", error
  FROM atriz.unfinished_migrations ORDER BY name`;

type Question = () => Promise<unknown>;

function together(questions: readonly Question[]): Promise<unknown[]> {
  return Promise.all(questions.map((ask) => ask()));
}

async function inTurn(questions: readonly Question[]): Promise<unknown[]> {
  const answers = [];
  for (const ask of questions) answers.push(await ask());
  return answers;
}

async function readRows(client: pg.ClientBase, text: string): Promise<pg.QueryResultRow[]> {
  try {
    return (await client.query(text)).rows;
  } catch (error) {
    if (MISSING.has(sqlState(error))) return [];
    throw error;
  }
}
