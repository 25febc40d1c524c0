import { AtrizError, createDatabasePool, toConnectionError, type DatabasePoolOptions } from '@atriz/database';
import {
  readEnvironment,
  readServerFile,
  resolveConnection,
  embeddedParameters,
  type ConnectionParameters,
  type FamilyDatabase,
} from '@atriz/database/workspace';
import { detectPooling, withSession, type Pooling } from '@atriz/lifecycle';
import type { Finding } from './finding.ts';

const CHECK = 'server';
const TIMEOUT_MS = 3000;
const UNREACHABLE = new Set(['SERVER_UNREACHABLE', 'CONNECTION_FAILED']);

export interface ServerOptions {
  readonly root: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** What was found of one database's connection. */
export type Answer =
  | { readonly kind: 'reached'; readonly pooling: Pooling }
  | { readonly kind: 'not started' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Asks a database by the way that migrations go. Starts no server, and writes nothing. */
export async function askServer(database: FamilyDatabase, { root, variables }: ServerOptions): Promise<Answer> {
  try {
    const environment = await readEnvironment(root, database.directory, variables);
    const connection = resolveConnection(database, environment, { direct: true });
    if (connection.provider === 'postgresql') return await reach(connection.parameters);
    const server = await readServerFile(root);
    if (server === undefined) return { kind: 'not started' };
    const answer = await reach(embeddedParameters(server, connection.database));
    const isStopped =
      answer.kind === 'failed' && answer.error instanceof AtrizError && answer.error.code === 'SERVER_UNREACHABLE';
    return isStopped ? { kind: 'not started' } : answer;
  } catch (error) {
    return { kind: 'failed', error };
  }
}

async function reach(parameters: ConnectionParameters): Promise<Answer> {
  const options = { ...parameters, max: 1, connectionTimeoutMillis: TIMEOUT_MS } as DatabasePoolOptions;
  try {
    await using db = createDatabasePool(options);
    await db.query('SELECT 1');
  } catch (error) {
    return { kind: 'failed', error: toConnectionError(error, parameters) };
  }
  return { kind: 'reached', pooling: await withSession(parameters, {}, (client) => detectPooling(client, parameters)) };
}

/** What an answer means for the database. Pure. */
export function judgeAnswer(database: Pick<FamilyDatabase, 'name' | 'directUrlVariable'>, answer: Answer): Finding {
  const { name, directUrlVariable } = database;
  switch (answer.kind) {
    case 'not started':
      return { check: CHECK, level: 'ok', message: `${name} is on the embedded server, which starts on demand` };
    case 'reached':
      return judgePooling(name, directUrlVariable, answer.pooling);
    case 'failed':
      return judgeError(name, answer.error);
  }
}

function judgePooling(name: string, directUrlVariable: string | undefined, pooling: Pooling): Finding {
  if (pooling === 'none') return { check: CHECK, level: 'ok', message: `${name} answers` };
  const mend = directUrlVariable
    ? `let ${directUrlVariable} name the server itself`
    : 'give the definition a directUrlVariable, and name the server itself there';
  return pooling === 'transaction'
    ? {
        check: CHECK,
        level: 'fail',
        message: `migrations of ${name} would go through a pooler in transaction mode, where no lock stays theirs`,
        mend,
      }
    : { check: CHECK, level: 'warn', message: `migrations of ${name} go through a pooler, in session mode`, mend };
}

function judgeError(name: string, error: unknown): Finding {
  if (!(error instanceof AtrizError)) {
    return {
      check: CHECK,
      level: 'fail',
      message: `${name}: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
  const { code, message, hint } = error;
  const mend = hint === undefined ? {} : { mend: hint };
  if (code === 'DATABASE_MISSING') return { check: CHECK, level: 'warn', message: `${name}: ${message}`, ...mend };
  const unreachable = UNREACHABLE.has(code) ? { unreachable: true } : {};
  return { check: CHECK, level: 'fail', message: `${name}: ${message}`, ...mend, ...unreachable };
}
