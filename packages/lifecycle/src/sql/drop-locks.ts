import type { Lock } from './lock-mode.ts';
import { asNode, listOf, nameOf } from './parse-tree.ts';
import type { Fields } from './parser.ts';

const RELATIONS = new Set(['OBJECT_FOREIGN_TABLE', 'OBJECT_MATVIEW', 'OBJECT_SEQUENCE', 'OBJECT_TABLE', 'OBJECT_VIEW']);
const PARTS_OF_A_TABLE = new Set(['OBJECT_POLICY', 'OBJECT_RULE', 'OBJECT_TRIGGER']);

/** What DROP locks: always what it names, ACCESS EXCLUSIVE; with CASCADE nobody can tell from the text what goes along. */
export function locksOfDrop(fields: Fields): Lock[] {
  const { removeType, behavior } = fields;
  const cascade: Lock[] =
    behavior === 'DROP_CASCADE' ? [{ relation: 'what depends on it (CASCADE)', mode: 'unknown' }] : [];
  return [...locksOfNamed(String(removeType), fields), ...cascade];
}

function locksOfNamed(type: string, { objects, concurrent }: Fields): Lock[] {
  const names = listOf(objects).map((each) => listOf(asNode(each, 'List')?.['items']));
  if (type === 'OBJECT_INDEX') {
    const mode = concurrent ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE';
    return names.flatMap((name) => [
      { relation: nameOf(name), mode },
      { relation: `the table of ${nameOf(name)}`, mode },
    ]);
  }
  if (PARTS_OF_A_TABLE.has(type)) {
    return names.map((name) => ({ relation: nameOf(name.slice(0, -1)), mode: 'ACCESS EXCLUSIVE' }));
  }
  if (type === 'OBJECT_EXTENSION') return [{ relation: 'the tables of the extension', mode: 'unknown' }];
  if (!RELATIONS.has(type)) return [];
  const locks: Lock[] = names.map((name) => ({ relation: nameOf(name), mode: 'ACCESS EXCLUSIVE' }));
  if (type === 'OBJECT_TABLE') locks.push({ relation: 'the tables that its foreign keys refer to', mode: 'unknown' });
  return locks;
}
