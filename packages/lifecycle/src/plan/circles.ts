import { edgesOf, type DatabaseMigrations, type Edge } from './graph.ts';

/**
 * Finds migrations that wait for each other: for each circle its `requires` lines, as few as close it, each about a
 * migration that is or comes after the one that has the next line. A database is in one circle at most; one that
 * remains without those databases is found too.
 */
export function findCircles(databases: readonly DatabaseMigrations[]): Edge[][] {
  const circles: Edge[][] = [];
  let edges = edgesOf(databases);
  for (;;) {
    const circle = shortestCircle(entangled(edges));
    if (circle === undefined) return circles;
    circles.push(circle);
    const named = new Set(circle.map(({ from }) => from.database));
    edges = edges.filter(({ from, to }) => !named.has(from.database) && !named.has(to.database));
  }
}

/** Whether what `edge` waits for waits in turn for `next`: both are of one database, and `next` is not behind it. */
function leadsTo({ to }: Edge, { from }: Edge): boolean {
  return to.database === from.database && from.index <= to.index;
}

/**
 * Without the lines that lead nowhere, or that nothing leads to, over and over: empty where there is no circle. Only a
 * database's first line and the farthest migration waited for in it need to be looked at.
 */
function entangled(edges: readonly Edge[]): readonly Edge[] {
  const first = new Map<DatabaseMigrations, number>();
  const farthest = new Map<DatabaseMigrations, number>();
  for (const { from, to } of edges) {
    first.set(from.database, Math.min(first.get(from.database) ?? Infinity, from.index));
    farthest.set(to.database, Math.max(farthest.get(to.database) ?? -1, to.index));
  }
  const kept = edges.filter(
    ({ from, to }) =>
      (first.get(to.database) ?? Infinity) <= to.index && from.index <= (farthest.get(from.database) ?? -1),
  );
  return kept.length === edges.length ? edges : entangled(kept);
}

function shortestCircle(edges: readonly Edge[]): Edge[] | undefined {
  const circles = edges.flatMap((edge) => {
    const circle = circleFrom(edge, edges);
    return circle === undefined ? [] : [circle];
  });
  return circles.toSorted((a, b) => a.length - b.length)[0];
}

/** The shortest way from `start` back to itself, breadth first. */
function circleFrom(start: Edge, edges: readonly Edge[]): Edge[] | undefined {
  const cameFrom = new Map<Edge, Edge | undefined>([[start, undefined]]);
  for (const edge of cameFrom.keys()) {
    if (leadsTo(edge, start)) {
      const path: Edge[] = [];
      for (let each: Edge | undefined = edge; each; each = cameFrom.get(each)) path.unshift(each);
      return path;
    }
    for (const next of edges) {
      if (leadsTo(edge, next) && !cameFrom.has(next)) cameFrom.set(next, edge);
    }
  }
  return undefined;
}
