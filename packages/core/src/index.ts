export { openApplicationPools, type ApplicationPools, type ApplicationPoolsOptions } from './application-pools.ts';
export type { AuditAction, RecordedAction } from './audit/action.ts';
export { recordAudit, type AuditEvent } from './audit/record.ts';
export { sharedDatabase } from './definition.ts';
export { findKeyFile, type KeyFileSearch } from './keys/key-file-path.ts';
export { ensureKeyFile } from './keys/key-file.ts';
export { openKeyRing, type OpenKeyRingOptions } from './keys/open-key-ring.ts';
export type { AuthLogger } from './logger.ts';
export { openSharedPool, type SharedPoolOptions } from './pool.ts';
export { readRolesOfUser, ROLE_NAMES, type RoleName } from './roles.ts';
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
