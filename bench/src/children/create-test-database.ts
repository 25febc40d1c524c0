import { readFamily } from '@atriz/database/workspace';
import { createTestDatabase } from '@atriz/testing';

/** What the process prints: the database that it made and leaves behind. */
export interface TestDatabaseReport {
  readonly name: string;
}

const [root] = process.argv.slice(2);
const { databases } = await readFamily(root!);
const { name } = await createTestDatabase(databases[0]!, { directory: databases[0]!.directory });
const report: TestDatabaseReport = { name };
console.log(JSON.stringify(report));
