import { expect, test } from 'vitest';
import { checksumOf } from './checksum.ts';

test.each([
  ['LF', 'SELECT 1;\nSELECT 2;\n'],
  ['CRLF', 'SELECT 1;\r\nSELECT 2;\r\n'],
  ['blanks at line ends', 'SELECT 1;  \nSELECT 2;\t\n'],
  ['no last line end', 'SELECT 1;\nSELECT 2;'],
  ['several last line ends', 'SELECT 1;\nSELECT 2;\n\n\n'],
])('the checksum of a text with %s is that of its statements', (_, text) => {
  expect(checksumOf(text)).toBe('f64316e71b25e7e950d2440c39420b51dfcc2931e172a923d5b7f89fdc67342d');
});

test.each([
  ['another statement', 'SELECT 1;\nSELECT 3;\n'],
  ['blanks at the beginning of a line', 'SELECT 1;\n SELECT 2;\n'],
  ['blanks inside a line', 'SELECT  1;\nSELECT 2;\n'],
  ['a blank line between', 'SELECT 1;\n\nSELECT 2;\n'],
])('the checksum of a text with %s is another', (_, text) => {
  expect(checksumOf(text)).not.toBe('f64316e71b25e7e950d2440c39420b51dfcc2931e172a923d5b7f89fdc67342d');
});
