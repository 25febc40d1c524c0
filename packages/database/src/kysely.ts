/**
 * Typed queries over what runs SQL already. Apart from `@atriz/database` itself: kysely is an optional peer, loaded only
 * by those who import this.
 */
import {
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
} from 'kysely';
import { AtrizError } from './errors.ts';

/** What runs a statement: a `DatabasePool`, or pg's pool, or the client of a seed or of `withTransaction`. */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: unknown[]; readonly rowCount: number | null }>;
}

/**
 * Makes a Kysely that sends what it builds through `db`, and owns nothing: what is sent through a client belongs to the
 * transaction which that client is in, and nothing is to be destroyed afterwards. Making one costs next to nothing, so a
 * function makes its own.
 *
 * Transactions stay with `withTransaction` and `withSavepoint`: Kysely's own would commit the one that a seed runs in, or
 * be spread over the connections of a pool. Beginning one rejects with `ARGUMENT_INVALID`, and so does a stream.
 *
 * @example
 * const seed: SeedFunction = async (client) => {
 *   const db = createKysely<DB>(client);
 *   await db.insertInto('pages').values(PAGES).onConflict((conflict) => conflict.doNothing()).execute();
 * };
 */
export function createKysely<Schema>(db: Queryable): Kysely<Schema> {
  return new Kysely<Schema>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => createDriver(db),
      createIntrospector: (kysely) => new PostgresIntrospector(kysely),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
}

function createDriver(db: Queryable): Driver {
  const connection: DatabaseConnection = {
    executeQuery: (query) => execute(db, query),
    streamQuery: () => refuse('streams no rows', 'read them in pieces, by a key'),
  };
  return {
    init: done,
    acquireConnection: async () => connection,
    beginTransaction: refuseTransaction,
    commitTransaction: refuseTransaction,
    rollbackTransaction: refuseTransaction,
    releaseConnection: done,
    destroy: done,
  };
}

async function execute<Row>(db: Queryable, { sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
  const { rows, rowCount } = await db.query(sql, [...parameters]);
  const result = { rows: rows as Row[] };
  return rowCount === null ? result : { ...result, numAffectedRows: BigInt(rowCount) };
}

async function refuseTransaction(): Promise<never> {
  refuse('begins no transaction', 'use withTransaction or withSavepoint, and make one over the client that they give');
}

async function done(): Promise<void> {}

function refuse(fact: string, hint: string): never {
  throw new AtrizError('ARGUMENT_INVALID', `a Kysely that createKysely made ${fact}`, { hint });
}
