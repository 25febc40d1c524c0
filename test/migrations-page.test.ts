import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REPOSITORY } from './harness/command.ts';
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
