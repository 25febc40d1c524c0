/** The roles of a database: who migrates it, whom its application connects as, who reads it, who backs it up. */
export { applyRoles, type ApplyRolesOptions, type ApplyRolesResult } from './apply.ts';
export { checkRoles, type CheckRolesResult } from './check.ts';
export { ROLES_VERSION } from './layer.ts';
export { ROLE_KINDS, roleNames, type RoleKind, type RoleNames } from './names.ts';
export { setRolePassword } from './set-password.ts';
