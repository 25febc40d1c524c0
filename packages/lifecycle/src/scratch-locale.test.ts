import { expect, test } from 'vitest';
import { localeClauses } from './scratch-locale.ts';

const LIBC = { encoding: 'UTF8', datcollate: 'de_DE.UTF-8', datctype: 'C' };

test('each version of PostgreSQL is told the locale in its own words', () => {
  const thirteen = `ENCODING 'UTF8' LC_COLLATE 'de_DE.UTF-8' LC_CTYPE 'C'`;
  expect(localeClauses(LIBC)).toBe(thirteen);
  expect(localeClauses({ ...LIBC, datlocprovider: 'c', daticulocale: null })).toBe(
    `${thirteen} LOCALE_PROVIDER 'libc'`,
  );
  expect(localeClauses({ ...LIBC, datlocprovider: 'i', daticulocale: 'de' })).toBe(
    `${thirteen} LOCALE_PROVIDER 'icu' ICU_LOCALE 'de'`,
  );
  expect(localeClauses({ ...LIBC, datlocprovider: 'i', datlocale: 'de', daticurules: "&a<'g'" })).toBe(
    `${thirteen} LOCALE_PROVIDER 'icu' ICU_LOCALE 'de' ICU_RULES '&a<''g'''`,
  );
  expect(localeClauses({ ...LIBC, datlocprovider: 'b', datlocale: 'C.UTF-8', daticurules: null })).toBe(
    `${thirteen} LOCALE_PROVIDER 'builtin' BUILTIN_LOCALE 'C.UTF-8'`,
  );
});
