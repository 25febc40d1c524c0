import {
  isProven,
  listSets,
  openKeys,
  openStores,
  readBackupSettings,
  type ListedSet,
  type Store,
} from '@atriz/backup';
import { openBackupWorkspace } from '../../backup-workspace.ts';
import { EXIT, exitCodeOfError } from '../../exit-code.ts';
import { errorDocument } from '../../family-command.ts';
import type { Invocation } from '../../invocation.ts';
import { formatAge, formatBytes } from '../../output/size.ts';
import { alignColumns, formatDuration, type Cell } from '../../output/terminal.ts';

export interface ListCommandOptions {
  readonly store?: string | undefined;
}

const HEADINGS = ['SET', 'TAKEN', 'DATABASES', 'ENGINE', 'SIZE', 'CONSISTENCY', 'STORES', 'PROVEN'];

/** Lists the sets of the stores, newest first. A store that cannot be listed decides the exit code; the others are shown. */
export async function list(invocation: Invocation, { store }: ListCommandOptions): Promise<number> {
  const { reporter, options, surroundings } = invocation;
  const workspace = await openBackupWorkspace(invocation);
  const settings = readBackupSettings(workspace);
  const failures: { readonly store: Store; readonly error: unknown }[] = [];
  const sets = await listSets(openStores(settings, { only: store }), await openKeys(settings, workspace), {
    signal: surroundings.signal,
    onStoreFailure: (each, error) => failures.push({ store: each, error }),
  });
  if (options.json) {
    reporter.json({
      sets: sets.map(toDocument),
      failures: failures.map(({ store: { name, place }, error }) => ({ name, place, error: errorDocument(error) })),
    });
  } else {
    if (sets.length === 0) reporter.line('there is no set yet; make one: atriz backup create');
    const headings = HEADINGS.map((text): Cell => ({ text, style: 'dim' }));
    const rows = sets.map((set) => cellsOf(set, Date.now()));
    if (rows.length > 0) for (const line of alignColumns(reporter.stdout, [headings, ...rows])) reporter.line(line);
    for (const { store: each, error } of failures) reporter.error(error, each.place);
  }
  const [failure] = failures;
  return failure ? exitCodeOfError(failure.error) : EXIT.done;
}

function cellsOf(set: ListedSet, now: number): Cell[] {
  const { id, takenAt, manifest, bytes, stores } = set;
  const cells: Cell[] = [
    { text: id, style: 'bold' },
    { text: formatAge(now - takenAt.getTime()) },
    { text: manifest?.databases.map(({ name }) => name).join(', ') ?? '-' },
    { text: manifest?.engine ?? '-' },
    { text: formatBytes(bytes) },
    { text: manifest?.consistency ?? '-' },
    { text: stores.map(({ name }) => name).join(', ') },
  ];
  return [...cells, stateOf(set, now)];
}

function stateOf(set: ListedSet, now: number): Cell {
  if (!set.complete) return { text: 'unfinished', style: 'yellow' };
  if (set.problem) return { text: set.problem.code, style: 'red' };
  const proof = lastRestore(set);
  if (!isProven(set) || proof === undefined) return { text: 'never', style: 'yellow' };
  const age = formatAge(now - new Date(proof.provenAt).getTime());
  return { text: `${age}, in ${formatDuration(proof.durationMs)}`, style: 'green' };
}

function lastRestore({ proofs }: ListedSet): ListedSet['proofs'][number] | undefined {
  return proofs.find(({ method }) => method === 'restore');
}

function toDocument(set: ListedSet): object {
  const { id, takenAt, manifest, bytes, stores, complete, problem, proofs } = set;
  return {
    set: id,
    takenAt: takenAt.toISOString(),
    complete,
    databases: manifest?.databases.map(({ name }) => name) ?? [],
    engine: manifest?.engine ?? null,
    purpose: manifest?.purpose ?? null,
    run: manifest?.runId ?? null,
    consistency: manifest?.consistency ?? null,
    encrypted: manifest ? manifest.encryption !== null : null,
    bytes,
    stores: stores.map(({ name, place }) => ({ name, place })),
    proven: isProven(set),
    proofs: proofs.map(({ method, provenAt, durationMs, databases, host }) => ({
      method,
      provenAt,
      durationMs,
      databases,
      host,
    })),
    problem: problem ? errorDocument(problem) : null,
  };
}
