import { expect, test } from 'vitest';
import { failureOf } from './failure.ts';
import { checkVersion } from './setup/version.ts';

test.each<[number, string, string, string]>([
  [
    46,
    'ERROR: [046]: unexpected control version = 1800\n       HINT: is this version of PostgreSQL supported?\n',
    'BACKUP_VERSION',
    'unexpected control version = 1800; HINT: is this version of PostgreSQL supported?',
  ],
  [
    38,
    'ERROR: [038]: unable to restore while PostgreSQL is running\n',
    'RESTORE_BLOCKED',
    'unable to restore while PostgreSQL is running',
  ],
  [
    56,
    'WARN: unable to check pg1\nERROR: [056]: unable to find primary cluster\n',
    'SERVER_UNREACHABLE',
    'unable to find primary cluster',
  ],
  [28, 'INFO: x\nERROR: [028]: backup info file does not match\n', 'BACKUP_FOREIGN', 'backup info file does not match'],
  [
    64,
    'ERROR: [064]: unable to write: [28] No space left on device\n',
    'DISK_FULL',
    'unable to write: [28] No space left on device',
  ],
  [99, '', 'CLIENT_TOOL_FAILED', 'it ended with code 99 and said nothing'],
])('an ending with code %i is told by its meaning and its own words', (exitCode, said, code, words) => {
  expect(failureOf({ command: 'restore', exitCode, said })).toMatchObject({
    code,
    message: `pgbackrest restore failed: ${words}`,
    hint: expect.any(String) as string,
  });
});

test('a server that this release cannot know is refused before anything is set', () => {
  expect(() => checkVersion('2.45', 15)).not.toThrow();
  expect(() => checkVersion('2.55.1', 18)).not.toThrow();
  expect(() => checkVersion('2.45', 18)).toThrow('pgBackRest 2.45 does not know PostgreSQL 18');
  expect(() => checkVersion('2.45', 40)).not.toThrow(); // newer than we know: pgBackRest is to say
});
