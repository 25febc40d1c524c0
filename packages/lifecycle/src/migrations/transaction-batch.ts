import { randomUUID } from 'node:crypto';
import type pg from 'pg';

export interface TransactionBatches {
  /** For node-pg-migrate's runner. */
  readonly client: pg.Client;
  /** Resolves when the last transaction is committed; rejects with the error of the first one that failed. */
  drain(): Promise<void>;
}

/**
 * Makes a client for node-pg-migrate's runner that sends each of its transactions as one message, and the next one while
 * the server still works on the last: it never waits for us. `client` must be in pipeline mode. `onCommitted` is called
 * once for each transaction, in order.
 *
 * What the runner asks for between BEGIN and COMMIT is kept back, and goes with the COMMIT; it looks at no result there,
 * and gets empty ones. PostgreSQL stops at the first statement of a message that fails. The message that is on its way
 * behind it must not run either, so each begins by asking whether the one before it has come to its end, which it marks
 * in a setting of the session, behind its COMMIT. What an error says of the position counts from behind BEGIN.
 */
export function batchTransactions(client: pg.Client, { onCommitted }: { onCommitted: () => void }): TransactionBatches {
  const run = randomUUID(); // a run before this one may have left its mark in the same session
  let kept: string[] | undefined;
  let sentCount = 0;
  let running: Promise<void> = Promise.resolve();

  const send = async (statements: string): Promise<void> => {
    const head = sentCount === 0 ? BEGIN : `${guard(`${run} ${sentCount}`)} ${BEGIN}`;
    sentCount += 1;
    try {
      await client.query(`${head}${statements}\nSET ${MARK} = '${run} ${sentCount}'`);
    } catch (error) {
      throw countFrom(head.length, error);
    }
    onCommitted();
  };
  const query = async (text: string): Promise<pg.QueryResult> => {
    if (text === 'BEGIN;') {
      kept = [];
      return NOTHING;
    }
    if (kept === undefined) {
      await running;
      return client.query(text);
    }
    kept.push(text);
    if (text !== 'COMMIT;') return NOTHING;
    const [statements, last] = [kept.join('\n'), running];
    kept = undefined;
    running = send(statements);
    running.catch(() => undefined); // told by the next call or by drain, unless `last` has failed before it
    await last;
    return NOTHING;
  };
  return { client: { query } as unknown as pg.Client, drain: () => running };
}

const BEGIN = 'BEGIN;\n';
const MARK = 'atriz.transactions_done';
const NOTHING: pg.QueryResult = { command: '', rowCount: 0, oid: 0, fields: [], rows: [] };

/** Divides by zero, which ends the message before it has begun, unless the mark is set. */
function guard(mark: string): string {
  return `SELECT 1 / (current_setting('${MARK}') = '${mark}')::int;`;
}

function countFrom(start: number, error: unknown): unknown {
  const located = error as { position?: string };
  if (located.position !== undefined) located.position = String(Number(located.position) - start);
  return error;
}
