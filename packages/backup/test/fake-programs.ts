import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory with scripts in the place of PostgreSQL's programs. Disposing of it removes it. */
export interface FakePrograms extends AsyncDisposable {
  readonly directory: string;
  readonly pgDump: string;
  readonly pgRestore: string;
}

/** `version` is what both say they are; `body` is what they do, in the shell's language, when asked for anything else. */
export async function createFakePrograms(version: string, body = 'exit 0'): Promise<FakePrograms> {
  const root = await mkdtemp(join(tmpdir(), 'atriz-fake-programs-'));
  const directory = join(root, 'bin');
  await mkdir(directory);
  const names = ['pg_dump', 'pg_restore'];
  for (const name of names) {
    const script = `#!/bin/sh\nif [ "$1" = --version ]; then echo "${name} (PostgreSQL) ${version}"; exit 0; fi\n${body}\n`;
    await writeFile(join(directory, name), script);
    await chmod(join(directory, name), 0o755);
  }
  return {
    directory,
    pgDump: join(directory, 'pg_dump'),
    pgRestore: join(directory, 'pg_restore'),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}
