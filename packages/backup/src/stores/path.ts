import { AtrizError } from '@atriz/database';

/** Letters, digits, `_`, `-` and `.`, which none begins with: the same object in every store, and never outside of it. */
const PATH = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$/;

export function isPath(path: string): boolean {
  return PATH.test(path) && path.length <= 900;
}

/**
 * Gives back the path of an object when every kind of store can hold it. Throws `ARGUMENT_INVALID`: a path out of a
 * manifest is not to be trusted with the way out of a store.
 */
export function checkPath(path: string): string {
  if (isPath(path)) return path;
  throw new AtrizError('ARGUMENT_INVALID', `"${path}" is no path of an object in a store`, {
    hint: 'its parts are of letters, digits, _, - and ., and begin with none of the latter',
  });
}
