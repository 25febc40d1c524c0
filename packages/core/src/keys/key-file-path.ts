import { AtrizError } from '@atriz/database';
import { findWorkspaceRoot, STATE_DIRECTORY, type Variables } from '@atriz/database/workspace';
import { join, resolve } from 'node:path';

export interface KeyFileSearch {
  /** Any directory of the workspace; a relative `AUTH_KEYS_FILE` counts from it. */
  readonly directory: string;
  readonly variables: Variables;
}

/**
 * Where the signing keys are: what `AUTH_KEYS_FILE` says, else, outside production, `.atriz/auth-keys.json` at the
 * workspace's root. Throws `SETTING_INVALID` in production without it: nothing is guessed there.
 */
export async function findKeyFile({ directory, variables }: KeyFileSearch): Promise<string> {
  const { AUTH_KEYS_FILE: path, NODE_ENV } = variables;
  if (path) return resolve(directory, path);
  if (NODE_ENV !== 'production') return join(await findWorkspaceRoot(directory), STATE_DIRECTORY, 'auth-keys.json');
  throw new AtrizError('SETTING_INVALID', 'AUTH_KEYS_FILE is not set, which production takes', {
    hint: 'set it to a file that pnpm auth:keys create --file made, readable by the website alone',
  });
}
