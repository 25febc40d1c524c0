import { expect, test } from 'vitest';
import { isVerifierOf, scramVerifier } from './password.ts';

/** The example of RFC 7677, whose stored and server keys follow from these. */
const SALT = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');

test('a verifier is the one that PostgreSQL makes of the password', () => {
  expect(scramVerifier('pencil', SALT)).toBe(
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  );
});

test('a verifier is known to be a password’s or not, and every one has a salt of its own', () => {
  const verifier = scramVerifier('pencil');
  expect(isVerifierOf('pencil', verifier)).toBe(true);
  expect(isVerifierOf('Pencil', verifier)).toBe(false);
  expect(isVerifierOf('pencil', null)).toBe(false);
  expect(isVerifierOf('pencil', 'md5a3f')).toBe(false);
  expect(scramVerifier('pencil')).not.toBe(verifier);
});

test.each(['', 'pässword', 'a\nb', 'x'.repeat(513)])('the password %j is refused', (password) => {
  expect(() => scramVerifier(password)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }) as Error);
});
