import { relative } from 'node:path';
import { AtrizError } from '@atriz/database';
import { quotePlace, validateMigrations, type Finding, type Validation } from '@atriz/lifecycle/validate';
import { EXIT } from '../exit-code.ts';
import { errorDocument } from '../family-command.ts';
import type { Invocation } from '../invocation.ts';
import { alignColumns, paint, plural, type Cell } from '../output/terminal.ts';
import { checkSettings } from './check-env.ts';

const HEADINGS = ['DATABASE', 'FILES', 'LINTED', 'REQUIRES', 'SETTINGS', 'FOUND'];

interface Row {
  readonly validation: Validation;
  readonly findings: readonly Finding[];
  /** The provider that the settings come to; absent where they come to none. */
  readonly provider: string | undefined;
}

/**
 * Checks what can be checked without a server: the migration files of the chosen databases by all rules, and that their
 * settings resolve. An error makes the exit code 3; a warning does not.
 */
export async function validate(invocation: Invocation): Promise<number> {
  const { family, databases, reporter, options } = invocation;
  const [validations, { checked, problems }] = await Promise.all([
    validateMigrations(databases, { family: family.databases, root: family.root }),
    checkSettings(invocation),
  ]);
  const rows = validations.map((validation): Row => {
    const { connection, error } = checked.find(({ database }) => database.name === validation.database.name)!;
    const findings = error === undefined ? validation.findings : [...validation.findings, findingOf(error)];
    return { validation, findings, provider: connection?.provider };
  });
  if (options.json) {
    const documents = rows.map((row) => toDocument(row, family.root));
    reporter.json({ databases: documents, problems: problems.map(errorDocument) });
  } else {
    const headings = HEADINGS.map((text): Cell => ({ text, style: 'dim' }));
    for (const line of alignColumns(reporter.stdout, [headings, ...rows.map(cellsOf)])) reporter.line(line);
    for (const { validation, findings } of rows) {
      for (const finding of findings) tell(invocation, validation.database.name, finding);
    }
    for (const problem of problems) reporter.error(problem);
  }
  const isSound = problems.length === 0 && rows.every((row) => countErrors(row) === 0);
  return isSound ? EXIT.done : EXIT.refused;
}

function findingOf(error: unknown): Finding {
  if (!(error instanceof AtrizError)) throw error;
  return { level: 'error', code: error.code, message: error.message, hint: error.hint };
}

function countErrors({ findings }: Row): number {
  return findings.filter(({ level }) => level === 'error').length;
}

function cellsOf(row: Row): Cell[] {
  const { validation, provider, findings } = row;
  const { database, files, linted, requires } = validation;
  const errors = countErrors(row);
  return [
    { text: database.name, style: 'bold' },
    { text: String(files) },
    { text: String(linted) },
    { text: String(requires) },
    provider === undefined ? { text: '-', style: 'red' } : { text: provider },
    describeFound(errors, findings.length - errors),
  ];
}

function describeFound(errors: number, warnings: number): Cell {
  const parts = [errors > 0 ? plural(errors, 'error') : '', warnings > 0 ? plural(warnings, 'warning') : ''];
  const text = parts.filter(Boolean).join(', ') || 'nothing';
  return { text, style: errors > 0 ? 'red' : warnings > 0 ? 'yellow' : 'green' };
}

function tell({ reporter }: Invocation, database: string, finding: Finding): void {
  const { stdout } = reporter;
  const { level, code, path, line, place, rule, message, hint } = finding;
  const column = place === undefined ? '' : `:${place.column}`;
  const where = path === undefined ? '' : `${relative(process.cwd(), path)}${line ? `:${line}${column}` : ''}: `;
  const label = paint(stdout, level === 'error' ? 'red' : 'yellow', level === 'error' ? code : `${code} (warning)`);
  reporter.line(`${database}: ${label} ${where}${message}${rule === undefined ? '' : ` (${rule})`}`);
  if (place) for (const each of quotePlace(place)) reporter.line(each);
  if (hint !== undefined) reporter.line(`${paint(stdout, 'cyan', 'hint')} ${hint}`);
}

/** What was checked and found, as a machine gets it: files as seen from the workspace's root. */
function toDocument({ validation, provider, findings }: Row, root: string): object {
  const { database, files, linted, requires } = validation;
  return {
    name: database.name,
    owner: database.owner,
    files,
    linted,
    requires,
    provider: provider ?? null,
    findings: findings.map(({ path, place, line, level, code, rule, message, hint }) => ({
      level,
      code,
      ...(rule === undefined ? {} : { rule }),
      ...(path === undefined ? {} : { file: relative(root, path) }),
      ...(line === undefined ? {} : { line }),
      ...(place === undefined ? {} : { column: place.column }),
      message,
      ...(hint === undefined ? {} : { hint }),
    })),
  };
}
