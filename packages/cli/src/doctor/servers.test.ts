import { AtrizError } from '@atriz/database';
import { expect, test } from 'vitest';
import { judgeAnswer } from './servers.ts';

const SHOP = { name: 'shop_db', directUrlVariable: 'DIRECT_DATABASE_URL' };

test('a server that answers, and one that is not started yet, are well', () => {
  expect(judgeAnswer(SHOP, { kind: 'reached', pooling: 'none' })).toMatchObject({ level: 'ok' });
  expect(judgeAnswer(SHOP, { kind: 'not started' })).toMatchObject({ level: 'ok' });
});

test('a pooler in front of migrations', () => {
  expect(judgeAnswer(SHOP, { kind: 'reached', pooling: 'transaction' })).toMatchObject({
    level: 'fail',
    message: 'migrations of shop_db would go through a pooler in transaction mode, where no lock stays theirs',
    mend: 'let DIRECT_DATABASE_URL name the server itself',
  });
  const indirect = { ...SHOP, directUrlVariable: undefined };
  expect(judgeAnswer(indirect, { kind: 'reached', pooling: 'session' })).toMatchObject({
    level: 'warn',
    mend: 'give the definition a directUrlVariable, and name the server itself there',
  });
});

test('a server that cannot be reached is told apart from what is wrong here', () => {
  const away = new AtrizError('SERVER_UNREACHABLE', 'nobody listens', { hint: 'start it' });
  expect(judgeAnswer(SHOP, { kind: 'failed', error: away })).toEqual({
    check: 'server',
    level: 'fail',
    message: 'shop_db: nobody listens',
    mend: 'start it',
    unreachable: true,
  });
  const denied = new AtrizError('AUTHENTICATION_FAILED', 'the password is wrong');
  expect(judgeAnswer(SHOP, { kind: 'failed', error: denied })).toEqual({
    check: 'server',
    level: 'fail',
    message: 'shop_db: the password is wrong',
  });
  const missing = new AtrizError('DATABASE_MISSING', 'it is not there', { hint: 'make it' });
  expect(judgeAnswer(SHOP, { kind: 'failed', error: missing })).toMatchObject({ level: 'warn', mend: 'make it' });
});
