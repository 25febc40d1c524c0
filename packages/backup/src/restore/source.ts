import type { Target } from '@atriz/lifecycle';
import type { ManifestDatabase } from '../manifest/manifest.ts';

/** Where the databases of a set are brought back from: its archives, or the set itself, restored elsewhere. */
export interface DatabaseSource extends AsyncDisposable {
  /** Makes the roles that the databases name, where they are not there. Returns what a person should know, a sentence each. */
  prepare(): Promise<readonly string[]>;
  /** Makes the database that `into` names, and brings everything of the set's into it. Returns warnings as `prepare` does. */
  fill(entry: ManifestDatabase, into: Target, signal: AbortSignal): Promise<readonly string[]>;
  /** Gives it what was recorded of the database itself: owner, grants, settings. Returns what could not be given. */
  settle(entry: ManifestDatabase, into: Target): Promise<readonly string[]>;
}
