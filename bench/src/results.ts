import { readFile, writeFile } from 'node:fs/promises';
import type { Machine } from './machine.ts';
import type { Samples } from './row.ts';

/** The raw figures, from which the table is made again whenever a row is measured anew. */
export interface Results {
  readonly machine: Machine;
  readonly rows: Readonly<Record<string, RowResult>>;
}

export interface RowResult {
  /** The day it was measured on, such as `2026-01-31`. */
  readonly date: string;
  readonly samples: Samples;
}

export async function readResults(path: string): Promise<Results | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Results;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes the figures with as many digits as say something, each list on one line. */
export async function writeResults(path: string, results: Results): Promise<void> {
  const text = JSON.stringify(results, (_, value: unknown) => (typeof value === 'number' ? shorten(value) : value), 2);
  const compact = text.replaceAll(/\[[\d\s.,]*\]/g, (list) =>
    list.replaceAll(/\s+/g, ' ').replace('[ ', '[').replace(' ]', ']'),
  );
  await writeFile(path, `${compact}\n`);
}

function shorten(value: number): number {
  return Number(value.toPrecision(5));
}
