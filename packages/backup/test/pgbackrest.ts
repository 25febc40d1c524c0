import { existsSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planInit, runInit } from '../src/pgbackrest/setup/init.ts';
import { HAS_DEBIAN_SERVER, startDebianServer, type DebianServer } from './debian-server.ts';
import { openTestFamily, type TestFamily, type TestFamilyOptions } from './family.ts';

/** Whether pgBackRest and a server that it knows are installed; a test that needs them is skipped without, but in CI. */
export const HAS_PGBACKREST = (existsSync('/usr/bin/pgbackrest') && HAS_DEBIAN_SERVER) || process.env['CI'] === 'true';

export const SECRET = 'a pass of words: # and = among them';

/** A family on a PostgreSQL 15 of its own, and a place for pgBackRest's repository. Disposing of it ends and removes all. */
export interface ArchivedFamily extends AsyncDisposable {
  readonly server: DebianServer;
  readonly family: TestFamily;
  /** The server's user may write there. */
  readonly place: string;
  readonly repository: string;
  readonly config: string;
}

export interface ArchivedFamilyOptions extends Pick<TestFamilyOptions, 'people' | 'context' | 'environment'> {
  readonly settings?: Readonly<Record<string, string>>;
  readonly variables?: TestFamilyOptions['variables'];
  /** Have the archive set up and work. Default true. */
  readonly init?: boolean;
}

export async function openArchivedFamily(options: ArchivedFamilyOptions = {}): Promise<ArchivedFamily> {
  const { settings = {}, variables = {}, init = true, people = 10, ...rest } = options;
  await using opened = new AsyncDisposableStack();
  const place = await mkdtemp(join(tmpdir(), 'atriz-pgbackrest-test-'));
  opened.defer(() => rm(place, { recursive: true, force: true }));
  const archive: Record<string, string> = init ? { archive_mode: 'on' } : {};
  const server = opened.use(await startDebianServer({ settings: { ...archive, ...settings } }));
  if (server.account) await chown(place, server.account.uid, server.account.gid);
  const repository = join(place, 'repository');
  const config = join(place, 'pgbackrest.conf');
  const family = opened.use(
    await openTestFamily({
      ...rest,
      people,
      server: server.parameters,
      variables: {
        BACKUP_PGBACKREST_CONFIG: config,
        BACKUP_PGBACKREST_REPO: repository,
        BACKUP_ENCRYPTION_KEY: SECRET,
        ...variables,
      },
    }),
  );
  if (init) await runInit(family.workspace, await planInit(family.workspace));
  const all = opened.move();
  return { server, family, place, repository, config, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
