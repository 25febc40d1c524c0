import type pg from 'pg';

const BEGIN = 'BEGIN;\n';

/**
 * A client for node-pg-migrate's runner that sends each of its transactions as one message instead of four: what the
 * runner asks for between BEGIN and COMMIT is kept back, and goes with the COMMIT. PostgreSQL stops at the first
 * statement that fails, so that the COMMIT behind it never runs; the transaction is left open for the caller to end.
 *
 * The runner looks at no result inside a transaction; it gets empty ones. What an error says of the position counts from
 * the first statement after BEGIN.
 */
export function batchTransactions(client: pg.Client): pg.Client {
  let kept: string[] | undefined;
  const query = async (text: string): Promise<pg.QueryResult> => {
    if (text === 'BEGIN;') {
      kept = [];
      return NOTHING;
    }
    if (kept === undefined) return client.query(text);
    kept.push(text);
    if (text !== 'COMMIT;') return NOTHING;
    const batch = BEGIN + kept.join('\n');
    kept = undefined;
    return client.query(batch).catch((error: unknown) => {
      throw countFromFirstStatement(error);
    });
  };
  return { query } as unknown as pg.Client;
}

const NOTHING: pg.QueryResult = { command: '', rowCount: 0, oid: 0, fields: [], rows: [] };

function countFromFirstStatement(error: unknown): unknown {
  const located = error as { position?: string };
  if (located.position !== undefined) located.position = String(Number(located.position) - BEGIN.length);
  return error;
}
