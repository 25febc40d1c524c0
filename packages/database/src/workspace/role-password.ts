import { createHmac } from 'node:crypto';

/**
 * The password of a database role on a server whose administrator's password is at hand: the embedded one, and one for
 * tests. It follows from that password, so there is nothing to keep, and nobody learns one role's from another's.
 */
export function rolePassword(administratorPassword: string | undefined, role: string): string {
  return createHmac('sha256', administratorPassword ?? '')
    .update(`role ${role}`)
    .digest('base64url');
}
