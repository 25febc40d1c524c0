import type { RoleKind } from './names.ts';

/** Raised with every change of what the roles may do. A database with a higher one was given it by a newer Atriz. */
export const ROLES_VERSION = 2;

/** A role's attributes, by their names in `pg_roles`. */
export interface Attributes {
  readonly rolcanlogin: boolean;
  readonly rolsuper: boolean;
  readonly rolcreatedb: boolean;
  readonly rolcreaterole: boolean;
  readonly rolreplication: boolean;
  readonly rolbypassrls: boolean;
}

/** How CREATE ROLE calls an attribute; its absence is the same word after NO. */
export const ATTRIBUTE_WORDS: Readonly<Record<keyof Attributes, string>> = {
  rolcanlogin: 'LOGIN',
  rolsuper: 'SUPERUSER',
  rolcreatedb: 'CREATEDB',
  rolcreaterole: 'CREATEROLE',
  rolreplication: 'REPLICATION',
  rolbypassrls: 'BYPASSRLS',
};

const PLAIN: Attributes = {
  rolcanlogin: true,
  rolsuper: false,
  rolcreatedb: false,
  rolcreaterole: false,
  rolreplication: false,
  rolbypassrls: false,
};

/**
 * Row-level security binds the runtime role alone. The others work on all rows at once, for nobody in particular: a
 * migration that mends data, a seed, a reference check, a report or a dump that saw some of the rows would be wrong.
 */
export const ATTRIBUTES: Readonly<Record<RoleKind, Attributes>> = {
  owner: { ...PLAIN, rolbypassrls: true },
  app: PLAIN,
  read: { ...PLAIN, rolbypassrls: true },
  backup: { ...PLAIN, rolbypassrls: true },
};

/** Remembers which layer was applied, to which roles; beside the ledger's tables, and made by the layer itself. */
export const CREATE_ROLES_TABLE = `
CREATE TABLE IF NOT EXISTS atriz.roles (
  singleton boolean CONSTRAINT roles_pkey PRIMARY KEY DEFAULT true CONSTRAINT roles_one_row CHECK (singleton),
  version integer NOT NULL,
  owner_role text NOT NULL,
  app_role text NOT NULL,
  read_role text NOT NULL,
  backup_role text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  atriz_version text NOT NULL
);
COMMENT ON TABLE atriz.roles IS 'The roles of this database, and which version of what they may do was applied; see atriz roles apply.'`;
