import type { JWTPayload } from 'jose';
import { ROLE_NAMES, type RoleName } from '../roles.ts';
import type { Identity } from './verifier.ts';

/** What a verified token says, before it is known whether it was revoked. */
export interface VerifiedClaims {
  readonly identity: Identity;
  /** The user's `token_version` when it was signed. */
  readonly version: number;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Reads the claims of a payload whose signature, times, issuer and audience are good; undefined when one is amiss. */
export function readClaims({ sub, sid, ver, roles, exp }: JWTPayload): VerifiedClaims | undefined {
  if (!isUuid(sub) || !isUuid(sid) || !isVersion(ver) || !isTexts(roles) || exp === undefined) return undefined;
  const expiresAt = new Date(exp * 1000);
  const identity = { userId: sub, sessionId: sid, roles: Object.freeze(knownRoles(roles)), expiresAt };
  return { version: ver, identity: Object.freeze(identity) };
}

/** In alphabetical order. A role that this code does not know opens nothing in it. */
function knownRoles(names: readonly string[]): RoleName[] {
  return ROLE_NAMES.filter((role) => names.includes(role)).toSorted();
}

function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

function isVersion(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
