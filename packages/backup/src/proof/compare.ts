import { isDeepStrictEqual } from 'node:util';
import { withSession, type Context, type Target } from '@atriz/lifecycle';
import type { ManifestDatabase, ManifestTable } from '../manifest/manifest.ts';
import { readLedger } from './applied-migrations.ts';
import { describeTables } from './fingerprint.ts';
import { pinSettings } from './row-hash.ts';
import { readSequencesAndColumns, type Sequence } from './sequences.ts';

/** Something in a database that is not as a manifest says. */
export interface Difference {
  readonly kind: 'table' | 'rows' | 'hash' | 'sequence' | 'migrations' | 'identity';
  /** The table or sequence with its schema; empty for what is the whole database's. */
  readonly subject: string;
  /** One line that says both sides. */
  readonly message: string;
}

type Restored = Pick<ManifestDatabase, 'tables' | 'identity' | 'migrations'> & {
  readonly sequences: readonly Sequence[];
};

/**
 * Compares a database, restored from a set and changed by nobody since, with what the set's manifest says of it: every
 * table's rows and hash, where sequences are, which migrations were applied, which database it says it is.
 * None that differs: an empty list. Writes nothing. Throws connection errors and the server's own.
 */
export async function compareWithManifest(
  target: Target,
  expected: ManifestDatabase,
  context: Context,
): Promise<readonly Difference[]> {
  return withSession(target.parameters, context, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await pinSettings(client);
    const found: Restored = {
      tables: [...(await describeTables(client, context))],
      sequences: await readSequencesAndColumns(client),
      ...(await readLedger(client, target.database)),
    };
    await client.query('ROLLBACK');
    return findDifferences(expected, found);
  });
}

/** Pure: what {@link compareWithManifest} finds between what a manifest says and what was read. */
export function findDifferences(expected: ManifestDatabase, found: Restored): readonly Difference[] {
  return [
    ...compareTables(expected.tables, found.tables),
    ...compareSequences(expected.sequences, found.sequences),
    ...compareLedger('migrations', expected.migrations, found.migrations),
    ...compareLedger('identity', expected.identity, found.identity),
  ];
}

function compareTables(expected: readonly ManifestTable[], found: readonly ManifestTable[]): Difference[] {
  const unseen = new Map(found.map((table) => [nameOf(table), table]));
  const differences = expected.flatMap((table): Difference[] => {
    const subject = nameOf(table);
    const other = unseen.get(subject);
    unseen.delete(subject);
    if (!other) return [{ kind: 'table', subject, message: `${subject} is missing, with ${table.rows} rows` }];
    if (other.rows !== table.rows) {
      return [{ kind: 'rows', subject, message: `${subject} has ${other.rows} rows, the set has ${table.rows}` }];
    }
    if (other.hash === table.hash) return [];
    return [{ kind: 'hash', subject, message: `${subject} has ${table.rows} rows, and not the values of the set` }];
  });
  const surplus = [...unseen.keys()].map((subject): Difference => ({
    kind: 'table',
    subject,
    message: `${subject} is there, and not in the set`,
  }));
  return [...differences, ...surplus];
}

/**
 * A sequence may be ahead of what the manifest says, or behind: it is no part of a snapshot, and after a crash, such as
 * a base backup is of, it skips a few. Behind the rows of its column it would give a value that is taken.
 */
function compareSequences(expected: ManifestDatabase['sequences'], found: readonly Sequence[]): Difference[] {
  const byName = new Map(found.map((sequence) => [nameOf(sequence), sequence]));
  return expected.flatMap((sequence): Difference[] => {
    const subject = nameOf(sequence);
    const other = byName.get(subject);
    if (!other) return [{ kind: 'sequence', subject, message: `${subject} is missing` }];
    const reached = reachOf(other);
    const isBehindRows = other.farthest !== null && reached < BigInt(other.farthest) * (other.isDescending ? -1n : 1n);
    const isUnset = sequence.isCalled && !other.isCalled;
    if (reached >= reachOf({ ...sequence, isDescending: other.isDescending })) return [];
    if (!isBehindRows && !(other.farthest === null && isUnset)) return [];
    return [
      { kind: 'sequence', subject, message: `${subject} is at ${other.lastValue}, the set at ${sequence.lastValue}` },
    ];
  });
}

/** The last value given, the greater the farther; one before the first where none was. */
function reachOf({ lastValue, isCalled, isDescending }: Omit<Sequence, 'farthest'>): bigint {
  const value = BigInt(lastValue) * (isDescending ? -1n : 1n);
  return isCalled ? value : value - 1n;
}

function compareLedger(kind: 'migrations' | 'identity', expected: unknown, found: unknown): Difference[] {
  if (isDeepStrictEqual(expected, found)) return [];
  const message = `its ${kind} are ${JSON.stringify(found)}, in the set ${JSON.stringify(expected)}`;
  return [{ kind, subject: '', message }];
}

function nameOf({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `${schema}.${name}`;
}
