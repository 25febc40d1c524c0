import { AtrizError } from '@atriz/database';
import { formatColumn, parseColumn, resolveReferences } from '@atriz/database/workspace';
import { deleteReferenced, type DeletionResult } from '@atriz/lifecycle/references';
import { confirm } from '../confirm.ts';
import { EXIT } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';
import { plural } from '../output/terminal.ts';
import { accessOf } from './references.ts';

/** Deletes the row that `database.table.column=key` names, and deals with what refers to it in the whole family. */
export async function deleteRow(invocation: Invocation, row: string): Promise<number> {
  const { family, reporter, options } = invocation;
  const { column, key } = parseRow(row);
  const name = `${formatColumn(column)} ${key}`;
  const isMeant = resolveReferences(family.databases).some(({ target }) => target.database === column.database);
  const others = isMeant ? ' and deal with what refers to it in other databases' : '';
  await confirm(invocation, `delete ${name}${others}`);
  const result = await deleteReferenced({ family, column, key }, accessOf(invocation));
  if (options.json) reporter.json({ row: { column: formatColumn(column), key }, ...result });
  for (const line of describe(name, result)) reporter.line(line);
  return EXIT.done;
}

function parseRow(text: string) {
  const at = text.indexOf('=');
  if (at > 0) return { column: parseColumn(text.slice(0, at)), key: text.slice(at + 1) };
  throw new AtrizError('ARGUMENT_INVALID', `"${text}" does not name a row`, {
    hint: 'write it as database.table.column=key, such as atriz_shared.users.id=7c9e6679-7425-40de-944b-e07fc1f90ae7',
  });
}

function describe(name: string, { deleted, resumed, changed, reported }: DeletionResult): string[] {
  if (!deleted) return [`there is no ${name}; nothing was changed`];
  return [
    ...Object.entries(changed).map(([column, rows]) => `${column}  ${plural(rows, 'row')} dealt with`),
    ...Object.entries(reported).map(([column, rows]) => `${column}  ${plural(rows, 'row')} kept as they are`),
    `${name} deleted${resumed ? '; an earlier run had begun it' : ''}`,
  ];
}
