import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REPOSITORY } from './harness/command.ts';
import { copyFamily } from './harness/family-copy.ts';
import { createWorkspace } from './harness/workspace.ts';

test('the migrations that docs/migrations.md shows are valid', async () => {
  const page = await readFile(join(REPOSITORY, 'docs/migrations.md'), 'utf8');
  const shown = [...page.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, text]) => text!);
  const migrations = shown.filter((text) => text.includes('-- Up Migration'));
  expect(migrations.length).toBeGreaterThan(1);
  const files = migrations.map((text, index) => [`${1_700_000_000_000 + index}_shown.sql`, text] as const);
  await using workspace = await createWorkspace({
    atriz_shared: {
      database: 'atriz_shared',
      migrations: {
        '1795230060000_create_users.sql': '-- Up Migration\nSELECT 1;\n',
        '1795230120000_create_roles.sql': '-- Up Migration\nSELECT 1;\n',
      },
    },
    shown: { migrations: Object.fromEntries(files) },
  });
  const { code, stdout } = await workspace.atriz(['validate', '--json'], { in: 'shown' });
  const { databases } = JSON.parse(stdout) as { databases: { findings: unknown[] }[] };
  expect(databases.flatMap(({ findings }) => findings)).toEqual([]);
  expect(code).toBe(0);
});

test('the commands of docs/migrations.md run, from the first to the last', async () => {
  const page = await readFile(join(REPOSITORY, 'docs/migrations.md'), 'utf8');
  const lines = [...page.matchAll(/^```sh\n([^]*?)^```/gm)].flatMap(([, block]) => block!.trim().split('\n'));
  const commands = lines.map((line) => line.replace(/ +#.*/, '')).filter((line) => !line.startsWith('cd '));
  expect(commands.length).toBeGreaterThan(15);

  await using family = await copyFamily();
  const run = async (args: readonly string[]): Promise<number> =>
    (await family.atriz(args, { in: 'apps/mextrack' })).code;
  expect((await family.atriz(['setup'])).code).toBe(0);
  const codes: Record<string, number> = {};
  for (const command of commands) {
    const consent = command.includes('baseline') ? ['--yes'] : [];
    codes[command] = await run([...argumentsOf(command, NEWEST), ...consent]);
    if (command === 'pnpm migrate:create add_trailers')
      await fillIn(join(family.root, 'apps/mextrack/migrations'), page);
  }
  expect(codes).toEqual({
    ...Object.fromEntries(commands.map((command) => [command, 0])),
    // what is applied already, a baseline beside a history, a squash that nobody has agreed to
    'pnpm exec atriz migrate resolve --applied NAME': 2,
    'pnpm exec atriz migrate baseline --to NAME': 3,
    // the newest was just called undone, and is there
    'pnpm exec atriz migrate check': 3,
    'pnpm exec atriz migrate squash --to 1795230060000_create_vehicles': 3,
  });
});

const NEWEST = '1795230480000_add_odometer';

/** As somebody in apps/mextrack would type it, with a name where the page says NAME. */
function argumentsOf(command: string, name: string): string[] {
  const words = command.replace('NAME', name).split(' ');
  const [, first = '', ...rest] = words;
  if (first === 'exec') return rest.slice(1);
  if (first === 'migrate:create') return ['migrate', 'create', ...rest];
  if (first.startsWith('db:')) return [first.slice('db:'.length), ...rest];
  return [first, ...rest];
}

/** Writes the page's first migration into the empty file that `migrate create` has made. */
async function fillIn(directory: string, page: string): Promise<void> {
  const [, text] = /^```sql\n([^]*?)^```/m.exec(page)!;
  const file = (await readdir(directory)).find((name) => name.endsWith('_add_trailers.sql'))!;
  await writeFile(join(directory, file), text!);
}
