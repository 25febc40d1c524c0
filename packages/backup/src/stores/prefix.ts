import { checkPath, isPath } from './path.ts';

/** Between the paths of a store and the names of the objects in its bucket. */
export interface Names {
  /** The name of an object in the bucket. Throws `ARGUMENT_INVALID` for what is no path. */
  name(path: string): string;
  /** What the names begin with, for paths that begin with `start`. */
  start(start: string): string;
  /** The path of what stands in the bucket; undefined for what no store has written. */
  path(name: string): string | undefined;
}

export function createNames(prefix: string | undefined): Names {
  const before = prefix ? `${prefix}/` : '';
  return {
    name: (path) => `${before}${checkPath(path)}`,
    start: (start) => `${before}${start}`,
    path: (name) => {
      const path = name.slice(before.length);
      return name.startsWith(before) && isPath(path) ? path : undefined;
    },
  };
}
