import { AtrizError } from '@atriz/database';
import { formatLink, parseLink, verifyAudit, type AuditReport } from '@atriz/lifecycle/audit';
import { EXIT } from '../exit-code.ts';
import { runFamilyCommand } from '../family-command.ts';
import type { Invocation } from '../invocation.ts';
import { plural } from '../output/terminal.ts';

export interface VerifyOptions {
  readonly expect?: string | undefined;
}

/** Verifies the audit log of each chosen database that declares one. */
export async function verify(invocation: Invocation, { expect }: VerifyOptions): Promise<number> {
  const { reporter, options } = invocation;
  const databases = invocation.databases.flatMap((database) =>
    database.audit === undefined ? [] : [{ ...database, dependsOn: [] }],
  );
  const expected = expect === undefined ? undefined : parseLink(expect);
  if (expected && databases.length !== 1) throw severalLogs(databases.map(({ name }) => name));
  if (databases.length === 0 && !options.json) {
    reporter.line('no audit log is declared');
    return EXIT.done;
  }
  return runFamilyCommand<AuditReport>(
    { ...invocation, databases },
    {
      work: (target, context) => verifyAudit(target, { expected }, context),
      describe: ({ rows }) => (rows === 0 ? 'the log is empty' : `${plural(rows, 'row')}, as they were written`),
      details: describeChain,
      writes: false,
    },
  );
}

function describeChain({ rows, first, head }: AuditReport): string[] {
  if (rows === 0) return [];
  const begins =
    first && first.id > 1 ? [`begins at row ${first.id} of ${first.occurredAt}; older rows were dropped`] : [];
  return [...begins, `head ${formatLink(head)}`];
}

function severalLogs(names: readonly string[]): AtrizError {
  const found = names.length === 0 ? 'none is declared' : `here are ${names.join(', ')}`;
  return new AtrizError('ARGUMENT_INVALID', `--expect is about one audit log, and ${found}`, {
    hint: 'name its database with --database',
  });
}
