import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { REPOSITORY } from './harness/command.ts';
import { copyFamily, type FamilyCopy } from './harness/family-copy.ts';
import type { Server } from './harness/server.ts';

const NOBODY = '00000000-0000-4000-8000-000000000000';

let family: FamilyCopy;
let server: Server;
beforeAll(async () => {
  family = await copyFamily();
  await family.atriz(['setup']);
  server = await family.server();
});
afterAll(() => family[Symbol.asyncDispose]());

/** The commands of the page's `sh` blocks, in order. */
async function readCommands(): Promise<string[]> {
  const page = await readFile(join(REPOSITORY, 'docs/references.md'), 'utf8');
  return [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block]) => block!.trim().split('\n'));
}

async function run(command: string) {
  const line = command
    .replace(/^pnpm exec atriz /, '')
    .replace('pnpm db:references', 'references check')
    .replace('pnpm db:status', 'status');
  return family.atriz(line.split(' '));
}

test('the page’s commands, in its order, do what it says', async () => {
  await server.query(
    'mextrack_db',
    `INSERT INTO vehicles (user_id, plate, name) VALUES ('${NOBODY}', 'ORPHAN 1', 'x')`,
  );
  const commands = await readCommands();
  expect(commands).toHaveLength(7);
  const [list, check, checkOne, checkJson, status, fix, remove] = commands as [string, ...string[]];

  const listed = await run(list);
  expect(listed.stdout).toMatch(/^mextrack_db\.vehicles\.user_id +atriz_shared\.users\.id +cascade$/m);
  expect(listed.code).toBe(0);

  const found = await run(check!);
  expect(found.stdout).toMatch(/^mextrack_db\.vehicles\.user_id +1 row of 1 key of \d+ lead nowhere/m);
  expect(found.stdout).toContain(`has user_id ${NOBODY}`);
  expect(found.stdout).toMatch(/^pshop_db\.sales\.user_id +\d+ keys?, none leads nowhere/m);
  expect(found.code).toBe(3);
  expect((await run(checkOne!)).stdout).not.toContain('pshop_db');

  const { references } = JSON.parse((await run(checkJson!)).stdout) as { references: { orphanRows: number }[] };
  expect(references).toHaveLength(11);
  expect(references[5]).toMatchObject({
    reference: 'mextrack_db.vehicles.user_id',
    target: 'atriz_shared.users.id',
    onDelete: 'cascade',
    status: 'done',
    orphanKeys: 1,
    orphanRows: 1,
    samples: [{ key: NOBODY }],
    fixedRows: 0,
    leftRows: 1,
  });

  const shown = await run(status!);
  expect(shown.code).toBe(3);
  expect(shown.stdout).toContain(
    'mextrack_db: REFERENCE_ORPHANED 1 rows of mextrack_db.vehicles.user_id led to no atriz',
  );
  expect(shown.stdout).toContain('pshop_db: 4 references checked, the longest ago at ');

  const mended = await run(fix!);
  expect(mended.stdout).toMatch(/lead nowhere; 1 row deleted/);
  expect(mended.code).toBe(0);
  expect((await run(status!)).code).toBe(0);
  await expect(server.query('mextrack_db', `SELECT FROM vehicles WHERE user_id = '${NOBODY}'`)).resolves.toEqual([]);

  expect(await run(remove!)).toMatchObject({
    code: 0,
    stdout: `there is no atriz_shared.users.id ${NOBODY}; nothing was changed\n`,
  });
});

test('a user whom nothing restricts goes with everything; one who wrote pages stays', async () => {
  await server.query(
    'atriz_shared',
    `INSERT INTO users (id, email, password_hash, name) VALUES ('${NOBODY}', 'gone@example.com', 'x', 'Gone')`,
  );
  await server.query(
    'mextrack_db',
    `INSERT INTO vehicles (user_id, plate, name) SELECT '${NOBODY}', 'GONE ' || n, 'x' FROM generate_series(1, 3) n`,
  );
  const row = `atriz_shared.users.id=${NOBODY}`;
  await expect(family.atriz(['references', 'delete', row])).resolves.toMatchObject({
    code: 3,
    stderr: `CONFIRMATION_REQUIRED this would delete atriz_shared.users.id ${NOBODY} and deal with what refers to it in other databases\nhint add --yes to go on\n`,
  });
  const { code, stdout } = await family.atriz(['references', 'delete', row, '--yes', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    row: { column: 'atriz_shared.users.id', key: NOBODY },
    deleted: true,
    resumed: false,
    changed: { 'mextrack_db.vehicles.user_id': 3 },
    reported: {},
  });
  await expect(server.query('mextrack_db', `SELECT FROM vehicles WHERE user_id = '${NOBODY}'`)).resolves.toEqual([]);
  await expect(server.query('atriz_shared', `SELECT FROM users WHERE id = '${NOBODY}'`)).resolves.toEqual([]);

  const [author] = await server.query<{ id: string }>('atriz_db', 'SELECT author_id AS id FROM pages LIMIT 1');
  const refused = await family.atriz(['references', 'delete', `atriz_shared.users.id=${author!.id}`, '--yes']);
  expect(refused.code).toBe(3);
  expect(refused.stderr).toContain(`REFERENCE_RESTRICTED atriz_shared.users.id ${author!.id} is referred to by `);
  expect(refused.stderr).toContain('nothing was changed');
});

test('a row that is named wrongly is a wrong use', async () => {
  for (const row of ['users.id=1', 'atriz_shared.users.id', 'atriz_shared.users.id=ada', 'nothing.users.id=1']) {
    await expect(family.atriz(['references', 'delete', row, '--yes'])).resolves.toMatchObject({ code: 2 });
  }
});
