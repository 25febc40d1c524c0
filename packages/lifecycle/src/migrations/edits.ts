import { readFile } from 'node:fs/promises';
import { normaliseText } from '@atriz/database/workspace';
import type pg from 'pg';
import { readTexts } from '../ledger/migration-rows.ts';
import type { MigrationFile } from './migration-file.ts';

/** What became of a migration's text after it was applied. */
export interface Edit {
  readonly file: MigrationFile;
  /** Both texts as a unified diff; `undefined` where the ledger has not kept the old one. */
  readonly diff: string | undefined;
}

/** Compares the edited files with the texts that were applied. */
export async function readEdits(client: pg.ClientBase, edited: readonly MigrationFile[]): Promise<Edit[]> {
  if (edited.length === 0) return [];
  const { createTwoFilesPatch } = await import('diff');
  const texts = await readTexts(client, edited);
  return Promise.all(
    edited.map(async (file) => {
      const applied = texts.get(file.name);
      if (applied === undefined) return { file, diff: undefined };
      const now = await readFile(file.path, 'utf8');
      const patch = createTwoFilesPatch('as applied', 'the file now', normaliseText(applied), normaliseText(now));
      return { file, diff: patch.split('\n').slice(1).join('\n').trimEnd() };
    }),
  );
}
