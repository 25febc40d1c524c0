export { openApplicationPools, type ApplicationPools, type ApplicationPoolsOptions } from './application-pools.ts';
export { sharedDatabase } from './definition.ts';
export { openSharedPool, type SharedPoolOptions } from './pool.ts';
export { readRolesOfUser, ROLE_NAMES, type RoleName } from './roles.ts';
export { findUserByEmail, findUserById, readUsersById, type User } from './users.ts';
export type { Identity, TokenVerifier } from './tokens/verifier.ts';
