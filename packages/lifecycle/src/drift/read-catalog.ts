import type pg from 'pg';
import { makeIntrospectionQuery, parseIntrospectionResults, type Introspection } from 'pg-introspection';
import { qualified } from '../identifiers.ts';
import { HISTORY_SCHEMA } from '../migrations/history.ts';
import { readAdditions } from './additions.ts';
import { propertiesOf, sortCatalog, type Catalog, type CatalogObject } from './catalog.ts';
import { readDefinitions } from './definitions.ts';
import { readGrants } from './grants.ts';
import { readRelations, type Sources } from './relations.ts';
import { readTableParts } from './table-parts.ts';
import { readTypes } from './types.ts';

/**
 * What decides how PostgreSQL words a definition, for the length of the transaction. `public` is on the path, so that
 * names read as people write them.
 */
const WORDING = `
SET LOCAL search_path = public;
SET LOCAL quote_all_identifiers = off;
SET LOCAL datestyle = 'ISO';
SET LOCAL intervalstyle = 'postgres';
SET LOCAL timezone = 'UTC';
SET LOCAL bytea_output = 'hex';
SET LOCAL extra_float_digits = 1;
SET LOCAL lc_monetary = 'C'`;

/**
 * Reads the schema that the client is in a transaction of, as a plain sorted list. Left out are the system's schemas,
 * schema `atriz`, node-pg-migrate's history (`migrationsTable`), and what belongs to an extension. Writes nothing.
 */
export async function readCatalog(client: pg.ClientBase, migrationsTable: string): Promise<Catalog> {
  await client.query(WORDING);
  const history = qualified(HISTORY_SCHEMA, migrationsTable);
  const { rows } = await client.query<{ introspection: string }>(makeIntrospectionQuery());
  // With what belongs to extensions: the library would drop foreign keys to an extension's table along with the table.
  const introspection = parseIntrospectionResults(rows[0]!.introspection, true);
  const text = await readDefinitions(client, history);
  const migrator = await readMigrator(client, history);
  const ownerOf = (oid: string | number): string | undefined =>
    String(oid) === migrator ? undefined : text('role', String(oid));
  const sources: Sources = { introspection, text, ownerOf };
  return sortCatalog([
    ...readSchemas(sources),
    ...readExtensions(introspection),
    ...readRelations(sources),
    ...readTableParts(sources),
    ...readTypes(sources),
    ...(await readAdditions(client, history, ownerOf)),
    ...(await readGrants(client, history, migrator)),
  ]);
}

/**
 * The role that made the history stands for whoever migrates: on another server, or in a scratch database, it has
 * another name, and what it owns is the same.
 */
async function readMigrator(client: pg.ClientBase, history: string): Promise<string> {
  const { rows } = await client.query<{ oid: string }>(
    `SELECT coalesce((SELECT relowner FROM pg_class WHERE oid = to_regclass($1)), current_user::regrole)::oid::text AS oid`,
    [history],
  );
  return rows[0]!.oid;
}

/** What every database begins with says nothing of it, and is another in one that came from an older PostgreSQL. */
const STANDARD_COMMENT = 'standard public schema';

function readSchemas({ introspection, text, ownerOf }: Sources): CatalogObject[] {
  return introspection.namespaces.flatMap((schema) => {
    const name = text('schema', schema._id);
    if (name === undefined) return [];
    const comment = schema.getDescription();
    const properties = propertiesOf({
      comment: comment === STANDARD_COMMENT ? undefined : comment,
      owner: name === 'public' ? undefined : ownerOf(schema.nspowner),
    });
    return [{ kind: 'schema', name, properties }];
  });
}

function readExtensions(introspection: Introspection): CatalogObject[] {
  return introspection.extensions.map(({ extname, extversion, extnamespace }) => ({
    kind: 'extension',
    name: extname,
    properties: propertiesOf({
      version: extversion,
      schema: extnamespace && introspection.getNamespace({ id: extnamespace })?.nspname,
    }),
  }));
}
