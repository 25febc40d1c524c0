export { openApplicationPools, type ApplicationPools, type ApplicationPoolsOptions } from './application-pools.ts';
export type { AuditAction, RecordedAction } from './audit/action.ts';
export { createAuth, type Auth, type AuthOptions } from './auth.ts';
export type { AccountChange, Administration, RoleChange } from './accounts/administration.ts';
export type { MailRequest } from './accounts/mailed-token.ts';
export type { PasswordChange, Passwords } from './accounts/passwords.ts';
export type { NewAccount, Registration } from './accounts/registration.ts';
export type { Mail, Message, TokenMessage } from './mail.ts';
export type { ApiToken, ApiTokens, NewApiToken } from './sessions/api-tokens.ts';
export type { Attempt } from './sessions/proof.ts';
export type { OpenedSession, Sessions, SignOut, StartedSession, TokenPair } from './sessions/sessions.ts';
export type { SignIn } from './sessions/sign-in.ts';
export { recordAudit, type AuditEvent } from './audit/record.ts';
export { sharedDatabase } from './definition.ts';
export { findKeyFile, type KeyFileSearch } from './keys/key-file-path.ts';
export { ensureKeyFile } from './keys/key-file.ts';
export { openKeyRing, type OpenKeyRingOptions } from './keys/open-key-ring.ts';
export type { AuthLogger } from './logger.ts';
export { openSharedPool, type SharedPoolOptions } from './pool.ts';
export { readRolesOfUser, ROLE_NAMES, type RoleName } from './roles.ts';
export { listUsers, type ListedUser, type UserListOptions } from './user-list.ts';
export { findUserByEmail, findUserById, readUsersById, type User } from './users.ts';
export {
  ACCESS_TOKEN_SECONDS,
  signAccessToken,
  type AccessToken,
  type AccessTokenClaims,
} from './tokens/access-token.ts';
export { createKeyRing, type KeyRing, type PublicKeySet, type VerificationKeys } from './tokens/key-ring.ts';
export { openTokenVerifier, type OpenTokenVerifier, type OpenTokenVerifierOptions } from './tokens/open-verifier.ts';
export { remoteKeys, type RemoteKeys, type RemoteKeysOptions } from './tokens/remote-keys.ts';
export {
  followRevocations,
  type FollowedRevocations,
  type FollowRevocationsOptions,
  type RevocationsState,
} from './tokens/revocations.ts';
export { generateSigningKey, type PublicKey, type SigningKey } from './tokens/signing-key.ts';
export {
  createTokenVerifier,
  type Identity,
  type RevokedTokens,
  type TokenVerifier,
  type TokenVerifierOptions,
} from './tokens/verifier.ts';
