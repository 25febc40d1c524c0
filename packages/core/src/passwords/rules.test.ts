import { describe, expect, it } from 'vitest';
import { acceptPassword, normalizePassword } from './rules.ts';

const RULES = { email: 'Grace.Hopper@Example.com', leastCharacters: 8 };

describe('acceptPassword', () => {
  it.each([
    ['', 'is shorter than 8 characters'],
    ['seven77', 'is shorter than 8 characters'],
    ['👩‍🚀👩‍🚀', 'is shorter than 8 characters'],
    [`${'a good long one '.repeat(4)}and more.`, 'is longer than 72 bytes'],
    ['ü'.repeat(37), 'is longer than 72 bytes'],
    ['with a \0 in it', 'has a NUL character in it'],
    ['half a \ud83d character', 'is not well-formed Unicode'],
    ['grace.hopper@example.COM', 'is the e-mail address'],
    ['Grace.Hopper', 'is the e-mail address'],
    ['aaaaaaaaAAAA', 'is one character again and again'],
    ['Password123', 'is one of those that are tried first'],
    ['１２３４５６７８', 'is one of those that are tried first'],
  ])('refuses %j', (password, reason) => {
    expect(() => acceptPassword(password, RULES)).toThrow(
      expect.objectContaining({ code: 'PASSWORD_REFUSED', message: `the password ${reason}` }),
    );
  });

  it.each([
    ['8 chars!'],
    [' spaces at both ends '],
    ['ü'.repeat(35) + 'a'],
    ['a good long one '.repeat(4) + 'and more'],
  ])('takes %j as it is', (password) => {
    expect(acceptPassword(password, RULES)).toBe(password);
  });

  it('has one form for a character that two keyboards write differently', () => {
    expect(acceptPassword('caf\u0065\u0301 and more', RULES)).toBe('caf\u00e9 and more');
    expect(normalizePassword('caf\u0065\u0301 and more')).toBe('caf\u00e9 and more');
  });

  it('knows what can be nobody’s password', () => {
    expect(['a\0b', '\udc00', 'x'.repeat(73)].map(normalizePassword)).toStrictEqual([undefined, undefined, undefined]);
    expect(normalizePassword('')).toBe('');
  });
});
