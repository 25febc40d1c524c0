import { AtrizError } from '../errors.ts';
import { readRootName } from './packages.ts';
import { findWorkspaceRoot } from './root.ts';

/**
 * The family's name, as the databases' ledgers have it: the workspace's around a directory, or `undefined` where there
 * is none, as for an application that was shipped alone.
 */
export async function readFamilyName(directory: string): Promise<string | undefined> {
  try {
    return await readRootName(await findWorkspaceRoot(directory), 'workspace');
  } catch (error) {
    if (error instanceof AtrizError && error.code === 'WORKSPACE_NOT_FOUND') return undefined;
    throw error;
  }
}
