import { expect, test } from 'vitest';
import { parseListing, refuseGap, type ArchivedSegment } from './archive-gap.ts';
import { parseAsOf } from './recovery-target.ts';

const LATEST = parseAsOf('latest');
const backup = { label: 'MONDAY', firstSegment: '00000001000000000000000A' };

/** Segments, each archived a minute after the one before it, from noon on. */
function archive(...names: string[]): ArchivedSegment[] {
  const noon = Date.parse('2026-11-21T12:00:00Z');
  return names.map((name, index) => ({ name, archivedAt: new Date(noon + index * 60_000) }));
}

test.each<[string, string[]]>([
  ['a row of segments', ['00000001000000000000000A', '00000001000000000000000B', '00000001000000000000000C']],
  ['older ones before them, with holes', ['000000010000000000000001', '00000001000000000000000A']],
  ['the end of a row of 256', ['0000000100000000000000FF', '000000010000000100000000', '000000010000000100000001']],
  ['the end of a row of 64, of larger segments', ['00000001000000000000003F', '000000010000000100000000']],
  [
    'another timeline from the last one on',
    ['00000001000000000000000A', '00000002000000000000000A', '00000002000000000000000B'],
  ],
])('%s has no hole', (_, names) => {
  const firstSegment = names.find((name) => name.slice(8) >= backup.firstSegment.slice(8))!;
  expect(() => refuseGap(archive(...names), { ...backup, firstSegment }, LATEST)).not.toThrow();
});

test.each<[string, string[], string]>([
  ['nothing at all', [], '000000000000000A'],
  ['the first one missing', ['00000001000000000000000B'], '000000000000000A'],
  ['one in the middle missing', ['00000001000000000000000A', '00000001000000000000000C'], '000000000000000B'],
  ['the first of the next row missing', ['00000001000000000000000A', '0000000100000000000000FF'], '000000000000000B'],
])('%s is refused', (_, names, segment) => {
  expect(() => refuseGap(archive(...names), backup, LATEST)).toThrow(
    expect.objectContaining({
      code: 'BACKUP_FILE_MISSING',
      message: `segment ${segment} is not in the archive: whatever followed backup MONDAY ends before it`,
    }) as Error,
  );
});

test('a hole after the segment that a time is in does not matter', () => {
  const segments = archive('00000001000000000000000A', '00000001000000000000000B', '00000001000000000000000D');
  expect(() => refuseGap(segments, backup, parseAsOf('2026-11-21T12:00:30Z'))).not.toThrow();
  expect(() => refuseGap(segments, backup, parseAsOf('2026-11-21T12:01:30Z'))).toThrow('segment 000000000000000C');
});

test('a listing is read: segments, and nothing else that lies beside them', () => {
  const sum = 'a'.repeat(40);
  const text = JSON.stringify({
    '.': { type: 'path' },
    '0000000100000000': { type: 'path' },
    [`0000000100000000/000000010000000000000002-${sum}.gz`]: { type: 'file', size: 1, time: 1_795_264_448 },
    '0000000100000000/000000010000000000000002.00000028.backup': { type: 'file', size: 1, time: 1_795_264_448 },
    [`0000000100000000/000000010000000000000003.partial-${sum}.gz`]: { type: 'file', size: 1, time: 1_795_264_448 },
    '00000002.history': { type: 'file', size: 1, time: 1_795_264_448 },
  });
  expect(parseListing(text)).toEqual([
    { name: '000000010000000000000002', archivedAt: new Date('2026-11-21T12:34:08Z') },
  ]);
});
