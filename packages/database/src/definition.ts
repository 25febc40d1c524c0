import { findAccessFaults, type AccessDefinition } from './access-definition.ts';
import { AtrizError } from './errors.ts';
import { findSourceFaults, type InstanceSource } from './instances.ts';
import {
  findAuditFaults,
  findMaintenanceFaults,
  type AuditDefinition,
  type MaintenanceDefinition,
} from './maintenance-definition.ts';
import { findReferenceFaults, type ReferenceDefinition } from './references-definition.ts';

/** What a package declares of its database, in `database.config.ts`. */
export interface DatabaseDefinition {
  /** The database's name on the server; at most 63 bytes, PostgreSQL's limit for identifiers. */
  readonly name: string;
  /** The variable that holds the connection string. Default `DATABASE_URL`. */
  readonly urlVariable?: string;
  /** A second variable, for migrations and everything else that needs a session, when the first names a pooler. */
  readonly directUrlVariable?: string;
  /** Where the SQL migrations lie, relative to the package. Default `migrations`. */
  readonly migrationsDirectory?: string;
  /** Where the seeds lie, relative to the package. Default `seeds`. */
  readonly seedsDirectory?: string;
  /** The table in schema `public` that node-pg-migrate keeps the history in. Default `pgmigrations`. */
  readonly migrationsTable?: string;
  /** The columns that mean a row of another database of the family. Default none; see docs/references.md. */
  readonly references?: readonly ReferenceDefinition[];
  /** The databases of this schema beside the one named here, such as one per tenant or shard; see docs/fleet.md. */
  readonly instances?: InstanceSource;
  /** The log that `atriz audit verify` checks. Default none; see docs/audit.md. */
  readonly audit?: AuditDefinition;
  /** What `atriz maintain` does beside gathering statistics. Default nothing; see docs/maintenance.md. */
  readonly maintenance?: MaintenanceDefinition;
  /** What the runtime role and the read-only role may not do, by table. Default: nothing is kept from them; see docs/roles.md. */
  readonly access?: AccessDefinition;
}

/** A definition with its defaults filled in. */
export interface Definition {
  readonly name: string;
  readonly urlVariable: string;
  readonly directUrlVariable: string | undefined;
  readonly migrationsDirectory: string;
  readonly seedsDirectory: string;
  readonly migrationsTable: string;
  readonly references?: readonly ReferenceDefinition[] | undefined;
  readonly instances?: InstanceSource | undefined;
  readonly audit?: AuditDefinition | undefined;
  readonly maintenance?: MaintenanceDefinition | undefined;
  readonly access?: AccessDefinition | undefined;
}

const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const KEYS: ReadonlySet<string> = new Set<keyof DatabaseDefinition>([
  'name',
  'urlVariable',
  'directUrlVariable',
  'migrationsDirectory',
  'seedsDirectory',
  'migrationsTable',
  'references',
  'instances',
  'audit',
  'maintenance',
  'access',
]);

/**
 * Declares a package's database. Pure: it checks the declaration, fills in the defaults and connects to nothing.
 *
 * Throws `DEFINITION_INVALID`, naming every fault at once.
 *
 * @example
 * export default defineDatabase({ name: 'mextrack_db' });
 */
export function defineDatabase(definition: DatabaseDefinition): Definition {
  const faults = findFaults(definition);
  if (faults.length > 0) {
    throw new AtrizError('DEFINITION_INVALID', `the database definition is not valid: ${faults.join('; ')}`, {
      hint: 'correct it in database.config.ts',
    });
  }
  return {
    name: definition.name,
    urlVariable: definition.urlVariable ?? 'DATABASE_URL',
    directUrlVariable: definition.directUrlVariable,
    migrationsDirectory: definition.migrationsDirectory ?? 'migrations',
    seedsDirectory: definition.seedsDirectory ?? 'seeds',
    migrationsTable: definition.migrationsTable ?? 'pgmigrations',
    references: definition.references,
    instances: definition.instances,
    audit: definition.audit,
    maintenance: definition.maintenance,
    access: definition.access,
  };
}

function findFaults(definition: unknown): string[] {
  if (typeof definition !== 'object' || definition === null) return ['it is not an object'];
  const fields = definition as Record<string, unknown>;
  const faults = Object.entries(fields).flatMap(([key, value]) => {
    if (!KEYS.has(key)) return [`"${key}" is not a known key`];
    if (value === undefined) return [];
    if (key === 'references') return findReferenceFaults(value, fields['name']);
    if (key === 'instances') return findSourceFaults(value);
    if (key === 'audit') return findAuditFaults(value);
    if (key === 'maintenance') return findMaintenanceFaults(value);
    if (key === 'access') return findAccessFaults(value);
    if (typeof value !== 'string' || value === '') return [`${key} must be a non-empty string`];
    return [];
  });
  if (fields['name'] === undefined) faults.push('name is missing');
  for (const key of ['name', 'migrationsTable']) {
    const value = fields[key];
    if (typeof value !== 'string') continue;
    if (Buffer.byteLength(value) > 63) faults.push(`${key} is longer than 63 bytes`);
    if (value.includes('\0')) faults.push(`${key} contains a NUL character`);
  }
  for (const key of ['urlVariable', 'directUrlVariable']) {
    const value = fields[key];
    if (typeof value === 'string' && value !== '' && !VARIABLE_NAME.test(value)) {
      faults.push(`${key} "${value}" is not the name of an environment variable`);
    }
  }
  return faults;
}
