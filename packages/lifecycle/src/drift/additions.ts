import type pg from 'pg';
import { propertiesOf, type CatalogObject } from './catalog.ts';
import { OWN_OBJECTS } from './scope.ts';

/**
 * What pg-introspection does not read at all, already in words: functions (it leaves out those that triggers call),
 * aggregates, triggers, rules, sequences, statistics, event triggers.
 */
const ADDITIONS = `${OWN_OBJECTS},
routines AS (
  SELECT * FROM pg_proc WHERE pronamespace IN (SELECT oid FROM schemas)
     AND NOT EXISTS (SELECT FROM of_extensions WHERE classid = 'pg_proc'::regclass AND objid = oid)),
additions (kind, name, subject, properties) AS (
  SELECT CASE prokind WHEN 'p' THEN 'procedure' ELSE 'function' END, oid::regprocedure::text, NULL, jsonb_build_object(
           'definition', pg_get_functiondef(oid), 'comment', obj_description(oid, 'pg_proc'), 'owner', proowner)
    FROM routines WHERE prokind <> 'a'
  UNION ALL
  SELECT 'aggregate', routines.oid::regprocedure::text, NULL, jsonb_build_object(
           'definition', concat_ws(', ', 'SFUNC ' || aggtransfn, 'STYPE ' || aggtranstype::regtype,
             CASE WHEN aggfinalfn <> 0 THEN 'FINALFUNC ' || aggfinalfn END, 'INITCOND ' || agginitval),
           'comment', obj_description(routines.oid, 'pg_proc'), 'owner', proowner)
    FROM routines JOIN pg_aggregate ON aggfnoid = routines.oid
  UNION ALL
  SELECT 'trigger', quote_ident(tgname), subject, jsonb_build_object(
           'definition', pg_get_triggerdef(pg_trigger.oid), 'comment', obj_description(pg_trigger.oid, 'pg_trigger'),
           'state', CASE tgenabled WHEN 'O' THEN 'enabled' WHEN 'D' THEN 'disabled'
                                   WHEN 'R' THEN 'enabled on replicas only' ELSE 'always enabled' END)
    FROM pg_trigger JOIN relations ON relations.oid = tgrelid WHERE NOT tgisinternal AND tgparentid = 0
  UNION ALL
  SELECT 'rule', quote_ident(rulename), subject, jsonb_build_object(
           'definition', pg_get_ruledef(pg_rewrite.oid), 'comment', obj_description(pg_rewrite.oid, 'pg_rewrite'),
           'state', CASE ev_enabled WHEN 'O' THEN 'enabled' WHEN 'D' THEN 'disabled'
                                    WHEN 'R' THEN 'enabled on replicas only' ELSE 'always enabled' END)
    FROM pg_rewrite JOIN relations ON relations.oid = ev_class WHERE rulename <> '_RETURN'
  UNION ALL
  SELECT 'sequence', relations.oid::regclass::text, NULL, jsonb_build_object(
           'range', format('%s from %s to %s, starts at %s, increments by %s, caches %s%s', seqtypid::regtype,
                      seqmin, seqmax, seqstart, seqincrement, seqcache, CASE WHEN seqcycle THEN ', cycles' END),
           'column', (SELECT 'owned by ' || refobjid::regclass || '.' || quote_ident(attname)
                        FROM pg_depend JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
                       WHERE classid = 'pg_class'::regclass AND objid = relations.oid AND deptype = 'a'
                         AND refclassid = 'pg_class'::regclass),
           'comment', obj_description(relations.oid, 'pg_class'), 'owner', relowner)
    FROM pg_sequence JOIN relations ON relations.oid = seqrelid
   WHERE NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = seqrelid AND deptype = 'i')
  UNION ALL
  SELECT 'statistics', quote_ident(stxname), subject, jsonb_build_object(
           'definition', pg_get_statisticsobjdef(pg_statistic_ext.oid),
           'comment', obj_description(pg_statistic_ext.oid, 'pg_statistic_ext'))
    FROM pg_statistic_ext JOIN relations ON relations.oid = stxrelid
  UNION ALL
  SELECT 'event trigger', quote_ident(evtname), NULL, jsonb_build_object(
           'definition', concat_ws(' ', 'ON', evtevent, 'WHEN TAG IN (' || array_to_string(evttags, ', ') || ')',
                           'EXECUTE FUNCTION', evtfoid::regprocedure),
           'state', CASE evtenabled WHEN 'O' THEN 'enabled' WHEN 'D' THEN 'disabled'
                                    WHEN 'R' THEN 'enabled on replicas only' ELSE 'always enabled' END,
           'comment', obj_description(pg_event_trigger.oid, 'pg_event_trigger'))
    FROM pg_event_trigger
   WHERE NOT EXISTS (SELECT FROM of_extensions WHERE classid = 'pg_event_trigger'::regclass AND objid = oid))
SELECT * FROM additions`;

interface AdditionRow {
  readonly kind: string;
  readonly name: string;
  readonly subject: string | null;
  readonly properties: Readonly<Record<string, string | number | null>>;
}

/** `ownerOf` words an owner's oid; see `createOwners`. */
export async function readAdditions(
  client: pg.ClientBase,
  history: string,
  ownerOf: (oid: string | number) => string | undefined,
): Promise<CatalogObject[]> {
  const { rows } = await client.query<AdditionRow>(ADDITIONS, [history]);
  return rows.map(({ kind, name, subject, properties: { owner, ...rest } }) => ({
    kind,
    name,
    of: subject ?? undefined,
    properties: propertiesOf({ ...(rest as Record<string, string>), owner: owner ? ownerOf(owner) : undefined }),
  }));
}
