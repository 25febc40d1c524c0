import { expect, test } from 'vitest';
import { migration, openPlantation } from '../../test/plantation.ts';
import { checkDrift } from './check.ts';

const SCHEMA = `
CREATE TABLE species (id int PRIMARY KEY, name varchar(20) NOT NULL DEFAULT 'x');
`;

test('freshly migrated, nothing has drifted', async () => {
  await using plants = await openPlantation({
    migrations: { '1700000000001_a.sql': migration(SCHEMA) },
    migrated: true,
  });
  await expect(checkDrift(plants.target)).resolves.toEqual({ applied: 1, pending: 0, differences: [] });
  await plants.query('ALTER TABLE species ALTER name TYPE text');
  const { differences } = await checkDrift(plants.target);
  console.log(differences);
});
