import { CORE, type App } from './app.ts';

/** The files that say what the package is. Each as the formatter leaves it, whatever the name's length. */
export function packageFiles(app: App): Readonly<Record<string, string>> {
  return {
    'package.json': manifestOf(app),
    'database.config.ts': configOf(app),
    'README.md': readmeOf(app),
  };
}

function manifestOf({ packageName, database, coreDirectory, specifierOf }: App): string {
  const asked = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.map((name) => [name, specifierOf(name)]));
  const manifest = {
    name: packageName,
    version: '0.1.0',
    private: true,
    description: `${database}: say here what it is for`,
    license: 'MIT',
    type: 'module',
    scripts: {
      'db:create': 'atriz create',
      'db:migrate': 'atriz migrate',
      'db:seed': 'atriz seed',
      'db:clean': 'atriz clean',
      'db:reset': 'atriz reset',
      migrate: 'atriz migrate',
      'migrate:create': 'atriz migrate create',
    },
    dependencies: asked([...(coreDirectory === undefined ? [] : [CORE]), '@atriz/database', 'kysely']),
    devDependencies: asked(['@atriz/cli', '@atriz/testing']),
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

function configOf({ database, coreDirectory }: App): string {
  const references =
    coreDirectory === undefined
      ? ''
      : "  references: [{ table: 'notes', column: 'user_id', target: 'atriz_shared.users.id', onDelete: 'cascade' }],\n";
  return `import { defineDatabase } from '@atriz/database';

export default defineDatabase({
  name: '${database}',
  urlVariable: 'DATABASE_URL',
  directUrlVariable: 'DIRECT_DATABASE_URL',
${references}});
`;
}

function readmeOf({ name, packageName, database, coreDirectory }: App): string {
  const user = coreDirectory === undefined ? 'the id of a user.' : 'an id of `users` in `atriz_shared`.';
  const pools =
    coreDirectory === undefined ? '' : '- `src/pools.ts`: `openPools()`: `own` and `shared`, closed together\n';
  return `# ${packageName}

Say here what it is for. Owns \`${database}\`.

- \`notes\`: an example of a table; \`user_id\` is ${user} Write your own migration, and let it go.

## Commands

In this directory; from the root, the first three are \`pnpm db:create:${name}\`, \`pnpm db:migrate:${name}\` and
\`pnpm db:seed:${name}\`.

    pnpm db:create             # make the database
    pnpm migrate               # apply what is pending; also: migrate status, migrate down, migrate redo
    pnpm db:seed               # rows to develop with; none in production
    pnpm migrate:create NAME   # a new file in migrations/; then, at the root: pnpm db:generate
    pnpm db:clean --yes        # empty every table, keep structure and history

## Variables

- \`DATABASE_URL\`: where this database is; from the process, else from this directory's \`.env\`
- \`DIRECT_DATABASE_URL\`: the same without a pooler between, for migrations; only needed when there is one

Without a URL, \`PGHOST\` and its kin or the embedded server decide, as for every database of the family.

## Code

${pools}- \`src/notes.ts\`: \`addNote\`, \`readNotes\`
- \`src/schema.ts\`: the types of the tables, generated
- \`test/\`: what the tests share
`;
}
