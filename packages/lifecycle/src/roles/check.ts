import type { Context } from '../context.ts';
import { withSession } from '../session.ts';
import type { Target } from '../target.ts';
import { ROLES_VERSION } from './layer.ts';
import { readRoleStanding } from './standing.ts';

export interface CheckRolesResult {
  /** What is not as `applyRoles` makes it, one sentence each. */
  readonly findings: readonly string[];
}

/**
 * Compares the database's roles, what they may do and who owns what with what `applyRoles` would make; changes nothing.
 * Throws what `applyRoles` throws before it begins.
 */
export async function checkRoles(target: Target, context: Context = {}): Promise<CheckRolesResult> {
  return withSession(
    target.parameters,
    context,
    async (client) => {
      const { catalog, changes } = await readRoleStanding(client, target);
      if (catalog.version === undefined) return { findings: ['the roles were never applied'] };
      const findings = changes.map(({ finding }) => finding);
      if (catalog.version < ROLES_VERSION) {
        findings.push(`the roles are of version ${catalog.version}, and ${ROLES_VERSION} is the newest`);
      }
      return { findings };
    },
    { pipeline: true },
  );
}
