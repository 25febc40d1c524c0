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

const LINE_WIDTH = 120;

/** Writes the figures with as many digits as say something, laid out as the formatter would. */
export async function writeResults(path: string, results: Results): Promise<void> {
  const text = JSON.stringify(results, (_, value: unknown) => (typeof value === 'number' ? shorten(value) : value), 2);
  const compact = text.replaceAll(/^( *)("[^\n]*": )\[([\d\s.,]*)\](,?)$/gm, (_, ...groups: string[]) => {
    const [indent, key, figures, comma] = groups as [string, string, string, string];
    const joined = figures.trim().replaceAll(/\s+/g, ' ');
    const line = `${indent}${key}[${joined}]${comma}`;
    return line.length <= LINE_WIDTH ? line : `${indent}${key}[\n${indent}  ${joined}\n${indent}]${comma}`;
  });
  await writeFile(path, `${compact}\n`);
}

function shorten(value: number): number {
  return Number(value.toPrecision(5));
}
