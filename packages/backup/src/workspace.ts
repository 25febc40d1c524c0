import type { Environment, Family } from '@atriz/database/workspace';
import type { Context, Target } from '@atriz/lifecycle';

/** How backups reach the family: what the command, or whoever else calls, hands in. */
export interface BackupWorkspace {
  readonly family: Family;
  /** The variables that count at the workspace's root. */
  readonly environment: Environment;
  /** Opens a database of the family by its definition's name, past a pooler. Starts the embedded server where it is on that. */
  open(database: string): Promise<Target>;
  /** Progress, interruption, clock and run id for work on that database. */
  contextFor(database: string): Context;
}
