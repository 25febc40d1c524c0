import { createSet } from '../src/set/create.ts';
import { findSet } from '../src/set/find.ts';
import type { SetReader } from '../src/set/reader.ts';
import type { TestFamily } from './family.ts';

export const TEST_RUN = '3b2f4c1e-9d0a-4c57-8f5e-0a1b2c3d4e5f';

/** Makes a set of the family's databases, in its workspace's store, and opens it. */
export async function makeSet({ workspace, names }: TestFamily): Promise<SetReader> {
  const { id } = await createSet(workspace, { databases: Object.values(names), purpose: 'manual', runId: TEST_RUN });
  return findSet(workspace, { id, context: {} });
}
