import { formatColumn, resolveReferences, type Reference } from '@atriz/database/workspace';
import {
  checkReferences,
  type FamilyAccess,
  type ReferenceCheck,
  type ReferenceOutcome,
} from '@atriz/lifecycle/references';
import { confirm } from '../confirm.ts';
import { EXIT, exitCodeOfError } from '../exit-code.ts';
import { errorDocument } from '../family-command.ts';
import type { Invocation } from '../invocation.ts';
import { alignColumns, formatDuration, plural, type Cell } from '../output/terminal.ts';

export interface FixOption {
  readonly fix?: boolean | undefined;
}

/** Shows the references that the chosen databases declare. Connects to none. */
export async function list(invocation: Invocation): Promise<number> {
  const { reporter, options } = invocation;
  const references = chosenReferences(invocation);
  if (options.json) reporter.json({ references: references.map(toNames) });
  else if (references.length === 0) reporter.line('no references are declared');
  else {
    const headings = ['COLUMN', 'MEANS', 'ON DELETE'].map((text): Cell => ({ text, style: 'dim' }));
    const rows = references.map((each) => Object.values(toNames(each)).map((text): Cell => ({ text })));
    for (const line of alignColumns(reporter.stdout, [headings, ...rows])) reporter.line(line);
  }
  return EXIT.done;
}

/** Checks the references of the chosen databases; the exit code tells whether rows lead nowhere still. */
export async function check(invocation: Invocation, { fix = false }: FixOption): Promise<number> {
  const { reporter, options } = invocation;
  const references = chosenReferences(invocation);
  if (references.length === 0 && !options.json) reporter.line('no references are declared');
  if (fix && references.length > 0) await confirm(invocation, describeFix(references));
  const width = Math.max(0, ...references.map(({ source }) => formatColumn(source).length));
  const outcomes = await checkReferences(references, accessOf(invocation), {
    fix,
    onOutcome: (outcome) => tell(invocation, outcome, width),
  });
  if (options.json) reporter.json({ references: outcomes.map(toDocument) });
  const failure = outcomes.find(({ status }) => status === 'failed');
  if (failure?.status === 'failed') return exitCodeOfError(failure.error);
  const areLeft = outcomes.some((outcome) => outcome.status === 'done' && outcome.result.leftRows > 0);
  return areLeft ? EXIT.refused : EXIT.done;
}

/** The family's databases, as the library asks for them. */
export function accessOf({ family, open, contextFor }: Invocation): FamilyAccess {
  const find = (name: string) => family.databases.find((each) => each.name === name)!;
  return { open: (name) => open(find(name)), contextFor: (name) => contextFor(find(name)) };
}

function chosenReferences({ family, databases }: Invocation): Reference[] {
  const names = new Set(databases.map(({ name }) => name));
  return resolveReferences(family.databases).filter(({ source }) => names.has(source.database));
}

function describeFix(references: readonly Reference[]): string {
  const of = (rule: Reference['onDelete']): string =>
    references
      .filter(({ onDelete }) => onDelete === rule)
      .map(({ source }) => formatColumn(source))
      .join(', ');
  const deeds = [
    of('cascade') && `delete the rows that lead nowhere by ${of('cascade')}`,
    of('set null') && `set to null what leads nowhere in ${of('set null')}`,
  ].filter(Boolean);
  return deeds.length > 0 ? deeds.join(', and ') : 'change nothing, by the rules of these references';
}

function tell({ reporter }: Invocation, outcome: ReferenceOutcome, width: number): void {
  const name = formatColumn(outcome.reference.source);
  const time: Cell = { text: formatDuration(outcome.durationMs), style: 'dim' };
  const cells = (text: string, style: Cell['style']): Cell[] => [
    { text: name, style: 'bold' },
    { text, ...(style === undefined ? {} : { style }) },
    time,
  ];
  const line = (text: string, style: Cell['style']): void => {
    const [aligned] = alignColumns(reporter.stdout, [cells(text, style)], [width, 32]);
    reporter.line(aligned!);
  };
  if (outcome.status === 'failed') {
    line('failed', 'red');
    reporter.error(outcome.error, name);
    return;
  }
  const { result, reference } = outcome;
  line(describe(result, reference), result.leftRows > 0 ? 'red' : 'green');
  for (const { key, row } of result.samples) {
    const place = Object.entries(row).map(([column, value]) => `${column} ${value}`);
    reporter.line(`  ${place.join(', ')} has ${reference.source.column} ${key}`);
  }
  const rest = result.orphanRows - result.samples.length;
  if (result.samples.length > 0 && rest > 0) reporter.line(`  and ${plural(rest, 'row')} more`);
}

function describe({ keys, orphanKeys, orphanRows, fixedRows, leftRows }: ReferenceCheck, reference: Reference): string {
  if (orphanRows === 0) return `${plural(keys, 'key')}, none leads nowhere`;
  const found = `${plural(orphanRows, 'row')} of ${plural(orphanKeys, 'key')} of ${plural(keys, 'key').split(' ')[0]} lead nowhere`;
  const done =
    fixedRows > 0
      ? `; ${plural(fixedRows, 'row')} ${reference.onDelete === 'cascade' ? 'deleted' : 'set to null'}`
      : '';
  const isKept = reference.onDelete === 'restrict' || reference.onDelete === 'report';
  const left = leftRows > 0 && isKept ? `; kept, on delete ${reference.onDelete}` : '';
  return `${found}${done}${left}`;
}

function toNames({ source, target, onDelete }: Reference) {
  return { reference: formatColumn(source), target: formatColumn(target), onDelete };
}

function toDocument(outcome: ReferenceOutcome): object {
  const { reference, status, durationMs } = outcome;
  const base = { ...toNames(reference), status, durationMs: Math.round(durationMs) };
  return outcome.status === 'done' ? { ...base, ...outcome.result } : { ...base, error: errorDocument(outcome.error) };
}
