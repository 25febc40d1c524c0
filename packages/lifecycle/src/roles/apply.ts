import { AtrizError, sqlState } from '@atriz/database';
import { rolePassword } from '@atriz/database/workspace';
import pg from 'pg';
import type { Context } from '../context.ts';
import { withGroupedCommits } from '../durability.ts';
import { withRun } from '../ledger/run.ts';
import { withMigrationLock } from '../lock.ts';
import { withSession } from '../session.ts';
import { placeOf, type Target } from '../target.ts';
import { VERSION } from '../version.ts';
import type { RoleCatalog } from './catalog.ts';
import { ATTRIBUTES, CREATE_ROLES_TABLE, ROLES_VERSION } from './layer.ts';
import { ROLE_KINDS, roleNames, type RoleNames } from './names.ts';
import { isVerifierOf, scramVerifier } from './password.ts';
import { readRoleStanding, type RoleStanding } from './standing.ts';

export interface ApplyRolesOptions {
  /** Default: after the database. */
  readonly names?: RoleNames | undefined;
  /** The password that a role shall have. Default: on the embedded server its own; elsewhere those that are set stay. */
  readonly passwordOf?: ((role: string) => string) | undefined;
}

export interface ApplyRolesResult {
  /** What was not as it should be, one sentence each; empty when nothing was done. */
  readonly changes: readonly string[];
}

/**
 * Makes the database's four roles, gives everything to the owner, and grants what each role may do and no more; see
 * docs/roles.md. All of it in one transaction: roles are made whole or not at all. Does nothing the second time.
 *
 * No lock beyond the migrations' own is needed, although roles are the server's: the names are the database's.
 *
 * Throws `PERMISSION_DENIED` (the login lacks a right, which it names), `ROLES_DRIFTED` (a newer Atriz made the roles),
 * `NOT_MIGRATED`, `IDENTITY_MISMATCH`, `DEFINITION_INVALID`, `LOCK_TIMEOUT` and connection errors.
 */
export async function applyRoles(
  target: Target,
  { names = roleNames(target.parameters.database), passwordOf = passwordsOf(target) }: ApplyRolesOptions = {},
  context: Context = {},
): Promise<ApplyRolesResult> {
  const work = async (client: pg.Client): Promise<ApplyRolesResult> => {
    const read = async (): Promise<Todo> => {
      const standing = await readRoleStanding(client, target, names);
      return { ...standing, passwords: await planPasswords(client, standing.catalog, { names, passwordOf }) };
    };
    if (isDone(await read())) return { changes: [] };
    return withMigrationLock(client, target, context, async () => {
      const todo = await read();
      if (isDone(todo)) return { changes: [] };
      refusePowerless(todo, names, target);
      await withGroupedCommits(client, () =>
        withRun(client, 'roles apply', context, ({ note }) => run(client, todo, { names, target, note })),
      );
      return { changes: describeChanges(todo) };
    });
  };
  return withSession(target.parameters, context, work, { pipeline: true });
}

/** Whoever has the embedded server's own password has those of its roles; what is on another server is not ours to set. */
function passwordsOf({ provider, parameters }: Target): ApplyRolesOptions['passwordOf'] {
  return provider === 'embedded' ? (role) => rolePassword(parameters.password, role) : undefined;
}

interface Todo extends RoleStanding {
  readonly passwords: readonly { readonly role: string; readonly password: string }[];
}

function isDone({ catalog, changes, passwords }: Todo): boolean {
  return catalog.version === ROLES_VERSION && changes.length === 0 && passwords.length === 0;
}

function describeChanges({ changes, passwords, catalog }: Todo): string[] {
  const told = [
    ...changes.map(({ finding }) => finding),
    ...passwords
      .filter(({ role }) => catalog.roles.some(({ name }) => name === role))
      .map(({ role }) => `role ${role} has another password`),
  ];
  return told.length > 0 ? told : [`the roles are of version ${catalog.version ?? 'none'}`];
}

/** Which roles do not have the password that they shall have. Who may not read verifiers sets them all. */
async function planPasswords(
  client: pg.ClientBase,
  { login, roles }: RoleCatalog,
  { names, passwordOf }: { readonly names: RoleNames; readonly passwordOf: ApplyRolesOptions['passwordOf'] },
): Promise<Todo['passwords']> {
  if (passwordOf === undefined) return [];
  const all = Object.values(names).map((role) => ({ role, password: passwordOf(role) }));
  if (!login.superuser || roles.length === 0) return all;
  const { rows } = await client.query<{ role: string; verifier: string | null }>(
    'SELECT rolname AS role, rolpassword AS verifier FROM pg_authid WHERE rolname = ANY ($1)',
    [Object.values(names)],
  );
  const verifiers = new Map(rows.map(({ role, verifier }) => [role, verifier]));
  return all.filter(({ role, password }) => !isVerifierOf(password, verifiers.get(role) ?? null));
}

interface RunOptions {
  readonly names: RoleNames;
  readonly target: Target;
  readonly note: (change: string) => void;
}

const PERMISSION_DENIED = '42501';

async function run(client: pg.Client, todo: Todo, { names, target, note }: RunOptions): Promise<void> {
  const statements = [
    ...todo.changes.flatMap((change) => change.statements),
    ...todo.passwords.map(
      ({ role, password }) =>
        `ALTER ROLE ${pg.escapeIdentifier(role)} PASSWORD ${pg.escapeLiteral(scramVerifier(password))}`,
    ),
    `SET LOCAL ROLE ${pg.escapeIdentifier(names.owner)}`,
    CREATE_ROLES_TABLE,
    'DELETE FROM atriz.roles',
    `INSERT INTO atriz.roles (version, owner_role, app_role, read_role, backup_role, atriz_version)
     VALUES (${ROLES_VERSION}, ${[...ROLE_KINDS.map((kind) => names[kind]), VERSION].map((text) => pg.escapeLiteral(text)).join(', ')})`,
  ];
  try {
    await client.query(`BEGIN; ${statements.join(';\n')}; COMMIT`);
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined); // the first error is the one to tell
    if (sqlState(error) !== PERMISSION_DENIED) throw error;
    throw denied(target, (error as Error).message, { cause: error });
  }
  for (const change of describeChanges(todo)) note(change);
}

const BYPASS_BY_MEMBERS_SINCE = 160_000;

/** Looks before anything is begun whether the login can do it, so that the error names a right and not a statement. */
function refusePowerless({ catalog, changes }: Todo, names: RoleNames, target: Target): void {
  const { login, roles, objects } = catalog;
  if (login.superuser || changes.length === 0) return;
  const missing = ROLE_KINDS.filter((kind) => !roles.some(({ name }) => name === names[kind]));
  const lacks: string[] = [];
  if (missing.length > 0 && !login.createRole) lacks.push('CREATEROLE');
  const mayBypass = login.bypassRls && login.serverVersion >= BYPASS_BY_MEMBERS_SINCE;
  const bypassing = missing.some((kind) => ATTRIBUTES[kind].rolbypassrls);
  if (bypassing && !mayBypass) lacks.push(login.serverVersion >= BYPASS_BY_MEMBERS_SINCE ? 'BYPASSRLS' : 'SUPERUSER');
  const foreign = objects.some(({ kind, owner }) => kind === 'database' && owner !== names.owner);
  if (foreign && !login.createDatabase) lacks.push('CREATEDB');
  if (lacks.length > 0) throw denied(target, `it lacks ${lacks.join(' and ')}`, { lacks });
}

function denied(
  target: Target,
  reason: string,
  { lacks = [], cause }: { readonly lacks?: readonly string[]; readonly cause?: unknown },
): AtrizError {
  const { user } = target.parameters;
  const message = `user "${user}" may not make the roles of ${placeOf(target)}, and nothing was changed: ${reason}`;
  const hint =
    lacks.length === 0 || lacks.includes('SUPERUSER')
      ? 'let a superuser run atriz roles apply; once is enough until the roles change'
      : `let an administrator run: ALTER ROLE ${pg.escapeIdentifier(user)} ${lacks.join(' ')}`;
  return new AtrizError('PERMISSION_DENIED', message, { hint, cause });
}
