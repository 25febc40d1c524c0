import pg from 'pg';
import { ATTRIBUTES, ATTRIBUTE_WORDS, type Attributes } from './layer.ts';
import type { CatalogObject, Privilege, RoleCatalog } from './catalog.ts';
import { ROLE_KINDS, type RoleNames } from './names.ts';
import { DEFAULT_GRANTS, planGrants, type Grant, type Wanted } from './privileges.ts';

/** One thing that is not as the layer wants it, and the statements that make it so. */
export interface RoleChange {
  /** The fact, as `roles check` tells it. */
  readonly finding: string;
  readonly statements: readonly string[];
}

/**
 * Compares what is there with what the layer wants, and returns what to do, in an order in which it can be done. Pure.
 * Empty when everything is as it should be.
 */
export function planRoles(catalog: RoleCatalog, names: RoleNames, wanted: Wanted): RoleChange[] {
  return [
    ...planRoleAttributes(catalog, names),
    ...planOwners(catalog, names),
    ...planRowSecurity(catalog),
    ...planPrivileges(catalog, names, wanted),
  ];
}

function planRoleAttributes({ roles, login }: RoleCatalog, names: RoleNames): RoleChange[] {
  return ROLE_KINDS.flatMap((kind) => {
    const name = names[kind];
    const quoted = pg.escapeIdentifier(name);
    const found = roles.find((role) => role.name === name);
    const changes: RoleChange[] = [];
    if (found === undefined) {
      const words = ATTRIBUTE_NAMES.filter((attribute) => ATTRIBUTES[kind][attribute]);
      const statement = `CREATE ROLE ${quoted} ${words.map((attribute) => ATTRIBUTE_WORDS[attribute]).join(' ')}`;
      changes.push({ finding: `role ${name} is missing`, statements: [statement] });
    } else {
      for (const attribute of ATTRIBUTE_NAMES) {
        if (found[attribute] === ATTRIBUTES[kind][attribute]) continue;
        const word = `${ATTRIBUTES[kind][attribute] ? '' : 'NO'}${ATTRIBUTE_WORDS[attribute]}`;
        changes.push({
          finding: `role ${name} is ${found[attribute] ? '' : 'not '}${ATTRIBUTE_WORDS[attribute]}`,
          statements: [`ALTER ROLE ${quoted} ${word}`],
        });
      }
      // What the owner is a member of is the business of whoever runs the server; the others borrow nothing.
      for (const other of kind === 'owner' ? [] : found.memberOf) {
        changes.push({
          finding: `role ${name} is a member of ${other}`,
          statements: [`REVOKE ${pg.escapeIdentifier(other)} FROM ${quoted}`],
        });
      }
    }
    if (kind === 'owner' && !login.superuser && !found?.joined) changes.push(joinOwner(name, login));
    return changes;
  });
}

const ATTRIBUTE_NAMES = Object.keys(ATTRIBUTE_WORDS) as (keyof Attributes)[];
/** From PostgreSQL 16 on, whoever makes a role may administer it and no more. */
const MEMBERSHIP_OPTIONS_SINCE = 160_000;

/** Only a member can give away what it owns, and act as the owner afterwards. */
function joinOwner(owner: string, { name, serverVersion }: RoleCatalog['login']): RoleChange {
  const options = serverVersion >= MEMBERSHIP_OPTIONS_SINCE ? ' WITH INHERIT TRUE, SET TRUE' : '';
  return {
    finding: `${name} is not a member of ${owner}`,
    statements: [`GRANT ${pg.escapeIdentifier(owner)} TO ${pg.escapeIdentifier(name)}${options}`],
  };
}

/** Schema public belongs to whoever owns the database, by this role of PostgreSQL's. */
const DATABASE_OWNER = 'pg_database_owner';

function planOwners({ objects }: RoleCatalog, { owner }: RoleNames): RoleChange[] {
  return objects
    .filter((each) => !each.dependent && each.owner !== owner && each.owner !== DATABASE_OWNER)
    .map((each) => ({
      finding: `${describe(each)} belongs to ${each.owner}`,
      statements: [`ALTER ${each.word} ${each.identity} OWNER TO ${pg.escapeIdentifier(owner)}`],
    }));
}

/** A policy binds nobody while its table's row-level security is off, and not its owner unless it is forced. */
function planRowSecurity({ objects }: RoleCatalog): RoleChange[] {
  return objects.flatMap((each) => {
    const { policies, rowSecurity, forced, identity } = each;
    if (!policies) return [];
    const changes: RoleChange[] = [];
    if (!rowSecurity) {
      changes.push({
        finding: `row-level security of ${describe(each)}, which has policies, is disabled`,
        statements: [`ALTER TABLE ${identity} ENABLE ROW LEVEL SECURITY`],
      });
    }
    if (!forced) {
      changes.push({
        finding: `row-level security of ${describe(each)}, which has policies, is not forced`,
        statements: [`ALTER TABLE ${identity} FORCE ROW LEVEL SECURITY`],
      });
    }
    return changes;
  });
}

/** What differs of the grants alone: all that a migration can change. Pure. */
export function planPrivileges({ objects, privileges }: RoleCatalog, names: RoleNames, wanted: Wanted): RoleChange[] {
  const found = Map.groupBy(privileges, ({ kind, identity, grantee }) => keyOf(kind, identity, grantee));
  const grants = [...objects.flatMap((object) => planGrants(object, wanted)), ...DEFAULT_GRANTS];
  const words = new Map(objects.map((object) => [keyOf(object.kind, object.identity, ''), describe(object)]));
  const changes = grants.flatMap((grant) => {
    const grantee = grant.role === 'PUBLIC' ? null : names[grant.role];
    const has = found.get(keyOf(grant.kind, grant.identity, grantee)) ?? [];
    const subject =
      words.get(keyOf(grant.kind, grant.identity, '')) ?? `${grant.identity.toLowerCase()} of the owner’s making`;
    return planGrant(grant, has, { names, subject });
  });
  return [...changes, ...planPublicSchemas(privileges)];
}

function planGrant(
  grant: Grant,
  has: readonly Privilege[],
  { names, subject }: { readonly names: RoleNames; readonly subject: string },
): RoleChange[] {
  const name = grant.role === 'PUBLIC' ? 'PUBLIC' : names[grant.role];
  const wanted = new Set(grant.privileges);
  const present = new Set(
    has.map(({ privilege, column }) => (column === null ? privilege : `${privilege} (${column})`)),
  );
  const missing = [...wanted].filter((each) => !present.has(each));
  const extra = [...present].filter((each) => !wanted.has(each)).toSorted();
  const grantable = has.filter((each) => each.grantable).map(({ privilege }) => privilege);
  if (missing.length + extra.length + grantable.length === 0) return [];
  const facts = [
    ...(missing.length > 0 ? [`may not ${missing.join(', ')}`] : []),
    ...(extra.length > 0 ? [`may ${extra.join(', ')}`] : []),
    ...(grantable.length > 0 ? [`may grant ${grantable.join(', ')}`] : []),
  ];
  // Taking a privilege on a table takes those on its columns too, so that what stays is given again.
  const revoke = extra.length + grantable.length > 0;
  const given = revoke ? [...wanted] : missing;
  return [
    {
      finding: `${name} ${facts.join(' and ')} on ${subject}`,
      statements: [
        ...(revoke ? [statementOf('REVOKE', ['ALL'], grant, names)] : []),
        ...(given.length > 0 ? [statementOf('GRANT', given, grant, names)] : []),
      ],
    },
  ];
}

function statementOf(
  verb: 'GRANT' | 'REVOKE',
  privileges: readonly string[],
  { kind, word, identity, role }: Grant,
  names: RoleNames,
): string {
  const grantee = role === 'PUBLIC' ? role : pg.escapeIdentifier(names[role]);
  const to = verb === 'GRANT' ? 'TO' : 'FROM';
  const list = privileges.map(quoteColumn).join(', ');
  if (kind === 'default') {
    const owner = pg.escapeIdentifier(names.owner);
    return `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} ${verb} ${list} ON ${word} ${to} ${grantee}`;
  }
  return `${verb} ${list} ON ${word} ${identity} ${to} ${grantee}`;
}

const ON_COLUMN = /^(\w+) \((.*)\)$/s;

function quoteColumn(privilege: string): string {
  const [, verb, column] = ON_COLUMN.exec(privilege) ?? [];
  return column === undefined ? privilege : `${verb} (${pg.escapeIdentifier(column)})`;
}

/** PostgreSQL before 15 let everybody make tables in schema public, and a database that was upgraded still does. */
function planPublicSchemas(privileges: readonly Privilege[]): RoleChange[] {
  return privileges
    .filter(({ kind, grantee, privilege }) => kind === 'schema' && grantee === null && privilege === 'CREATE')
    .map(({ identity }) => ({
      finding: `PUBLIC may CREATE in schema ${identity}`,
      statements: [`REVOKE CREATE ON SCHEMA ${identity} FROM PUBLIC`],
    }));
}

function describe({ word, identity }: CatalogObject): string {
  return `${word.toLowerCase()} ${identity}`;
}

function keyOf(kind: string, identity: string, grantee: string | null): string {
  return `${kind}\0${identity}\0${grantee ?? '\0PUBLIC'}`;
}
