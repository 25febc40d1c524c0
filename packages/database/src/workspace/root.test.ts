import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../test/directory.ts';
import { findWorkspaceRoot } from './root.ts';

test('the root is the nearest directory at or above that holds pnpm-workspace.yaml', async () => {
  await using outer = await temporaryDirectory({
    'pnpm-workspace.yaml': '',
    'packages/a/src/a.ts': '',
    'inner/pnpm-workspace.yaml': '',
    'inner/packages/b/b.ts': '',
  });
  await expect(findWorkspaceRoot(outer.path)).resolves.toBe(outer.path);
  await expect(findWorkspaceRoot(`${outer.path}/packages/a/src`)).resolves.toBe(outer.path);
  await expect(findWorkspaceRoot(`${outer.path}/inner/packages/b`)).resolves.toBe(`${outer.path}/inner`);
});

test('where there is none, WORKSPACE_NOT_FOUND names the directory', async () => {
  await using directory = await temporaryDirectory();
  await expect(findWorkspaceRoot(directory.path)).rejects.toMatchObject({
    code: 'WORKSPACE_NOT_FOUND',
    message: `no pnpm-workspace.yaml at or above ${directory.path}`,
    hint: 'run the command inside the workspace',
  });
});
