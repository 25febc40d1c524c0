import { expect, test } from 'vitest';
import { parseInfo } from './info.ts';

const OK = { code: 0, message: 'ok' };
const garden = (more: object): object => ({
  name: 'garden',
  cipher: 'aes-256-cbc',
  status: OK,
  repo: [{ cipher: 'aes-256-cbc', key: 1, status: OK }],
  archive: [],
  db: [],
  backup: [],
  ...more,
});
const unreadable = (message: string, cipher: string): string =>
  JSON.stringify([
    garden({ cipher, status: { code: 99, message: 'other' }, repo: [{ status: { code: 99, message } }] }),
  ]);

test('backups of a server that went from 14 to 15', () => {
  const backup = {
    label: '20261121-123408F',
    type: 'full',
    error: false,
    timestamp: { start: 1_795_264_448, stop: 1_795_264_451 },
    archive: { start: '000000010000000000000002', stop: '000000010000000000000004' },
    database: { id: 2, 'repo-key': 1 },
    info: { delta: 22_992_373, repository: { delta: 3_069_136, size: 3_069_136 }, size: 22_992_373 },
  };
  const text = JSON.stringify([
    garden({
      db: [
        { id: 1, version: '14' },
        { id: 2, version: '15' },
      ],
      archive: [
        { id: '14-1', min: 'A', max: 'B' },
        { id: '15-2', min: 'C', max: 'D' },
      ],
      backup: [backup, { ...backup, label: '20261121-130000F', error: true }],
    }),
  ]);
  expect(parseInfo(text, 'garden')).toMatchObject({
    exists: true,
    version: 15,
    archive: { first: 'C', last: 'D' },
    backups: [
      {
        label: '20261121-123408F',
        type: 'full',
        startedAt: new Date('2026-11-21T12:34:08Z'),
        finishedAt: new Date('2026-11-21T12:34:11Z'),
        bytes: 22_992_373,
        storedBytes: 3_069_136,
        firstSegment: '000000010000000000000002',
        archive: '15-2',
        damaged: false,
      },
      { label: '20261121-130000F', damaged: true },
    ],
  });
});

test('a stanza that is not there, or was made and is empty', () => {
  expect(parseInfo('[]', 'garden')).toMatchObject({ exists: false, backups: [] });
  const missing = JSON.stringify([garden({ status: { code: 1, message: 'missing stanza path' } })]);
  expect(parseInfo(missing, 'garden')).toMatchObject({ exists: false, version: undefined });
  const fresh = JSON.stringify([
    garden({ status: { code: 2, message: 'no valid backups' }, db: [{ id: 1, version: '15' }] }),
  ]);
  expect(parseInfo(fresh, 'garden')).toMatchObject({ exists: true, version: 15, backups: [] });
});

test('what cannot be deciphered is a wrong key; what cannot be reached is the store’s fault', () => {
  const garbled = unreadable('[FormatError] key/value found outside of section: ?', 'aes-256-cbc').replace(
    '?',
    '\u0003\u001F',
  );
  expect(() => parseInfo(garbled, 'garden')).toThrow(expect.objectContaining({ code: 'BACKUP_KEY_WRONG' }) as Error);
  const away = unreadable('[HostConnectError] unable to connect to bucket\nHINT: none', 'aes-256-cbc');
  expect(() => parseInfo(away, 'garden')).toThrow(
    expect.objectContaining({
      code: 'BACKUP_STORE_FAILED',
      message: 'pgBackRest’s repository of garden cannot be read: [HostConnectError] unable to connect to bucket',
    }) as Error,
  );
  const plain = unreadable('[FormatError] rubbish', 'none');
  expect(() => parseInfo(plain, 'garden')).toThrow(expect.objectContaining({ code: 'BACKUP_STORE_FAILED' }) as Error);
});

test.each(['', 'no JSON', '{}', '[{"name":"garden"}]'])('an answer that is none: %j', (text) => {
  expect(() => parseInfo(text, 'garden')).toThrow(expect.objectContaining({ code: 'CLIENT_TOOL_FAILED' }) as Error);
});
