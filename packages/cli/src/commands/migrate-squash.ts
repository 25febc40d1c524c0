import { access } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { AtrizError } from '@atriz/database';
import { prepareSquash, squashMigrations } from '@atriz/lifecycle/drift';
import { confirmDestruction } from '../confirm.ts';
import { EXIT } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';
import { plural } from '../output/terminal.ts';

export interface SquashOptions {
  readonly to: string;
}

/** Puts one file in the place of a package's first migrations. Asks first; changes files only, no database. */
export async function squash(invocation: Invocation, { to }: SquashOptions): Promise<number> {
  const { databases, family, options, reporter, surroundings } = invocation;
  const [database, ...others] = databases;
  if (!database || others.length > 0) {
    throw new AtrizError('ARGUMENT_INVALID', 'migrations are squashed in one package at a time', {
      hint: 'run it inside the package, or add --database NAME',
    });
  }
  const { plan, files } = await prepareSquash(database, { to, family: family.databases });
  const old = plural(files.length, 'migration');
  await confirmDestruction(invocation, `put ${plan.name}.sql in the place of the first ${old} of this database`);
  const result = await squashMigrations(
    await invocation.open(database),
    { to, family: family.databases },
    invocation.contextFor(database),
  );
  if (options.json) reporter.json({ name: database.name, path: result.path, squashes: result.squashes });
  reporter.line(`created ${relative(surroundings.directory, result.path)}, proven to make the same schema`);
  reporter.line(`removed ${plural(files.length, 'file')}: ${files.map(({ name }) => name).join(', ')}`);
  const hasTypes = await access(join(database.directory, 'src/schema.ts')).then(
    () => true,
    () => false,
  );
  if (hasTypes) reporter.line('next: pnpm db:generate, since types remember the files that they were made from');
  return EXIT.done;
}
