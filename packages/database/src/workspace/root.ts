import { access } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AtrizError } from '../errors.ts';

/**
 * The nearest directory at or above `from` that holds `pnpm-workspace.yaml`.
 * Throws `WORKSPACE_NOT_FOUND` when there is none.
 */
export async function findWorkspaceRoot(from: string): Promise<string> {
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    if (await exists(join(directory, 'pnpm-workspace.yaml'))) return directory;
    if (directory === dirname(directory)) break;
  }
  throw new AtrizError('WORKSPACE_NOT_FOUND', `no pnpm-workspace.yaml at or above ${resolve(from)}`, {
    hint: 'run the command inside the workspace',
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
