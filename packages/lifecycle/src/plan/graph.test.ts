import { expect, test } from 'vitest';
import { edgesOf, type DatabaseMigrations } from './graph.ts';

test('a line about a migration that was squashed since leads to the squash', () => {
  const core: DatabaseMigrations = {
    name: 'core',
    dependsOn: [],
    migrations: [{ name: '2_squashed', path: '2.sql', requires: [], squashes: ['1_users', '2_roles'] }],
  };
  const requirement = { database: 'core', migration: '1_users', line: 1 };
  const app: DatabaseMigrations = {
    name: 'app',
    dependsOn: ['core'],
    migrations: [{ name: '3_vehicles', path: '3.sql', requires: [requirement] }],
  };
  expect(edgesOf([core, app])).toEqual([
    { from: { database: app, index: 0 }, to: { database: core, index: 0 }, requirement },
  ]);
});
