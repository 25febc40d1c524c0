import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { AtrizError } from '@atriz/database';
import { ROLE_KINDS, setRolePassword, type RoleKind } from '@atriz/lifecycle/roles';
import { EXIT } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';

export interface PasswordOptions {
  readonly output?: string | undefined;
}

const SECRET_BYTES = 24;

/**
 * Gives a role of one database a password: from a question on a terminal, else from standard input; or, with `--output`,
 * one that is made here and written to a file that only its owner may read. It is printed nowhere.
 */
export async function password(invocation: Invocation, role: string, { output }: PasswordOptions): Promise<number> {
  const { databases, reporter, options, surroundings } = invocation;
  const [database, ...others] = databases;
  if (database === undefined || others.length > 0) throw severalDatabases(databases.map(({ name }) => name));
  if (!isRole(role)) throw unknownRole(role);
  const target = await invocation.open(database);
  if (target.provider === 'embedded') throw embeddedHasItsOwn(database.name);
  const file = output === undefined ? undefined : resolve(surroundings.directory, output);
  const secret = file === undefined ? await ask(invocation, role) : randomBytes(SECRET_BYTES).toString('base64url');
  if (file !== undefined) await writeFile(file, `${secret}\n`, { mode: 0o600, flag: 'wx' });
  try {
    const result = await setRolePassword(target, { role, password: secret }, invocation.contextFor(database));
    if (options.json) reporter.json({ ...result, ...(output === undefined ? {} : { output }) });
    else reporter.line(`${result.role} has its password${output === undefined ? '' : `, which is in ${output}`}`);
  } catch (error) {
    if (file !== undefined) await rm(file, { force: true });
    throw error;
  }
  return EXIT.done;
}

function isRole(text: string): text is RoleKind {
  return ROLE_KINDS.some((kind) => kind === text);
}

async function ask({ surroundings: { stdin }, reporter }: Invocation, role: string): Promise<string> {
  if (!stdin.isTTY) return (await text(stdin)).replace(/\r?\n$/, '');
  reporter.settle();
  const prompts = await import('@clack/prompts');
  const answer = await prompts.password({ message: `The password of role ${role}` });
  if (prompts.isCancel(answer)) throw new AtrizError('INTERRUPTED', 'interrupted; nothing was done');
  return answer;
}

function severalDatabases(names: readonly string[]): AtrizError {
  return new AtrizError('ARGUMENT_INVALID', `a password is for one database, and here are ${names.join(', ')}`, {
    hint: 'run it inside the package, or add --database NAME',
  });
}

function unknownRole(role: string): AtrizError {
  return new AtrizError('ARGUMENT_INVALID', `"${role}" is no role of a database`, {
    hint: `one of: ${ROLE_KINDS.join(', ')}`,
  });
}

function embeddedHasItsOwn(database: string): AtrizError {
  const message = `"${database}" is on the embedded server, whose roles have passwords of their own`;
  return new AtrizError('ARGUMENT_INVALID', message, {
    hint: 'applications find them by themselves: connectionStringFor with a role',
  });
}
