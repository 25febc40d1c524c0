import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { expect, test } from 'vitest';
import { HAS_PGBACKREST, openArchivedFamily } from '../../../test/pgbackrest.ts';
import { readArchiveStatus, type ArchiveStatus } from '../archive-status.ts';
import { backUpServer, checkArchive } from '../backup.ts';
import { parseAsOf } from './recovery-target.ts';
import { restoreAsOf } from './restore-as-of.ts';

const ARCHIVE_TIMEOUT_SECONDS = 2;
const WRITING_MS = 6000;
/** The end comes when the segment that is written to is nearly due: when most is lost. */
const LATE_MS = 1500;
const SLOW_MS = 180_000;

test.skipIf(!HAS_PGBACKREST)(
  `a server that is killed under writes and loses its disk: no more is lost than the archive's status had said`,
  async () => {
    await using archived = await openArchivedFamily({ settings: { archive_timeout: String(ARCHIVE_TIMEOUT_SECONDS) } });
    const { family, server } = archived;
    const { shops } = family.names;
    await family.query(shops, 'CREATE TABLE ticks (at timestamptz PRIMARY KEY)');
    await backUpServer(family.workspace, { type: 'full' });

    const client = new pg.Client({ ...server.parameters, database: shops } as pg.ClientConfig);
    client.on('error', () => undefined); // it is to lose its server
    await client.connect();
    const written: number[] = [];
    const writing = (async () => {
      for (;;) {
        const { rows } = await client.query<{ at: Date }>('INSERT INTO ticks VALUES (clock_timestamp()) RETURNING at');
        written.push(rows[0]!.at.getTime());
        await wait(5);
      }
    })();
    const broken = writing.catch((error: unknown) => error);
    const begun = Date.now();
    let status: ArchiveStatus;
    do {
      await wait(100);
      status = (await readArchiveStatus(family.workspace))!;
    } while (Date.now() - begun < WRITING_MS || Date.now() - status.archivedAt!.getTime() < LATE_MS);
    const last = written.at(-1)!;
    const [pid] = (await readFile(join(server.dataDirectory, 'postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGKILL');
    await broken;
    await rm(server.dataDirectory, { recursive: true, force: true, maxRetries: 5 });

    const report = await restoreAsOf(family.workspace, {
      recovery: parseAsOf('latest'),
      directory: server.dataDirectory,
    });
    expect(report).toMatchObject({ archived: false, references: 2, orphanRows: 0 });
    await server.restart();
    const kept = await family.query<{ at: Date }>(shops, 'SELECT at FROM ticks ORDER BY at');
    const newest = kept.at(-1)!.at.getTime();
    expect(kept.map(({ at }) => at.getTime())).toEqual(written.filter((at) => at <= newest)); // a prefix, with no hole
    const lostSeconds = Math.max(0, (last - newest) / 1000);
    console.info(
      `RPO: ${lostSeconds.toFixed(1)} s lost, ${written.length - kept.length} of ${written.length} rows; ` +
        `said before: ${status.lossSeconds!.toFixed(1)} s at most (archive_timeout ${ARCHIVE_TIMEOUT_SECONDS} s); ` +
        `recovered in ${(report.durationMs / 1000).toFixed(1)} s`,
    );
    expect(lostSeconds).toBeLessThanOrEqual(status.lossSeconds!);
    await checkArchive(family.workspace); // at its own place it goes on archiving, on a timeline of its own
  },
  SLOW_MS,
);
