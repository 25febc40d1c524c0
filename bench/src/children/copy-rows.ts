import { copyRows } from '@atriz/database';
import pg from 'pg';
import { COLUMNS, positions } from '../fixtures/positions.ts';

/** What the process prints: the call's duration, and the most memory that the process ever held. */
export interface CopyReport {
  readonly callMs: number;
  readonly peakMiB: number;
}

const [database, count] = process.argv.slice(2);
const client = new pg.Client({ database });
await client.connect();
const start = performance.now();
const { rows } = await copyRows(client, { table: 'tracking_data', columns: COLUMNS }, positions(Number(count)));
const callMs = performance.now() - start;
await client.end();
if (rows !== Number(count)) throw new Error(`${rows} rows arrived, not ${count}`);
const report: CopyReport = { callMs, peakMiB: process.resourceUsage().maxRSS / 1024 };
console.log(JSON.stringify(report));
