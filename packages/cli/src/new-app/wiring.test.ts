import { expect, test } from 'vitest';
import type { App } from './app.ts';
import { addEnvLine, addRootScripts } from './wiring.ts';

const APP: App = {
  name: 'reports',
  packageName: '@acme/reports',
  database: 'reports_db',
  directory: 'apps/reports',
  coreDirectory: undefined,
  specifierOf: () => 'workspace:*',
};

test('the root’s scripts come after those of the other databases, and nothing else changes', () => {
  const text = `{
    "name": "acme",
    "scripts": {
        "build": "tsc -b",
        "db:create": "turbo run db:create --",
        "db:create:shop": "turbo run db:create --filter=@acme/shop --only --",
        "db:seed": "turbo run db:seed --",
        "test": "vitest run"
    },
    "private": true
}
`;
  expect(addRootScripts(text, APP)).toBe(`{
    "name": "acme",
    "scripts": {
        "build": "tsc -b",
        "db:create": "turbo run db:create --",
        "db:create:shop": "turbo run db:create --filter=@acme/shop --only --",
        "db:create:reports": "turbo run db:create --filter=@acme/reports --only --",
        "db:seed": "turbo run db:seed --",
        "db:seed:reports": "turbo run db:seed --filter=@acme/reports --only --",
        "test": "vitest run",
        "db:migrate:reports": "turbo run db:migrate --filter=@acme/reports --only --",
        "db:clean:reports": "turbo run db:clean --filter=@acme/reports --only --",
        "db:reset:reports": "turbo run db:reset --filter=@acme/reports --only --"
    },
    "private": true
}
`);
});

test('the line of env.example stands after those of the other applications', () => {
  const text = `PGHOST=localhost
#   apps/shop/.env        DATABASE_URL=postgresql://USER:PASSWORD@HOST:PORT/shop_db
# Past a pooler:
#   apps/shop/.env        DIRECT_DATABASE_URL=…
`;
  expect(addEnvLine(text, APP)).toBe(`PGHOST=localhost
#   apps/shop/.env        DATABASE_URL=postgresql://USER:PASSWORD@HOST:PORT/shop_db
#   apps/reports/.env     DATABASE_URL=postgresql://USER:PASSWORD@HOST:PORT/reports_db
# Past a pooler:
#   apps/shop/.env        DIRECT_DATABASE_URL=…
`);
  expect(addEnvLine('PGHOST=localhost\n', APP)).toBe(
    'PGHOST=localhost\n\n#   apps/reports/.env     DATABASE_URL=postgresql://USER:PASSWORD@HOST:PORT/reports_db\n',
  );
});
