import { edgesOf, type DatabaseMigrations, type MigrationNode } from './graph.ts';

/** Migrations of one database that are applied in one go. */
export interface Segment {
  /** The definition's name. */
  readonly database: string;
  /** In order; empty for a database that has nothing to be applied. */
  readonly migrations: readonly MigrationNode[];
  /** What must be done before. */
  readonly after: ReadonlySet<Segment>;
}

/** A segment that is still being put together. */
interface Draft extends Segment {
  readonly migrations: MigrationNode[];
  readonly after: Set<Draft>;
  readonly before: Set<Draft>;
}

/**
 * Cuts what is to be applied where a migration requires one of another database, and puts the pieces into order: each
 * comes after what it requires, and, where no requirement is against it, after those of the databases that its package
 * depends on. A database that nothing cuts is one segment, an empty one too. The databases are given in the family's
 * order, which decides between equals. There must be no circles, see `findCircles`.
 */
export function planSegments(databases: readonly DatabaseMigrations[]): Segment[] {
  const drafts = cut(databases);
  preferPackageOrder(drafts, databases);
  for (const segments of drafts.values()) joinNeighbours(segments);
  return sort([...drafts.values()].flat());
}

/** Whether the segments are what the order of packages makes anyway: one for each database, and no other edges. */
export function followsPackages(segments: readonly Segment[], databases: readonly DatabaseMigrations[]): boolean {
  if (segments.length !== databases.length) return false;
  const names = new Set(databases.map(({ name }) => name));
  const before = new Map(databases.map(({ name, dependsOn }) => [name, dependsOn.filter((each) => names.has(each))]));
  return segments.every(({ database, after }) => {
    const expected = before.get(database)!;
    return expected.length === after.size && [...after].every((each) => expected.includes(each.database));
  });
}

/** One draft for each stretch between cuts, in a chain, with an edge for each requirement. */
function cut(databases: readonly DatabaseMigrations[]): Map<string, Draft[]> {
  const edges = edgesOf(databases).filter(({ from, to }) => from.database !== to.database);
  const cuts = new Set(edges.map(({ from }) => from.database.migrations[from.index]!));
  const home = new Map<MigrationNode, Draft>();
  const drafts = new Map<string, Draft[]>();
  for (const { name, migrations } of databases) {
    const segments = [emptyDraft(name)];
    for (const migration of migrations) {
      const last = segments.at(-1)!;
      if (cuts.has(migration) && last.migrations.length > 0) {
        segments.push(emptyDraft(name));
        order(last, segments.at(-1)!);
      }
      segments.at(-1)!.migrations.push(migration);
      home.set(migration, segments.at(-1)!);
    }
    drafts.set(name, segments);
  }
  for (const { from, to } of edges) {
    order(home.get(to.database.migrations[to.index]!)!, home.get(from.database.migrations[from.index]!)!);
  }
  return drafts;
}

function emptyDraft(database: string): Draft {
  return { database, migrations: [], after: new Set(), before: new Set() };
}

function order(first: Draft, second: Draft): void {
  first.before.add(second);
  second.after.add(first);
}

/** Lets each segment wait for as many of the databases before it as do not wait for the segment itself. */
function preferPackageOrder(drafts: ReadonlyMap<string, Draft[]>, databases: readonly DatabaseMigrations[]): void {
  for (const { name, dependsOn } of databases) {
    for (const dependency of dependsOn) {
      for (const draft of drafts.get(name)!) {
        const followers = reach(draft, 'before');
        const last = drafts.get(dependency)?.findLast((each) => !followers.has(each));
        if (last) order(last, draft);
      }
    }
  }
}

/** Everything that comes before a draft (`after`), or behind it (`before`), directly or not. */
function reach(draft: Draft, direction: 'after' | 'before'): Set<Draft> {
  const found = new Set(draft[direction]);
  for (const each of found) for (const other of each[direction]) found.add(other);
  return found;
}

/** Takes back the cuts that nothing comes of: what the second piece waits for, the first waits for already. */
function joinNeighbours(segments: Draft[]): void {
  for (let index = 1; index < segments.length;) {
    const [first, second] = [segments[index - 1]!, segments[index]!];
    const awaited = reach(first, 'after').add(first);
    if ([...second.after].every((each) => awaited.has(each))) {
      first.migrations.push(...second.migrations);
      for (const each of second.after) each.before.delete(second);
      for (const each of second.before) {
        each.after.delete(second);
        order(first, each);
      }
      segments.splice(index, 1);
    } else index += 1;
  }
}

/** Each after its predecessors; between equals the one whose database comes first. */
function sort(segments: readonly Draft[]): Draft[] {
  const sorted = new Set<Draft>();
  while (sorted.size < segments.length) {
    const next = segments.find((each) => !sorted.has(each) && [...each.after].every((before) => sorted.has(before)));
    if (!next) throw new Error('there is a circle among the segments'); // findCircles was to be asked before
    sorted.add(next);
  }
  return [...sorted];
}
