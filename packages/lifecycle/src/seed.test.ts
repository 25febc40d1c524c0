import { expect, test } from 'vitest';
import { migration, openPlantation, type Plantation } from '../test/plantation.ts';
import { migrateUp } from './migrations/migrate.ts';
import { migrateDown } from './migrations/undo.ts';
import { seedDatabase } from './seed.ts';

const PLANTS = { '1700000000001_plants.sql': migration('CREATE TABLE plants (name text);', 'DROP TABLE plants;') };

/** The text of a seed that inserts one row. */
function inserts(name: string, more = ''): string {
  return `export default async (client, context) => {
    await client.query('INSERT INTO plants VALUES ($1)', ['${name}']);
    ${more}
  };`;
}

function openMigrated(seeds: Readonly<Record<string, string>>): Promise<Plantation> {
  return openPlantation({ migrations: PLANTS, seeds, migrated: true });
}

test('seeds run in order and are registered with their checksums', async () => {
  await using plants = await openMigrated({
    '002_herbs.mjs': inserts('mint', 'context.log(`in ${context.environment}`);'),
    '001_trees.mjs': inserts('oak'),
  });
  const said: string[] = [];
  await expect(seedDatabase(plants.target, {}, { onProgress: (line) => void said.push(line) })).resolves.toEqual({
    seeded: ['001_trees', '002_herbs'],
  });
  expect(said).toEqual(['seeded 001_trees', 'in development', 'seeded 002_herbs']);
  await expect(plants.list('SELECT name FROM plants')).resolves.toEqual(['oak', 'mint']);
  await expect(
    plants.query(`SELECT name, length(checksum) AS length, duration_ms > 0 AS timed FROM atriz.seeds ORDER BY name`),
  ).resolves.toEqual([
    { name: '001_trees', length: 64, timed: true },
    { name: '002_herbs', length: 64, timed: true },
  ]);
});

test('all seeds run again when all are asked for, none when only the pending ones are', async () => {
  await using plants = await openMigrated({ '001_trees.mjs': inserts('oak') });
  await seedDatabase(plants.target);
  await expect(seedDatabase(plants.target)).resolves.toEqual({ seeded: ['001_trees'] });
  await expect(seedDatabase(plants.target, { pendingOnly: true })).resolves.toEqual({ seeded: [] });
  await expect(plants.list('SELECT name FROM plants')).resolves.toEqual(['oak', 'oak']);
});

test('pending are new seeds and those whose text has changed, but not in its line ends', async () => {
  await using plants = await openMigrated({ '001_trees.mjs': inserts('oak'), '002_herbs.mjs': inserts('mint') });
  await seedDatabase(plants.target);
  await plants.write('seeds/001_trees.mjs', inserts('elm'));
  await plants.write('seeds/002_herbs.mjs', inserts('mint').replaceAll('\n', '\r\n'));
  await plants.write('seeds/003_moss.mjs', inserts('moss'));
  await expect(seedDatabase(plants.target, { pendingOnly: true })).resolves.toEqual({
    seeded: ['001_trees', '003_moss'],
  });
  await expect(seedDatabase(plants.target, { pendingOnly: true })).resolves.toEqual({ seeded: [] });
});

test('a seed that fails is not registered, those before it are, and pending goes on from there', async () => {
  await using plants = await openMigrated({
    '001_trees.mjs': inserts('oak'),
    '002_herbs.mjs': inserts(
      'mint',
      `const { rows } = await client.query("SELECT to_regclass('sun') AS sun"); if (!rows[0].sun) throw new Error('frozen');`,
    ),
  });
  await expect(seedDatabase(plants.target)).rejects.toMatchObject({
    code: 'SEED_FAILED',
    message: expect.stringMatching(/^seed 002_herbs failed: frozen .*done before it: 001_trees$/) as string,
  });
  await expect(plants.list('SELECT name FROM plants')).resolves.toEqual(['oak']);
  await expect(plants.list('SELECT name FROM atriz.seeds')).resolves.toEqual(['001_trees']);
  await plants.query('CREATE TABLE sun ()');
  await expect(seedDatabase(plants.target, { pendingOnly: true })).resolves.toEqual({ seeded: ['002_herbs'] });
  await expect(plants.list('SELECT name FROM plants')).resolves.toEqual(['oak', 'mint']);
});

test('an undone migration forgets the seeds, so that pending brings their rows back', async () => {
  await using plants = await openMigrated({ '001_trees.mjs': inserts('oak') });
  await seedDatabase(plants.target);
  await migrateDown(plants.target);
  await migrateUp(plants.target);
  await expect(seedDatabase(plants.target, { pendingOnly: true })).resolves.toEqual({ seeded: ['001_trees'] });
  await expect(plants.list('SELECT name FROM plants')).resolves.toEqual(['oak']);
});

test('a database that was never migrated is NOT_MIGRATED', async () => {
  await using plants = await openPlantation({ seeds: { '001_trees.mjs': inserts('oak') } });
  await expect(seedDatabase(plants.target)).rejects.toMatchObject({
    code: 'NOT_MIGRATED',
    message: `"${plants.target.parameters.database}" was never migrated, so it has nothing to seed`,
    hint: 'migrate it first: pnpm db:migrate',
  });
});

test('a database of another definition is IDENTITY_MISMATCH, and nothing is seeded', async () => {
  await using plants = await openMigrated({ '001_trees.mjs': inserts('oak') });
  await plants.query(`UPDATE atriz.identity SET definition = 'animals'`);
  await expect(seedDatabase(plants.target)).rejects.toMatchObject({ code: 'IDENTITY_MISMATCH' });
  await expect(plants.list('SELECT name FROM plants')).resolves.toEqual([]);
});

test('without seeds there is nothing to connect for', async () => {
  await using plants = await openPlantation();
  const nowhere = { ...plants.target, parameters: { ...plants.target.parameters, port: 1 } };
  await expect(seedDatabase(nowhere)).resolves.toEqual({ seeded: [] });
});
