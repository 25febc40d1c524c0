import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REPOSITORY } from './harness/command.ts';
import { copyFamily } from './harness/family-copy.ts';

/** Three migrations in which the shared database and an app take turns, by file. */
const TURNS = {
  'apps/mextrack/migrations/1795250600000_add_owners.sql': `-- Up Migration
ALTER TABLE vehicles ADD COLUMN owner_name varchar(80);
`,
  'packages/core/migrations/1795250600000_take_over_owners.sql': `-- requires: mextrack_db@1795250600000_add_owners
-- Up Migration
CREATE TABLE owners (name text CONSTRAINT owners_pkey PRIMARY KEY);
COMMENT ON TABLE owners IS 'Who has a vehicle.';
`,
  'apps/mextrack/migrations/1795250660000_index_owners.sql': `-- requires: atriz_shared@1795250600000_take_over_owners
-- atriz: no-transaction
-- Up Migration
CREATE INDEX CONCURRENTLY vehicles_owner_name_idx ON vehicles (owner_name);
`,
};

test('the plan that docs/migrations.md shows is what such migrations make, and up goes by it', async () => {
  await using family = await copyFamily();
  expect((await family.atriz(['create'])).code).toBe(0);
  expect((await family.atriz(['migrate'])).code).toBe(0);
  for (const [path, text] of Object.entries(TURNS)) await writeFile(join(family.root, path), text);

  const { code, stdout } = await family.atriz(['migrate', 'plan']);
  const page = await readFile(join(REPOSITORY, 'docs/migrations.md'), 'utf8');
  const [, shown] = /^## Plan$[^]*?^```text\n([^]*?)^```$/m.exec(page) ?? [];
  expect(stdout).toBe(shown);
  expect(code).toBe(0);

  // one app alone has to be told what to do, and that does it
  const alone = await family.atriz(['migrate'], { in: 'packages/core' });
  expect(alone.code).toBe(3);
  const [, command] = /^hint apply them in their order: pnpm exec atriz (.*)$/m.exec(alone.stderr) ?? [];
  expect(command).toBe('migrate --database mextrack_db --database atriz_shared');
  expect((await family.atriz(command!.split(' '))).code).toBe(0);
  expect((await family.atriz(['migrate', 'plan'])).stdout).toContain('nothing to apply; nothing was changed\n');
});
