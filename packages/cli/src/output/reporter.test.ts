import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { AtrizError } from '@atriz/database';
import { expect, test } from 'vitest';
import { createReporter, readLogLevel, type LogLevel } from './reporter.ts';
import type { Stream } from './terminal.ts';

/** A stream that keeps what is written to it; as a terminal it says so, and how wide it is. */
function createStream(terminal?: { readonly columns: number }): Stream & { text(): string } {
  const written: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk.toString());
      done();
    },
  });
  return Object.assign(stream, { isTTY: terminal !== undefined, ...terminal, text: () => written.join('') }) as never;
}

function createAll({ json = false, level = 'info' }: { json?: boolean; level?: LogLevel } = {}, columns?: number) {
  const stdout = createStream();
  const stderr = createStream(columns === undefined ? undefined : { columns });
  return { stdout, stderr, reporter: createReporter({ stdout, stderr, json, level }) };
}

test('results go to stdout, what is said on the way to stderr', () => {
  const { stdout, stderr, reporter } = createAll();
  reporter.progress('shop', 'applying 1');
  reporter.progress('', 'starting PostgreSQL');
  reporter.line('shop  done');

  expect(stdout.text()).toBe('shop  done\n');
  expect(stderr.text()).toBe('shop: applying 1\nstarting PostgreSQL\n');
});

test('with json, stdout holds the document only', () => {
  const { stdout, reporter } = createAll({ json: true });
  reporter.line('shop  done');
  reporter.json({ done: 1 });

  expect(stdout.text()).toBe('{\n  "done": 1\n}\n');
});

test('on a terminal progress replaces itself, cut to its width, and is gone before the next line', () => {
  const { stderr, reporter } = createAll({}, 30);
  reporter.progress('shop', 'one');
  reporter.progress('shop', 'a message that is longer than the line');
  reporter.line('done');

  const parts = stderr.text().split('\r\u001B[2K');
  expect(parts.map(stripVTControlCharacters)).toEqual(['', 'shop: one', 'shop: a message that is longe', '']);
});

test('an error is its code, message and hint, and its subject comes first', () => {
  const { stderr, reporter } = createAll();
  reporter.error(new AtrizError('PORT_TAKEN', 'port 1 is taken', { hint: 'name another' }), 'shop');
  reporter.error(new AtrizError('PORT_TAKEN', 'port 2 is taken'));

  expect(stderr.text()).toBe('shop: PORT_TAKEN port 1 is taken\nhint name another\nPORT_TAKEN port 2 is taken\n');
});

test('a fault of ours is told without its stack, unless LOG_LEVEL is debug', () => {
  const error = new TypeError('x is not a function');
  const quiet = createAll();
  quiet.reporter.error(error);
  expect(quiet.stderr.text()).toBe('error x is not a function\nhint set LOG_LEVEL=debug to see where\n');

  const loud = createAll({ level: 'debug' });
  loud.reporter.error(error);
  expect(loud.stderr.text()).toContain('error TypeError: x is not a function\n    at ');
});

test('each level says what it says and what is above it', () => {
  const said = Object.fromEntries(
    (['info', 'warn', 'error', 'silent'] as const).map((level) => {
      const { stderr, reporter } = createAll({ level });
      reporter.progress('', 'info');
      reporter.error(new AtrizError('INTERNAL', 'error'));
      return [level, stderr.text()];
    }),
  );
  expect(said).toEqual({
    info: 'info\nINTERNAL error\n',
    warn: 'INTERNAL error\n',
    error: 'INTERNAL error\n',
    silent: '',
  });
});

test('LOG_LEVEL is read without regard to case, is info when absent or empty, and refused otherwise', () => {
  expect([undefined, '', 'DEBUG', 'warn'].map(readLogLevel)).toEqual(['info', 'info', 'debug', 'warn']);
  expect(() => readLogLevel('loud')).toThrow(
    expect.objectContaining({
      code: 'SETTING_INVALID',
      message: 'LOG_LEVEL is "loud"',
      hint: 'set it to one of: debug, info, warn, error, silent',
    }) as Error,
  );
});
