import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateIdentity } from 'age-encryption';
import { describe, expect, test } from 'vitest';
import { DEBIAN_PROGRAMS, HAS_DEBIAN_SERVER, startDebianServer } from '../packages/backup/test/debian-server.ts';
import { REPOSITORY, runShell, type CommandResult } from './harness/command.ts';
import { readContents } from './harness/contents.ts';
import { copyFamily, type FamilyCopy } from './harness/family-copy.ts';
import { serverAt, type Server } from './harness/server.ts';

/** The commands of docs/backup.md under a mark, as a shell in the copied family runs them. */
async function readScript(name: string): Promise<string> {
  const page = await readFile(join(REPOSITORY, 'docs/backup.md'), 'utf8');
  const start = page.indexOf(`<!-- run by a test: ${name} -->`);
  const [, script] = /```sh\n([^]*?)^```/m.exec(page.slice(start)) ?? [];
  if (start < 0 || !script) throw new Error(`docs/backup.md has no script called ${name}`);
  return `set -e\n${script.replaceAll('pnpm exec atriz', '$ATRIZ')}`;
}

async function runScript(
  name: string,
  { root }: FamilyCopy,
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const result = await runShell(await readScript(name), { cwd: root, env });
  expect(result, `${name}: ${result.stdout}${result.stderr}`).toMatchObject({ code: 0 });
  return result;
}

test('the first backup of docs/backup.md is made and proven with nothing installed and nothing configured', async () => {
  await using family = await copyFamily();
  await family.atriz(['setup']);
  const { stdout } = await runScript('first', family);
  expect(stdout).toMatch(/^backup-\S+ {2}4 databases/m);
  expect(stdout.match(/ restored, .* as the set says$/gm)).toHaveLength(4);
  expect(stdout).toMatch(/^proven by a restore/m);
  expect(stdout.trim().split('\n').at(-1)).toMatch(/^backup-\S+ .* physical .* just now, in /);
});

describe.skipIf(!HAS_DEBIAN_SERVER)('docs/backup.md, on a server with its client tools', () => {
  test('deleted rows, a corrupted database, a lost server and a lost tool: each way back is there', async () => {
    await using first = await startDebianServer();
    await using family = await copyFamily();
    const store = join(family.root, 'store');
    const identity = await generateIdentity();
    await writeFile(join(family.root, 'backup.key'), identity, { mode: 0o600 });
    const common = {
      PATH: `${DEBIAN_PROGRAMS}:${process.env['PATH']}`,
      BACKUP_LOCAL: store,
      BACKUP_ENCRYPTION_KEY: identity,
    };
    const here = serverAt(first.parameters);
    const env = { ...common, ...here.variables };
    expect(await family.atriz(['setup'], { env })).toMatchObject({ code: 0 });
    const produced = await runScript('production', family, {
      ...env,
      BACKUP_SCHEDULE: '15 */6 * * *',
      BACKUP_RPO_MINUTES: '60',
    });
    expect(produced.stdout).toContain('proven');
    const before = await contentsOf(here);

    await here.query('atriz_db', 'DELETE FROM contact_messages');
    await runScript('deleted rows', family, env);
    expect(await contentsOf(here)).toEqual(before);

    await here.query('pshop_db', 'UPDATE products SET price_cents = 1');
    await runScript('corrupted', family, env);
    expect(withoutRuns(await readContents(here, 'pshop_db'))).toEqual(before['pshop_db']);

    await using second = await startDebianServer();
    const there = serverAt(second.parameters);
    await runScript('lost server', family, { ...common, ...there.variables });
    expect(await contentsOf(there)).toEqual(before);

    const { stdout } = await family.atriz(['backup', 'list', '--json'], { env });
    const { sets } = JSON.parse(stdout) as { sets: { set: string }[] };
    await runScript('lost tool', family, { ...env, SET: join(store, sets[0]!.set) });
    expect(withoutRuns(await readContents(here, 'pshop_by_hand'))).toEqual(before['pshop_db']);
  });
});

const NAMES = ['atriz_shared', 'atriz_db', 'mextrack_db', 'pshop_db'];

async function contentsOf(server: Server): Promise<Record<string, Record<string, string>>> {
  const each = NAMES.map(async (name) => [name, withoutRuns(await readContents(server, name))] as const);
  return Object.fromEntries(await Promise.all(each));
}

/** A restore is a run, a reference check is kept, and a slot was under way when its own set was made. */
const LEDGER_OF_RUNS = new Set(['atriz.runs', 'atriz.reference_checks', 'atriz.backup_slots']);

function withoutRuns(contents: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(contents).filter(([table]) => !LEDGER_OF_RUNS.has(table)));
}
