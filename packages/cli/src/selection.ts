import { isAbsolute, relative } from 'node:path';
import { AtrizError } from '@atriz/database';
import type { Family, FamilyDatabase } from '@atriz/database/workspace';

export interface SelectionOptions {
  /** The whole family, wherever the command runs. */
  readonly all?: boolean | undefined;
  /** Names of databases, or of the packages that own them. */
  readonly database?: readonly string[] | undefined;
}

/**
 * The databases that a command acts on, in dependency order: those named, else the one whose package it runs in, else
 * the family. Throws `DATABASE_UNKNOWN`, with the names there are.
 */
export function selectDatabases(
  family: Family,
  directory: string,
  { all = false, database: names = [] }: SelectionOptions,
): readonly FamilyDatabase[] {
  for (const name of names) {
    if (family.databases.some((each) => each.name === name || each.owner === name)) continue;
    const known = family.databases.map((each) => each.name).join(', ');
    throw new AtrizError('DATABASE_UNKNOWN', `there is no database "${name}" in this workspace`, {
      hint: known ? `choose one of: ${known}` : 'declare one in a package: database.config.ts',
    });
  }
  if (names.length > 0)
    return family.databases.filter(({ name, owner }) => names.includes(name) || names.includes(owner));
  const own = all ? undefined : family.databases.find((each) => isInside(directory, each.directory));
  return own ? [own] : family.databases;
}

function isInside(directory: string, parent: string): boolean {
  const path = relative(parent, directory);
  return path === '' || (!path.startsWith('..') && !isAbsolute(path));
}
