import { EVERY_TABLE, type AccessDefinition, type TableAccess } from '@atriz/database';
import type { CatalogObject, ObjectKind } from './catalog.ts';
import type { RoleKind } from './names.ts';

/** What one role is given on one object: privileges in PostgreSQL's words, `SELECT (id)` for those on a column. */
export interface Grant {
  readonly kind: ObjectKind;
  readonly identity: string;
  /** What GRANT calls the object: `TABLE`, `SEQUENCE`, `SCHEMA`, …. */
  readonly word: string;
  readonly role: RoleKind | 'PUBLIC';
  readonly privileges: readonly string[];
}

export interface Wanted {
  readonly access?: AccessDefinition | undefined;
  /** The history's table in schema `public`. */
  readonly migrationsTable: string;
}

const LEDGER = 'atriz';
const ALL_VERBS = ['select', 'insert', 'update', 'delete'] as const;

/**
 * What an application may read of the ledger: which database it is, and how far it is migrated, for `assertReady` and
 * the health of a service. Not the migrations' texts, and not who ran what.
 */
const LEDGER_READS: Readonly<Record<string, readonly string[]>> = {
  identity: ['SELECT'],
  migrations: ['SELECT (name)', 'SELECT (checksum)', 'SELECT (applied_at)'],
};

const NOTHING: readonly string[] = [];

/**
 * What every role of the layer shall have on an object, nothing included: an entry that is empty says that what is there
 * has to go. Pure.
 *
 * Nobody is given a partition: what goes through its table asks for the table's grants alone, and past the table no
 * policy of it would hold.
 */
export function planGrants(object: CatalogObject, wanted: Wanted): Grant[] {
  const { kind, identity } = object;
  const { app, read, backup, PUBLIC } = privilegesOn(object, wanted);
  const word = kind === 'relation' && object.relkind !== 'S' ? 'TABLE' : object.word;
  const roles: (readonly [RoleKind | 'PUBLIC', readonly string[] | undefined])[] = [
    ['app', app],
    ['read', read],
    ['backup', backup],
    ['PUBLIC', PUBLIC],
  ];
  return roles.flatMap(([role, privileges]) => (privileges ? [{ kind, identity, word, role, privileges }] : []));
}

/** What the roles get on what the owner is still to make: the backup role alone, since no definition narrows that. */
export const DEFAULT_GRANTS: readonly Grant[] = (
  ['TABLES', 'SEQUENCES', 'ROUTINES', 'TYPES', 'SCHEMAS'] as const
).flatMap((word) => {
  const backup = { TABLES: ['SELECT'], SEQUENCES: ['SELECT'], SCHEMAS: ['USAGE'], ROUTINES: [], TYPES: [] }[word];
  const given = { app: [], read: [], backup } as const;
  return (['app', 'read', 'backup'] as const).map((role) => ({
    kind: 'default' as const,
    identity: word,
    word,
    role,
    privileges: given[role],
  }));
});

/** An entry that is undefined is left as it is. */
type Privileges = Partial<Readonly<Record<RoleKind | 'PUBLIC', readonly string[]>>>;

function privilegesOn(object: CatalogObject, wanted: Wanted): Privileges {
  switch (object.kind) {
    case 'database':
      return { app: ['CONNECT', 'TEMPORARY'], read: ['CONNECT'], backup: ['CONNECT'], PUBLIC: NOTHING };
    case 'schema':
      return { app: ['USAGE'], read: ['USAGE'], backup: ['USAGE'] };
    case 'routine':
      return { app: ['EXECUTE'], read: NOTHING, backup: NOTHING };
    case 'relation':
      return { ...privilegesOnRelation(object, wanted), backup: ['SELECT'], PUBLIC: NOTHING };
    default:
      return {};
  }
}

function privilegesOnRelation(object: CatalogObject, wanted: Wanted): Privileges {
  const { schema, name, relkind, partition, columns } = object;
  if (schema === LEDGER) {
    const reads = LEDGER_READS[name] ?? NOTHING;
    return { app: reads, read: reads };
  }
  if (schema === 'public' && name === wanted.migrationsTable) return { app: ['SELECT'], read: ['SELECT'] };
  if (partition) return { app: NOTHING, read: NOTHING };
  if (relkind === 'S') return { app: ['SELECT', 'USAGE'], read: NOTHING };
  const { app = ALL_VERBS, read } = accessTo(object, wanted.access);
  const verbs = relkind === 'm' ? app.filter((verb) => verb === 'select') : app;
  return {
    app: verbs.map((verb) => verb.toUpperCase()),
    read:
      read === undefined
        ? ['SELECT']
        : read.filter((each) => columns.includes(each)).map((column) => `SELECT (${column})`),
  };
}

function accessTo({ schema, name }: CatalogObject, access: AccessDefinition = {}): TableAccess {
  const own = access[`${schema}.${name}`] ?? (schema === 'public' ? access[name] : undefined);
  return { ...access[EVERY_TABLE], ...own };
}

/** What a definition's `access` names and the database has not: a table, or a column of one. A partition is none. */
export function findUnknown(objects: readonly CatalogObject[], access: AccessDefinition = {}): string[] {
  return Object.entries(access).flatMap(([key, { read = [] }]) => {
    if (key === EVERY_TABLE) return [];
    const table = objects.find(({ kind, schema, name, partition, relkind }) => {
      if (kind !== 'relation' || partition || relkind === 'S') return false;
      return key === `${schema}.${name}` || (schema === 'public' && key === name);
    });
    if (table === undefined) return [`table ${key}`];
    return read.filter((column) => !table.columns.includes(column)).map((column) => `column ${key}.${column}`);
  });
}
