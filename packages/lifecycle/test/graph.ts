import type { DatabaseMigrations } from '../src/plan/graph.ts';

/**
 * A family from a table: keys are a database's name and those that its package depends on, values its migrations, each
 * with what it requires, as in `{ core: ['1'], 'app core': ['1', '2 core@1'] }`.
 */
export function family(table: Readonly<Record<string, readonly string[]>>): DatabaseMigrations[] {
  return Object.entries(table).map(([key, migrations]) => {
    const [name, ...dependsOn] = key.split(' ') as [string, ...string[]];
    return {
      name,
      dependsOn,
      migrations: migrations.map((text) => {
        const [migration, ...requires] = text.split(' ') as [string, ...string[]];
        return {
          name: migration,
          path: `${name}/${migration}.sql`,
          requires: requires.map((requirement, index) => {
            const [database, required] = requirement.split('@') as [string, string];
            return { database, migration: required, line: index + 1 };
          }),
        };
      }),
    };
  });
}
