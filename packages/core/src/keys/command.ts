import { AtrizError } from '@atriz/database';
import { parseArgs } from 'node:util';
import type { SigningKey } from '../tokens/signing-key.ts';
import { replaceKeys, rotateKeys } from './change-keys.ts';
import { findKeyFile, type KeyFileSearch } from './key-file-path.ts';
import { ensureKeyFile, readKeyFile } from './key-file.ts';
import { stateOfKey } from './rotation.ts';

export interface KeyCommandOptions extends KeyFileSearch {
  readonly args: readonly string[];
  readonly now: Date;
}

const USAGE = `Usage: pnpm auth:keys [list | create | rotate | replace] [--file FILE] [--json]

The keys that sign access tokens. Shows what they do and never the keys themselves.

  list      what is in the file (default)
  create    makes the file with one key, unless it is there
  rotate    adds a key that takes over in fifteen minutes; nobody notices
  replace   for keys that somebody else may have: a new one in the place of all, which ends every access token

  --file    default: AUTH_KEYS_FILE; outside production, .atriz/auth-keys.json of this workspace
`;

/** Carries out `pnpm auth:keys`, and resolves to what it prints. Rejects with `ARGUMENT_INVALID` for what it does not know. */
export async function runKeyCommand({ args, now, ...search }: KeyCommandOptions): Promise<string> {
  const { action, file, json, help } = readArguments(args);
  if (help) return USAGE;
  const path = file ?? (await findKeyFile(search));
  const keys = await runAction(action, { path, now });
  const rows = keys.map((key) => describe(key, { among: keys, now }));
  if (json) return `${JSON.stringify({ file: path, keys: rows }, null, 2)}\n`;
  return [path, ...rows.map(toLine), ''].join('\n');
}

function readArguments(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { file: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
    const [action = 'list', ...more] = positionals;
    if (more.length > 0) throw new TypeError(`"${more[0]}" is one word too many`);
    return { action, ...values };
  } catch (error) {
    throw misused((error as Error).message, error);
  }
}

async function runAction(
  action: string,
  { path, now }: { readonly path: string; readonly now: Date },
): Promise<readonly SigningKey[]> {
  switch (action) {
    case 'list':
      break;
    case 'create':
      await ensureKeyFile(path, { now });
      break;
    case 'rotate':
      return rotateKeys(path, { now });
    case 'replace':
      return replaceKeys(path, { now });
    default:
      throw misused(`auth:keys knows no "${action}"`);
  }
  return readKeyFile(path);
}

function describe(key: SigningKey, context: Parameters<typeof stateOfKey>[1]) {
  const { id, createdAt, signsFrom, signsUntil, verifiesUntil } = key;
  return { id, state: stateOfKey(key, context), createdAt, signsFrom, signsUntil, verifiesUntil };
}

function toLine({ id, state, signsFrom, signsUntil, verifiesUntil }: ReturnType<typeof describe>): string {
  const until = signsUntil && verifiesUntil && ` until ${minute(signsUntil)}, verifies until ${minute(verifiesUntil)}`;
  return `  ${state.padEnd(7)}  ${id}  signs from ${minute(signsFrom)}${until ?? ''}`;
}

function minute(date: Date): string {
  return `${date.toISOString().slice(0, 16)}Z`;
}

function misused(message: string, cause?: unknown): AtrizError {
  return new AtrizError('ARGUMENT_INVALID', message, { hint: 'see what it takes: pnpm auth:keys --help', cause });
}
