import { AtrizError, sqlState } from '@atriz/database';

const UNIQUE_VIOLATION = '23505';

/**
 * Runs a write that may come upon a row of the same name: what breaks the unique `constraint` rejects with `CONFLICT` and
 * `message`, all else as it is.
 */
export async function orConflict<Result>(
  write: Promise<Result>,
  { constraint, message }: { readonly constraint: string; readonly message: string },
): Promise<Result> {
  try {
    return await write;
  } catch (error) {
    if (sqlState(error) !== UNIQUE_VIOLATION || (error as { constraint?: string }).constraint !== constraint)
      throw error;
    throw new AtrizError('CONFLICT', message, { cause: error });
  }
}
