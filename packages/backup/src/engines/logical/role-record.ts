import { z } from 'zod';

/** A configuration setting of a role or database, as `pg_db_role_setting` has it: `name=value`. */
const settings = z.array(z.string());

const role = z.strictObject({
  name: z.string(),
  canLogin: z.boolean(),
  superuser: z.boolean(),
  inherit: z.boolean(),
  createRole: z.boolean(),
  createDatabase: z.boolean(),
  replication: z.boolean(),
  bypassRls: z.boolean(),
  /** -1: no limit. */
  connectionLimit: z.int(),
  validUntil: z.string().nullable(),
  comment: z.string().nullable(),
  /** What PostgreSQL keeps in a password's place; null where there is none, or who asked may not read it. */
  verifier: z.string().nullable(),
  settings,
});

const membership = z.strictObject({
  role: z.string(),
  member: z.string(),
  admin: z.boolean(),
  /** PostgreSQL 16 and newer; null where the server had no such option. */
  inherit: z.boolean().nullable(),
  set: z.boolean().nullable(),
});

const grant = z.strictObject({
  /** Null for PUBLIC. */
  grantee: z.string().nullable(),
  privilege: z.enum(['CONNECT', 'CREATE', 'TEMPORARY']),
  grantable: z.boolean(),
});

const database = z.strictObject({
  databaseName: z.string(),
  owner: z.string(),
  comment: z.string().nullable(),
  /** Null: PostgreSQL's own default. */
  grants: z.array(grant).nullable(),
  settings,
  roleSettings: z.array(z.strictObject({ role: z.string(), settings })),
});

export const roleRecordSchema = z.strictObject({
  format: z.literal(1),
  roles: z.array(role),
  memberships: z.array(membership),
  databases: z.array(database),
});

/**
 * What an archive of pg_dump leaves out: the roles that databases of a server name, who is a member of which, and what
 * is set on roles and databases.
 */
export type RoleRecord = z.infer<typeof roleRecordSchema>;
export type RecordedRole = RoleRecord['roles'][number];
export type RecordedMembership = RoleRecord['memberships'][number];
export type RecordedDatabase = RoleRecord['databases'][number];
