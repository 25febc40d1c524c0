import { AtrizError } from '@atriz/database';
import type { Account } from '../accounts/account.ts';
import type { TokenRow } from './token-rows.ts';

/** No address of ours, or not its password: the same words for both. */
export function credentialsInvalid(): AtrizError {
  return new AtrizError('CREDENTIALS_INVALID', 'the e-mail address or the password is wrong', {
    hint: 'correct them, or reset the password',
  });
}

export function tokenInvalid(): AtrizError {
  return new AtrizError('TOKEN_INVALID', 'this is no token of ours', { hint: 'sign in' });
}

export function tokenReused(message: string): AtrizError {
  return new AtrizError('TOKEN_REUSED', message, { hint: 'sign in' });
}

export function accountInactive(): AtrizError {
  return new AtrizError('ACCOUNT_INACTIVE', 'the account was deactivated', { hint: 'ask an administrator' });
}

export function userUnknown(userId: string): AtrizError {
  return new AtrizError('USER_UNKNOWN', `there is no user ${JSON.stringify(userId)}`, { hint: 'correct the id' });
}

/** Why a token, or whose it is, opens nothing at `now`; undefined when it does. */
export function refusalOf(
  account: Account | undefined,
  token: TokenRow | undefined,
  now: Date,
): AtrizError | undefined {
  if (account === undefined || token === undefined) return tokenInvalid();
  if (!account.isActive) return accountInactive();
  if (token.revokedAt !== null) {
    return new AtrizError('TOKEN_REVOKED', 'the token was used or withdrawn', { hint: 'sign in' });
  }
  if (token.expiresAt <= now) return new AtrizError('TOKEN_EXPIRED', 'the token has expired', { hint: 'sign in' });
  return undefined;
}
