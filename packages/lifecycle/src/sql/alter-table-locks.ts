import { LOCK_MODES, type Lock, type LockMode } from './lock-mode.ts';
import { asNode, listOf, relationName, walk, type RangeVar } from './parse-tree.ts';
import type { Fields } from './parser.ts';

/**
 * What ALTER TABLE locks: its table in the strongest mode that one of its parts needs, and the tables that new foreign
 * keys and partitions name. After PostgreSQL's page on ALTER TABLE, and `AlterTableGetLockLevel` in its source for
 * the parts of which the page says nothing.
 */
export function locksOfAlterTable({ relation, cmds, objtype }: Fields): Lock[] {
  const commands = listOf(cmds).map((each) => asNode(each, 'AlterTableCmd')!);
  const table = relationName(relation as RangeVar);
  const modes = commands.map((command) => modeOf(command, objtype === 'OBJECT_TABLE'));
  const mode = modes.reduce((a, b) => (LOCK_MODES.indexOf(a) >= LOCK_MODES.indexOf(b) ? a : b), 'ACCESS SHARE');
  return [{ relation: table, mode }, ...commands.flatMap((command) => locksOfOthers(command, table))];
}

/** The tables that the foreign keys below a node refer to, but for the table that has them. */
export function referencedTables(value: unknown, own: string): Lock[] {
  const locks: Lock[] = [];
  walk(value, (node, { contype, pktable }) => {
    if (node !== 'Constraint' || contype !== 'CONSTR_FOREIGN') return;
    const name = relationName(pktable as RangeVar);
    if (name !== own) locks.push({ relation: name, mode: 'SHARE ROW EXCLUSIVE' });
  });
  return locks;
}

const WEAKER: Readonly<Record<string, LockMode>> = {
  AT_AttachPartition: 'SHARE UPDATE EXCLUSIVE',
  AT_ClusterOn: 'SHARE UPDATE EXCLUSIVE',
  AT_DetachPartitionFinalize: 'SHARE UPDATE EXCLUSIVE',
  AT_DropCluster: 'SHARE UPDATE EXCLUSIVE',
  AT_ResetOptions: 'SHARE UPDATE EXCLUSIVE',
  AT_SetOptions: 'SHARE UPDATE EXCLUSIVE',
  AT_SetStatistics: 'SHARE UPDATE EXCLUSIVE',
  AT_ValidateConstraint: 'SHARE UPDATE EXCLUSIVE',
  AT_DisableTrig: 'SHARE ROW EXCLUSIVE',
  AT_DisableTrigAll: 'SHARE ROW EXCLUSIVE',
  AT_DisableTrigUser: 'SHARE ROW EXCLUSIVE',
  AT_EnableAlwaysTrig: 'SHARE ROW EXCLUSIVE',
  AT_EnableReplicaTrig: 'SHARE ROW EXCLUSIVE',
  AT_EnableTrig: 'SHARE ROW EXCLUSIVE',
  AT_EnableTrigAll: 'SHARE ROW EXCLUSIVE',
  AT_EnableTrigUser: 'SHARE ROW EXCLUSIVE',
};

function modeOf({ subtype, def }: Fields, isTable: boolean): LockMode {
  switch (subtype) {
    case 'AT_AddConstraint':
      return asNode(def, 'Constraint')?.['contype'] === 'CONSTR_FOREIGN' ? 'SHARE ROW EXCLUSIVE' : 'ACCESS EXCLUSIVE';
    case 'AT_DetachPartition':
      return asNode(def, 'PartitionCmd')?.['concurrent'] ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE';
    case 'AT_SetRelOptions':
    case 'AT_ResetRelOptions':
      return hasWeakOptionsOnly(def, isTable) ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE';
    default:
      return WEAKER[String(subtype)] ?? 'ACCESS EXCLUSIVE';
  }
}

/** Of a table's storage parameters all but one, of an index's these two. */
function hasWeakOptionsOnly(def: unknown, isTable: boolean): boolean {
  const options = listOf(asNode(def, 'List')?.['items'] ?? def);
  return options.every((option) => {
    const name = String(asNode(option, 'DefElem')?.['defname']);
    return isTable ? name !== 'user_catalog_table' : name === 'fillfactor' || name === 'deduplicate_items';
  });
}

function locksOfOthers({ subtype, def }: Fields, table: string): Lock[] {
  switch (subtype) {
    case 'AT_AddColumn':
    case 'AT_AddConstraint':
      return referencedTables(def, table);
    case 'AT_DropColumn':
    case 'AT_DropConstraint':
      return [{ relation: 'the table that a dropped foreign key refers to', mode: 'unknown' }];
    case 'AT_AttachPartition':
    case 'AT_DetachPartition':
    case 'AT_DetachPartitionFinalize':
      return [{ relation: relationName(asNode(def, 'PartitionCmd')!['name'] as RangeVar), mode: 'ACCESS EXCLUSIVE' }];
    case 'AT_AddInherit':
    case 'AT_DropInherit':
      return [{ relation: relationName(asNode(def, 'RangeVar') as RangeVar), mode: 'SHARE UPDATE EXCLUSIVE' }];
    default:
      return [];
  }
}
