import type { Instance } from '@atriz/database';

/** Whether `name` is what `pattern` says, in which `*` stands for any characters, or none. */
export function matchesPattern(name: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return name === pattern;
  const last = rest.pop()!;
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  let from = first.length;
  for (const part of rest) {
    const at = name.indexOf(part, from);
    if (at === -1 || at + part.length > name.length - last.length) return false;
    from = at + part.length;
  }
  return true;
}

/** The instances that one of the patterns names, in their own order; without patterns all of them. Pure. */
export function selectInstances(
  instances: readonly Instance[],
  patterns: readonly string[] | undefined,
): readonly Instance[] {
  if (patterns === undefined) return instances;
  return instances.filter(({ name }) => patterns.some((pattern) => matchesPattern(name, pattern)));
}
