import type pg from 'pg';
import type { CatalogObject } from './catalog.ts';
import { readLayerRoles } from '../roles/layer-roles.ts';
import { OWN_OBJECTS } from './scope.ts';

/**
 * Who may do what, beyond and including what PostgreSQL gives by itself: an ACL that was never touched is NULL, and
 * means the same as its default written out. Who granted it is left out, and so is the grant option's chain. What the
 * roles of the database have (`$2`) is no migration's to give: `checkRoles` looks at that.
 */
const GRANTS = `${OWN_OBJECTS},
lists (subject, place, owner, acl) AS (
  SELECT 'schema ' || quote_ident(nspname), '', nspowner, coalesce(nspacl, acldefault('n', nspowner)) FROM schemas
  UNION ALL
  SELECT subject, '', relowner, coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))
    FROM relations WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
      OR relkind = 'S' AND NOT EXISTS (
         SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = relations.oid AND deptype = 'i')
  UNION ALL
  SELECT subject, ' on column ' || quote_ident(attname), relowner, attacl
    FROM pg_attribute JOIN relations ON relations.oid = attrelid WHERE attacl IS NOT NULL AND NOT attisdropped
  UNION ALL
  SELECT CASE prokind WHEN 'p' THEN 'procedure ' WHEN 'a' THEN 'aggregate ' ELSE 'function ' END || oid::regprocedure, '',
         proowner, coalesce(proacl, acldefault('f', proowner))
    FROM pg_proc WHERE pronamespace IN (SELECT oid FROM schemas)
     AND NOT EXISTS (SELECT FROM of_extensions WHERE classid = 'pg_proc'::regclass AND objid = oid)
  UNION ALL
  SELECT 'type ' || pg_type.oid::regtype, '', typowner, coalesce(typacl, acldefault('T', typowner))
    FROM pg_type LEFT JOIN pg_class ON pg_class.oid = typrelid
   WHERE typnamespace IN (SELECT oid FROM schemas) AND (typtype IN ('d', 'e', 'r') OR relkind = 'c')
     AND NOT EXISTS (SELECT FROM of_extensions WHERE classid = 'pg_type'::regclass AND objid = pg_type.oid)),
entries AS (
  SELECT subject, place, owner, acl.* FROM lists CROSS JOIN LATERAL aclexplode(acl) acl)
SELECT subject, coalesce(quote_ident(rolname), 'PUBLIC') || place AS name, bool_and(grantee = owner) AS implied,
       string_agg(DISTINCT privilege_type || CASE WHEN is_grantable AND grantee <> owner THEN ' WITH GRANT OPTION' ELSE '' END, ', ') AS privileges
  FROM entries LEFT JOIN pg_roles ON pg_roles.oid = grantee
 WHERE rolname IS NULL OR rolname <> ALL ($2)
 GROUP BY subject, place, rolname`;

const KINDS = `CASE defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
                                  WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END`;

/** What whoever migrates gives away on what he makes is his under any name. */
const DEFAULT_PRIVILEGES = `
SELECT concat_ws(' ', ${KINDS}, 'that', CASE WHEN defaclrole = $1::oid THEN 'whoever migrates' ELSE maker.rolname END, 'makes',
                 'in schema ' || nspname, 'for', coalesce(quote_ident(grantee.rolname), 'PUBLIC')) AS name,
       string_agg(privilege_type, ', ' ORDER BY privilege_type) AS privileges
  FROM pg_default_acl CROSS JOIN LATERAL aclexplode(defaclacl) acl
  JOIN pg_roles maker ON maker.oid = defaclrole
  LEFT JOIN pg_namespace ON pg_namespace.oid = defaclnamespace
  LEFT JOIN pg_roles grantee ON grantee.oid = acl.grantee
 WHERE nspname IS DISTINCT FROM 'atriz' AND acl.grantee <> defaclrole
   AND (grantee.rolname IS NULL OR grantee.rolname <> ALL ($2))
 GROUP BY defaclobjtype, defaclrole, maker.rolname, nspname, grantee.rolname`;

/** Reads grants and default privileges; `migrator` is the role's oid that stands for whoever migrates. */
export async function readGrants(client: pg.ClientBase, history: string, migrator: string): Promise<CatalogObject[]> {
  const roles = await readLayerRoles(client);
  const grants = await client.query<{ subject: string; name: string; implied: boolean; privileges: string }>(GRANTS, [
    history,
    roles,
  ]);
  const defaults = await client.query<{ name: string; privileges: string }>(DEFAULT_PRIVILEGES, [migrator, roles]);
  return [
    ...grants.rows.map(({ subject, name, implied, privileges }) => ({
      kind: 'role',
      name,
      of: subject,
      properties: { privileges },
      implied,
    })),
    ...defaults.rows.map(({ name, privileges }) => ({
      kind: 'default privileges on',
      name,
      properties: { privileges },
    })),
  ];
}
