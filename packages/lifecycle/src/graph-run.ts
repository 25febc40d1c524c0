/** What became of one node of a graph. `because` is the node that stood in the way: it failed, or was skipped itself. */
export type Settled<Node, Result> = { readonly durationMs: number } & (
  | { readonly status: 'done'; readonly result: Result }
  | { readonly status: 'failed'; readonly error: unknown }
  | { readonly status: 'skipped'; readonly because: Node }
);

export interface GraphRunOptions<Node, Result> {
  /** The nodes that must be done before this one. Those outside of the run are not waited for. No circles. */
  readonly predecessors: (node: Node) => readonly Node[];
  /** Told of each node as it ends, in the order in which they end. */
  readonly onSettled?: ((node: Node, settled: Settled<Node, Result>) => void) | undefined;
}

/**
 * Runs `work` for each node: after its predecessors, at the same time as all others. A failure skips what comes after
 * the node, directly or not, and stops nothing else. Never rejects; every node has its entry, in the order given.
 */
export async function runGraph<Node, Result>(
  nodes: readonly Node[],
  work: (node: Node) => Promise<Result>,
  { predecessors, onSettled }: GraphRunOptions<Node, Result>,
): Promise<Map<Node, Settled<Node, Result>>> {
  const wanted = new Set(nodes);
  const running = new Map<Node, Promise<Settled<Node, Result>>>();

  const run = async (node: Node): Promise<Settled<Node, Result>> => {
    const before = predecessors(node).filter((each) => wanted.has(each));
    const settled = await Promise.all(before.map(start));
    const obstacle = before.find((_, index) => settled[index]!.status !== 'done');
    const own: Settled<Node, Result> =
      obstacle === undefined ? await attempt(node, work) : { durationMs: 0, status: 'skipped', because: obstacle };
    onSettled?.(node, own);
    return own;
  };
  const start = (node: Node): Promise<Settled<Node, Result>> => {
    const known = running.get(node);
    if (known) return known;
    const promise = run(node);
    running.set(node, promise);
    return promise;
  };
  return new Map(await Promise.all(nodes.map(async (node) => [node, await start(node)] as const)));
}

async function attempt<Node, Result>(
  node: Node,
  work: (node: Node) => Promise<Result>,
): Promise<Settled<Node, Result>> {
  const start = performance.now();
  try {
    const result = await work(node);
    return { durationMs: performance.now() - start, status: 'done', result };
  } catch (error) {
    return { durationMs: performance.now() - start, status: 'failed', error };
  }
}
