import { AtrizError } from '@atriz/database';
import {
  previewIdentity,
  runOverFamily,
  setIdentity,
  showIdentity,
  type IdentityChange,
  type IdentityOutcome,
  type IdentityReport,
  type Outcome,
} from '@atriz/lifecycle';
import { confirmDestruction } from '../confirm.ts';
import { EXIT, exitCodeOf } from '../exit-code.ts';
import { errorDocument, runFamilyCommand } from '../family-command.ts';
import type { Invocation } from '../invocation.ts';
import { alignColumns, paint, type Cell } from '../output/terminal.ts';

export type IdentityOptions = IdentityChange;

type Problem = NonNullable<IdentityReport['problem']>;

/** A database's row: what it said, or why it could not be asked. */
interface Row extends Partial<Omit<IdentityReport, 'problem'>> {
  readonly name: string;
  readonly owner: string;
  readonly reachable: boolean;
  readonly problems: readonly Problem[];
}

const HEADINGS = ['DATABASE', 'FAMILY', 'DEFINITION', 'ENVIRONMENT', 'PROTECTED', 'SINCE', 'STATE'];

/** Shows which database each connection reached; the exit code tells whether one is not what it should be. */
export async function show(invocation: Invocation): Promise<number> {
  const { reporter, options } = invocation;
  const rows = await readRows(invocation);
  if (options.json) {
    reporter.json({ databases: rows });
  } else {
    const headings = HEADINGS.map((text): Cell => ({ text, style: 'dim' }));
    for (const line of alignColumns(reporter.stdout, [headings, ...rows.map(cellsOf)])) reporter.line(line);
    for (const { name, problems } of rows) {
      for (const { code, message, hint } of problems) {
        reporter.line(`${name}: ${paint(reporter.stdout, 'red', code)} ${message}`);
        if (hint) reporter.line(`${paint(reporter.stdout, 'cyan', 'hint')} ${hint}`);
      }
    }
  }
  const [problem] = rows.flatMap(({ problems }) => problems);
  return problem ? exitCodeOf(problem.code) : EXIT.done;
}

/** Says what would change, asks, and changes it. `--adopt` is about one database: a URL may reach several packages. */
export async function set(
  invocation: Invocation,
  { environment, protected: isProtected, adopt }: IdentityOptions,
): Promise<number> {
  const change = { environment, protected: isProtected, adopt };
  const { databases, options } = invocation;
  if (adopt && (databases.length > 1 || options.instance?.some((name) => name.includes('*')))) {
    throw new AtrizError('ARGUMENT_INVALID', '--adopt is about one database', {
      hint: 'run it inside the package, or add --database NAME',
    });
  }
  if (await announceChanges(invocation, change))
    await confirmDestruction(invocation, 'change which databases these are');
  return runFamilyCommand(
    { ...invocation, databases: independent(invocation) },
    {
      work: (target, context) => setIdentity(target, change, context),
      describe: (outcome) => (outcome.changed ? describe(outcome) : 'is that already'),
      reach: { command: 'identity set', named: true },
    },
  );
}

/** Prints what would change; `false` when nothing would, or nothing can: then the run itself says why. */
async function announceChanges(invocation: Invocation, change: IdentityChange): Promise<boolean> {
  if (invocation.options.instance !== undefined) return true; // the question names them; asking each first would take long
  const outcomes = await runOverFamily(independent(invocation), async (database) =>
    previewIdentity(await invocation.open(database), change, invocation.contextFor(database)),
  );
  let changes = false;
  for (const outcome of outcomes) {
    if (outcome.status !== 'done' || !outcome.result.changed) continue;
    changes = true;
    if (!invocation.options.yes) invocation.reporter.line(`${outcome.database.name}: ${describe(outcome.result)}`);
  }
  return changes;
}

/** `environment production → development, protected yes → no` */
function describe({ before, identity }: IdentityOutcome): string {
  if (!before) {
    return `${identity.definition} of family ${identity.family}, ${identity.environment}${identity.protected ? ', protected' : ''}`;
  }
  const keys = ['family', 'definition', 'instance', 'environment', 'protected'] as const;
  return keys
    .filter((key) => before[key] !== identity[key])
    .map((key) => `${key} ${shown(before[key])} \u2192 ${shown(identity[key])}`)
    .join(', ');
}

function shown(value: string | boolean | undefined): string {
  if (value === undefined) return '(none)';
  return typeof value === 'string' ? value : value ? 'yes' : 'no';
}

async function readRows(invocation: Invocation): Promise<Row[]> {
  const outcomes = await runOverFamily(independent(invocation), async (database) =>
    showIdentity(await invocation.open(database), invocation.contextFor(database)),
  );
  return outcomes.map(toRow);
}

function toRow(outcome: Outcome<IdentityReport>): Row {
  const { name, owner } = outcome.database;
  if (outcome.status !== 'done') {
    const error = outcome.status === 'failed' ? outcome.error : outcome.because;
    return { name, owner, reachable: false, problems: [errorDocument(error) as Problem] };
  }
  const { identity, expected, agrees, problem } = outcome.result;
  return { name, owner, reachable: true, identity, expected, agrees, problems: problem ? [problem] : [] };
}

function independent({ databases }: Invocation): Invocation['databases'] {
  return databases.map((database) => ({ ...database, dependsOn: [] }));
}

function cellsOf({ name, identity, agrees, problems }: Row): Cell[] {
  const [problem] = problems;
  const state: Cell = problem
    ? { text: problem.code, style: 'red' }
    : agrees === null
      ? { text: 'not marked yet', style: 'yellow' }
      : { text: 'as expected', style: 'green' };
  if (!identity) return [{ text: name, style: 'bold' }, ...Array.from({ length: 5 }, () => ({ text: '-' })), state];
  return [
    { text: name, style: 'bold' },
    { text: identity.family },
    { text: identity.definition },
    { text: identity.environment },
    { text: shown(identity.protected) },
    { text: identity.since.toISOString().slice(0, 10) },
    state,
  ];
}
