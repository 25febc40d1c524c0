import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../test/directory.ts';
import { defineDatabase } from '../definition.ts';
import { connectionStringFor } from './application-connection.ts';
import { readServerFile, serverFilePath } from './server-file.ts';

const DEFINITION = defineDatabase({ name: 'My App', directUrlVariable: 'DIRECT_DATABASE_URL' });
const SERVER_FILE = JSON.stringify({
  host: '127.0.0.1',
  port: 54_321,
  user: 'atriz',
  password: 'p/w',
  dataDirectory: '/somewhere',
});

test('an application gets the connection string that the command would use, found from its own directory', async () => {
  await using root = await temporaryDirectory({
    'pnpm-workspace.yaml': '',
    'apps/one/.env': 'DATABASE_URL=postgresql://u:p@host/other?sslmode=no-verify\nDIRECT_DATABASE_URL=postgresql://d/d',
  });
  const directory = `${root.path}/apps/one`;
  await expect(connectionStringFor(DEFINITION, { directory, variables: {} })).resolves.toBe(
    'postgresql://u:p@host:5432/other?sslmode=no-verify',
  );
  const variables = { DATABASE_URL: 'postgresql://x@y/z' };
  await expect(connectionStringFor(DEFINITION, { directory, variables })).resolves.toBe('postgresql://x@y:5432/z');
});

test('on the embedded server it is made of what the server left, without TLS', async () => {
  await using root = await temporaryDirectory({ 'pnpm-workspace.yaml': '', '.atriz/server.json': SERVER_FILE });
  await expect(connectionStringFor(DEFINITION, { directory: root.path, variables: {} })).resolves.toBe(
    'postgresql://atriz:p%2Fw@127.0.0.1:54321/My%20App?sslmode=disable',
  );
});

test('where the embedded server was never started, EMBEDDED_NOT_RUNNING says how to', async () => {
  await using root = await temporaryDirectory({ 'pnpm-workspace.yaml': '' });
  await expect(connectionStringFor(DEFINITION, { directory: root.path, variables: {} })).rejects.toMatchObject({
    code: 'EMBEDDED_NOT_RUNNING',
    message: '"My App" is on the embedded server, which was never started',
    hint: 'start it with: pnpm db:start',
  });
  await expect(readServerFile(root.path)).resolves.toBeUndefined();
});

test('the embedded server’s file is .atriz/server.json at the root', async () => {
  await using root = await temporaryDirectory({ '.atriz/server.json': SERVER_FILE });
  expect(serverFilePath(root.path)).toBe(`${root.path}/.atriz/server.json`);
  await expect(readServerFile(root.path)).resolves.toMatchObject({ port: 54_321, user: 'atriz' });
});
