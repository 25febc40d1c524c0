import { expect, test } from 'vitest';
import { readOutline } from '../sql/outline.ts';
import { readDirectives, type Directives } from './directives.ts';

const read = (text: string): Directives => readDirectives(text, 'x.sql', readOutline(text));
const NONE: Directives = { noTransaction: false, lockTimeoutMs: 5000, requires: [], squashes: [] };

test.each<[string, string, Directives]>([
  ['none', '-- What and why.\n-- Up Migration\nSELECT 1;', NONE],
  [
    'no-transaction',
    '-- atriz: no-transaction\n-- Up Migration\nSELECT 1;',
    { ...NONE, noTransaction: true, lockTimeoutMs: 0 },
  ],
  [
    'one below the marker',
    '-- Up Migration\n-- atriz: no-transaction\nSELECT 1;',
    { ...NONE, noTransaction: true, lockTimeoutMs: 0 },
  ],
  [
    'other spacings and cases',
    '  --ATRIZ:no-transaction  \r\nSELECT 1;',
    { ...NONE, noTransaction: true, lockTimeoutMs: 0 },
  ],
  ['a lock timeout', '-- atriz: lock-timeout 30s\nSELECT 1;', { ...NONE, lockTimeoutMs: 30_000 }],
  ['a lock timeout in ms', '-- atriz: lock-timeout 250 ms\nSELECT 1;', { ...NONE, lockTimeoutMs: 250 }],
  ['a lock timeout in minutes', '-- atriz: lock-timeout 2min\nSELECT 1;', { ...NONE, lockTimeoutMs: 120_000 }],
  ['a lock timeout in hours', '-- atriz: lock-timeout 1h\nSELECT 1;', { ...NONE, lockTimeoutMs: 3_600_000 }],
  ['a lock timeout without end', '-- atriz: lock-timeout 0\nSELECT 1;', { ...NONE, lockTimeoutMs: 0 }],
  [
    'requirements',
    '-- why\n-- requires: a@1700000000001_x\n-- Up Migration\n-- requires: b@1700000000002_y.sql, c@1700000000003_z\nSELECT 1;',
    {
      ...NONE,
      requires: [
        { database: 'a', migration: '1700000000001_x', line: 2 },
        { database: 'b', migration: '1700000000002_y', line: 4 },
        { database: 'c', migration: '1700000000003_z', line: 4 },
      ],
    },
  ],
  ['only the look of one', "/* \n-- atriz: x\n*/ SELECT '\n-- atriz: y\n', $$\n-- requires: a@b\n$$;", NONE],
  ['a sentence below', '-- Up Migration\nSELECT 1;\n-- requires: a reader who knows SQL\nSELECT 2;', NONE],
  [
    'no statement at all',
    '-- atriz: no-transaction\n-- Up Migration\n',
    { ...NONE, noTransaction: true, lockTimeoutMs: 0 },
  ],
])('a file with %s', (_, text, directives) => {
  expect(read(text)).toEqual(directives);
});

test.each([
  ['-- atriz: no-transactions', 1, '"no-transactions" is not a directive'],
  ['-- a\n-- atriz: no-transaction please', 2, '"no-transaction please" is not a directive'],
  ['-- atriz:', 1, '"" is not a directive'],
  ['-- atriz: lock-timeout', 1, '"" is not a time that a statement may wait for a lock'],
  ['-- atriz: lock-timeout 5', 1, '"5" is not a time that a statement may wait for a lock'],
  ['-- atriz: lock-timeout 5 parsecs', 1, '"5 parsecs" is not a time that a statement may wait for a lock'],
  ['-- atriz: lock-timeout -1s', 1, '"-1s" is not a time that a statement may wait for a lock'],
  ['-- atriz: lock-timeout 1000h', 1, '"1000h" is not a time that a statement may wait for a lock'],
  ['-- atriz: lock-timeout 5s\n-- atriz: lock-timeout 5s', 2, 'lock-timeout is given twice'],
  ['-- requires: postgis', 1, '"postgis" is not <database>@<migration>'],
  ['-- Requires: a@b, c', 1, '"c" is not <database>@<migration>'],
  ['-- requires: a@b c@d', 1, '"a@b c@d" is not <database>@<migration>'],
  [
    'SELECT 1;\n-- atriz: no-transaction',
    2,
    '"-- atriz: no-transaction" stands below the first statement, where it does nothing',
  ],
  ['SELECT 1;\n-- requires: a@b', 2, '"-- requires: a@b" stands below the first statement, where it does nothing'],
  ['SELECT 1 -- atriz: x', 1, '"-- atriz: x" stands below the first statement, where it does nothing'],
])('%j is MIGRATION_INVALID, with the line', (text, line, fact) => {
  expect(() => read(text)).toThrow(
    expect.objectContaining({ code: 'MIGRATION_INVALID', message: `x.sql:${line}: ${fact}` }) as Error,
  );
});

test('an unknown directive is answered with the known ones', () => {
  expect(() => read('-- atriz: notransaction')).toThrow(
    expect.objectContaining({
      hint:
        'known are "-- atriz: no-transaction", "-- atriz: lock-timeout 5s", "-- requires: <database>@<migration>" and, ' +
        'written by migrate squash, "-- atriz: squashes <migration>"',
    }) as Error,
  );
});
