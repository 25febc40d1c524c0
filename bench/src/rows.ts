import type { Row } from './row.ts';
import { backupCreate } from './rows/backup-create.ts';
import { backupMemory } from './rows/backup-memory.ts';
import { backupRestore } from './rows/backup-restore.ts';
import { checkout } from './rows/checkout.ts';
import { clean } from './rows/clean.ts';
import { copyMemory } from './rows/copy-memory.ts';
import { copyRows } from './rows/copy-rows.ts';
import { fleet } from './rows/fleet.ts';
import { importTime } from './rows/import-time.ts';
import { ingest } from './rows/ingest.ts';
import { migrate200 } from './rows/migrate-200.ts';
import { nothingToDo } from './rows/nothing-to-do.ts';
import { plan500 } from './rows/plan-500.ts';
import { queries, transactions } from './rows/pool-calls.ts';
import { references, referencesMemory } from './rows/references.ts';
import { setup } from './rows/setup.ts';
import { healthUnderSignIns, signIns } from './rows/sign-ins.ts';
import { status } from './rows/status.ts';
import { testDatabase } from './rows/test-database.ts';
import { turbo } from './rows/turbo.ts';
import { verifyToken } from './rows/verify-token.ts';

/**
 * Every row, in the order in which they run. `clean` comes late: the files that it deletes slow down whoever creates
 * databases after it (see `setAside`); `fleet` last, whose thousand databases nobody needs who comes after it.
 */
export const ROWS: readonly Row[] = [
  migrate200,
  nothingToDo,
  status,
  plan500,
  turbo,
  testDatabase,
  setup,
  copyRows,
  copyMemory,
  transactions,
  queries,
  importTime,
  verifyToken,
  signIns,
  healthUnderSignIns,
  ingest,
  checkout,
  references,
  referencesMemory,
  backupCreate,
  backupRestore,
  backupMemory,
  clean,
  fleet,
];
