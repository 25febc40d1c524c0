import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../test/directory.ts';
import { readEnvironment, type Scope } from './environment.ts';

const ALL: readonly Scope[] = ['process', 'package', 'root'];

test('the process beats the package’s .env, which beats the root’s, and each says where it is from', async () => {
  await using root = await temporaryDirectory({
    '.env': 'A=root\nB=root\nC=root\n',
    'packages/core/.env': 'A=package\nB=package\n',
  });
  const environment = await readEnvironment(root.path, `${root.path}/packages/core`, { A: 'process' });
  expect(environment.find('A', ALL)).toEqual({ variable: 'A', value: 'process', from: 'the process' });
  expect(environment.find('B', ALL)).toEqual({ variable: 'B', value: 'package', from: 'packages/core/.env' });
  expect(environment.find('C', ALL)).toEqual({ variable: 'C', value: 'root', from: '.env' });
  expect(environment.find('D', ALL)).toBeUndefined();
});

test('only the scopes that are asked for are looked in', async () => {
  await using root = await temporaryDirectory({ '.env': 'A=root\n', 'core/.env': 'A=package\n' });
  const environment = await readEnvironment(root.path, `${root.path}/core`, {});
  expect(environment.find('A', ['process', 'root'])).toMatchObject({ value: 'root' });
  expect(environment.find('A', ['process', 'package'])).toMatchObject({ value: 'package' });
  expect(environment.find('A', ['process'])).toBeUndefined();
});

test('an empty string counts as unset, in the process and in a file', async () => {
  await using root = await temporaryDirectory({ '.env': 'A=root\n', 'core/.env': 'A=\n' });
  const environment = await readEnvironment(root.path, `${root.path}/core`, { A: '' });
  expect(environment.find('A', ALL)).toEqual({ variable: 'A', value: 'root', from: '.env' });
});

test('files that do not exist set nothing', async () => {
  await using root = await temporaryDirectory();
  const environment = await readEnvironment(root.path, `${root.path}/core`, { A: 'process' });
  expect(environment.find('A', ALL)).toMatchObject({ value: 'process' });
  expect(environment.find('B', ALL)).toBeUndefined();
});

test('values may be quoted, hold a # and an =, and comments are passed over', async () => {
  await using root = await temporaryDirectory({
    '.env': `# where\nexport A="postgresql://u:p#1@h/d?x=y" # note\nB='single'\nC=plain=value\n`,
  });
  const environment = await readEnvironment(root.path, root.path, {});
  expect(environment.find('A', ALL)?.value).toBe('postgresql://u:p#1@h/d?x=y');
  expect(environment.find('B', ALL)?.value).toBe('single');
  expect(environment.find('C', ALL)?.value).toBe('plain=value');
});

test('reading changes no variable of the process', async () => {
  await using root = await temporaryDirectory({ '.env': 'ATRIZ_NEVER_SET=1\n' });
  await readEnvironment(root.path, root.path, process.env);
  expect(process.env['ATRIZ_NEVER_SET']).toBeUndefined();
});

test('a .env that cannot be read is an error, not an empty one', async () => {
  await using root = await temporaryDirectory({ '.env/file': '' });
  await expect(readEnvironment(root.path, root.path, {})).rejects.toMatchObject({ code: 'EISDIR' });
});
