import type { Context } from '@atriz/lifecycle';

/**
 * What keeps migrations that the linter finds errors in out of production. The instances of one definition have the same
 * files, which are linted once.
 */
export function createLintInspection(root: string): NonNullable<Context['inspectPending']> {
  const judged = new Map<string, Promise<void>>();
  return async (files, { environment }) => {
    if (environment !== 'production') return;
    const key = files.map(({ path }) => path).join('\0');
    const verdict = judged.get(key) ?? judge(files, root);
    judged.set(key, verdict);
    await verdict;
  };
}

async function judge(files: Parameters<NonNullable<Context['inspectPending']>>[0], root: string): Promise<void> {
  const { refuseLintErrors } = await import('@atriz/lifecycle/lint');
  await refuseLintErrors(files, { root });
}
