import { readOutline } from '../sql/outline.ts';
import { findBodyFault } from '../sql/body-syntax.ts';
import { parseSql, type ParsedStatement } from '../sql/parser.ts';
import { kindOf } from '../sql/statement-kind.ts';
import { controlsTransaction, copiesFromClient, needsNoTransaction } from '../sql/transaction-rules.ts';

/** A statement that cannot be run as a migration's, or a text that is no SQL. */
export interface StatementFault {
  /** Where, in UTF-16 units of the text given. */
  readonly index: number;
  readonly rule: 'syntax' | 'body-syntax' | 'transaction-control' | 'copy-from-stdin' | 'no-transaction';
  readonly message: string;
  readonly hint: string;
}

const COPY_HINT = 'write the rows as INSERT … VALUES, or load them by a seed: copyRows is as fast';

/**
 * Checks the statements of one direction of a migration, with PostgreSQL's parser and without a server: that they are
 * SQL, as the bodies of their functions are, that they leave transactions alone, that none waits for rows from a client, and that each can run in a
 * transaction, unless the file has opted out of it.
 */
export async function findStatementFaults(
  sql: string,
  { noTransaction }: { readonly noTransaction: boolean },
): Promise<StatementFault[]> {
  const outcome = await parseSql(sql);
  if ('statements' in outcome) {
    const faults = outcome.statements.map(async (each) => [
      ...faultsOf(each, noTransaction),
      ...(await bodyFaultsOf(each)),
    ]);
    return (await Promise.all(faults)).flat();
  }
  if (!('fault' in outcome)) return [];
  const { message, index } = outcome.fault;
  const copy = findCopyBefore(sql, index);
  if (copy !== undefined) return [copyFault(copy)];
  const hint = sql.startsWith('\\', index)
    ? 'commands of psql are no SQL: write what it does as a statement, or take it out'
    : 'correct the statement';
  return [{ index, rule: 'syntax', message, hint }];
}

/** Cheap, and over-careful on purpose: where it says no, {@link findStatementFaults} has nothing to say but of syntax. */
export function mayBreakRules(sql: string): boolean {
  return SUSPICIOUS.test(readOutline(sql).code);
}

const SUSPICIOUS =
  /(?:^|;)\s*(?:begin|start|commit|end|rollback|abort|savepoint|release|prepare|vacuum|cluster|reindex|discard)\b|\bconcurrently\b|\bstdin\b|\b(?:create|drop|alter)\s+(?:database|tablespace|system|subscription)\b/i;

function faultsOf(statement: ParsedStatement, noTransaction: boolean): StatementFault[] {
  const kind = kindOf(statement);
  if (controlsTransaction(statement)) {
    const hint = noTransaction
      ? 'take it out: each statement of this file is sent alone'
      : 'take it out: the migration runs in one transaction, together with its rows in history and ledger';
    return [
      {
        index: statement.start,
        rule: 'transaction-control',
        message: `${kind}: a migration does not begin or end transactions`,
        hint,
      },
    ];
  }
  if (copiesFromClient(statement)) return [copyFault(statement.start)];
  if (noTransaction || !needsNoTransaction(statement)) return [];
  return [
    {
      index: statement.start,
      rule: 'no-transaction',
      message: `this ${kind} cannot run inside a transaction`,
      hint: 'put "-- atriz: no-transaction" at the head of the file, and move what needs a transaction to another one',
    },
  ];
}

async function bodyFaultsOf(statement: ParsedStatement): Promise<StatementFault[]> {
  const fault = await findBodyFault(statement);
  if (fault === undefined) return [];
  const { message, index } = fault;
  return [{ index: statement.start + index, rule: 'body-syntax', message, hint: 'correct the body' }];
}

function copyFault(index: number): StatementFault {
  return {
    index,
    rule: 'copy-from-stdin',
    message: 'COPY FROM STDIN: there is no client that could send the rows',
    hint: COPY_HINT,
  };
}

/** Rows below a COPY FROM STDIN are what the parser then stumbles over. */
function findCopyBefore(sql: string, index: number): number | undefined {
  const before = readOutline(sql.slice(0, index)).code;
  const copies = [...before.matchAll(/(?<=^|;)\s*(?=copy\b[^;]*\bfrom\s+stdin\b)/gi)];
  const last = copies.at(-1);
  return last && last.index + last[0].length;
}
