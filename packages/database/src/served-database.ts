import type { Definition } from './definition.ts';
import type { DatabasePool } from './pool.ts';
import type { Provider } from './workspace/connection.ts';

/** A database as a service uses it, for the answer about its health. */
export interface ServedDatabase {
  readonly definition: Definition;
  /** The directory of the package that owns the definition: its migrations lie there. */
  readonly directory: string;
  readonly db: Pick<DatabasePool, 'pool'>;
  /** Default `postgresql`. */
  readonly provider?: Provider | undefined;
  /** The service can do without it for a while: then it is degraded, and not unready. Default false. */
  readonly optional?: boolean | undefined;
}
