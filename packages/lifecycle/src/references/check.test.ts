import { expect, test } from 'vitest';
import { openOrchard, refer, type Orchard } from '../../test/orchard.ts';
import { checkReferences } from './check.ts';
import { readChecks } from './record.ts';
import type { ReferenceCheck } from './source.ts';

const USERS = 'CREATE TABLE users (id uuid PRIMARY KEY, email text UNIQUE);';
const VEHICLES = 'CREATE TABLE vehicles (id int PRIMARY KEY, user_id uuid);';

function uuid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

function rowsOf(values: readonly string[]): string {
  return values.map((value) => `('${value}')`).join(', ');
}

async function check(orchard: Orchard, options = {}): Promise<ReferenceCheck[]> {
  const outcomes = await checkReferences(orchard.references, orchard.access, options);
  return outcomes.map((outcome) => {
    if (outcome.status === 'failed') throw outcome.error;
    return outcome.result;
  });
}

test('rows whose key leads nowhere are counted, with a few as samples; nulls refer to nothing', async () => {
  await using orchard = await openOrchard({
    shared: { sql: `${USERS} INSERT INTO users VALUES ('${uuid(1)}'), ('${uuid(5)}');` },
    app: {
      sql: `${VEHICLES}
        INSERT INTO vehicles VALUES (1, '${uuid(1)}'), (2, '${uuid(3)}'), (3, '${uuid(3)}'), (4, NULL), (5, '${uuid(5)}'),
          (6, '${uuid(0)}'), (7, '${uuid(9)}');`,
      references: [refer('vehicles.user_id', 'shared.users.id')],
    },
  });
  await expect(check(orchard)).resolves.toEqual([
    {
      keys: 5,
      orphanKeys: 3,
      orphanRows: 4,
      samples: [
        { key: uuid(0), row: { id: '6' } },
        { key: uuid(3), row: { id: '2' } },
        { key: uuid(3), row: { id: '3' } },
        { key: uuid(9), row: { id: '7' } },
      ],
      fixedRows: 0,
      leftKeys: 3,
      leftRows: 4,
    },
  ]);
  await expect(readChecks(orchard.at('app').client)).resolves.toEqual([
    {
      reference: 'app.vehicles.user_id',
      target: 'shared.users.id',
      checkedAt: expect.any(Date) as Date,
      durationMs: expect.any(Number) as number,
      keys: 5,
      orphanKeys: 3,
      orphanRows: 4,
    },
  ]);
});

test.each<[string, string, string, string[], string[], string[]]>([
  ['smallint to bigint', 'smallint', 'bigint', ['-32768', '-1', '0', '7'], ['-1', '0', '9'], ['-32768', '7']],
  [
    'bigint to int',
    'bigint',
    'int',
    ['-9223372036854775808', '-5', '5', '4294967301', '9223372036854775807'],
    ['-5', '5'],
    ['-9223372036854775808', '4294967301', '9223372036854775807'],
  ],
  ['text to varchar', 'text', 'varchar(40)', ['', 'B', 'a', 'b', 'ä', '𝄞'], ['B', 'b', 'ä'], ['', 'a', '𝄞']],
  ['char to text', 'char(5)', 'text', ['a', 'ab', 'b c'], ['a', 'b c'], ['ab']],
  ['a domain to its type', 'plate', 'text', ['x', 'y'], ['y'], ['x']],
  [
    'uuid to uuid',
    'uuid',
    'uuid',
    [uuid(1), 'ffffffff-0000-4000-8000-000000000000', '7fffffff-0000-4000-8000-000000000000'],
    ['7fffffff-0000-4000-8000-000000000000'],
    [uuid(1), 'ffffffff-0000-4000-8000-000000000000'],
  ],
])('keys of %s are compared', async (_, type, targetType, keys, targets, orphans) => {
  await using orchard = await openOrchard({
    shared: { sql: `CREATE TABLE users (id ${targetType} PRIMARY KEY); INSERT INTO users VALUES ${rowsOf(targets)};` },
    app: {
      sql: `CREATE DOMAIN plate AS text; CREATE TABLE vehicles (user_id ${type});
            INSERT INTO vehicles VALUES ${rowsOf([...keys, ...keys])};`,
      references: [refer('vehicles.user_id', 'shared.users.id')],
    },
  });
  const [result] = await check(orchard);
  expect(result).toMatchObject({ keys: keys.length, orphanKeys: orphans.length, orphanRows: orphans.length * 2 });
  expect(new Set(result!.samples.map(({ key }) => key.trimEnd()))).toEqual(new Set(orphans.slice(0, 5)));
  expect(result!.samples[0]!.row).toHaveProperty('ctid');
});

test('quoted names, schemas, partitioned tables and a target that is not unique', async () => {
  await using orchard = await openOrchard({
    shared: {
      sql: `CREATE SCHEMA people; CREATE TABLE people."User.s" ("The ""Id""" int);
            INSERT INTO people."User.s" VALUES (1), (1), (2), (NULL);`,
    },
    app: {
      sql: `CREATE SCHEMA "My Fleet";
        CREATE TABLE "My Fleet"."a.b" (at date NOT NULL, "User" int, PRIMARY KEY (at, "User")) PARTITION BY RANGE (at);
        CREATE TABLE one PARTITION OF "My Fleet"."a.b" FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
        CREATE TABLE rest PARTITION OF "My Fleet"."a.b" DEFAULT;
        INSERT INTO "My Fleet"."a.b" VALUES ('2024-01-05', 1), ('1999-01-01', 2), ('2024-02-05', 3), ('1999-02-01', 3);`,
      references: [
        {
          table: '"My Fleet"."a.b"',
          column: 'User',
          target: 'shared.people."User.s"."The ""Id"""',
          onDelete: 'cascade',
        },
      ],
    },
  });
  const samples = [
    { key: '3', row: { at: '1999-02-01', User: '3' } },
    { key: '3', row: { at: '2024-02-05', User: '3' } },
  ];
  await expect(check(orchard)).resolves.toMatchObject([{ keys: 3, orphanKeys: 1, orphanRows: 2, samples }]);
  await expect(check(orchard, { fix: true })).resolves.toMatchObject([{ orphanRows: 2, fixedRows: 2, leftRows: 0 }]);
  await expect(orchard.at('app').list('SELECT "User" FROM "My Fleet"."a.b" ORDER BY 1')).resolves.toEqual([1, 2]);
});

test('many references to one column, and more keys than a batch holds, on either side', async () => {
  const references = Array.from({ length: 10 }, (_, index) => refer(`t${index}.user_id`, 'shared.users.id', 'report'));
  await using orchard = await openOrchard({
    shared: {
      sql: `CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users SELECT n FROM generate_series(1, 60000) n WHERE n % 7 <> 0;`,
    },
    app: {
      sql: references
        .map(
          ({ table }, index) => `CREATE TABLE ${table} (user_id int);
            INSERT INTO ${table} SELECT n FROM generate_series(1, ${40_000 + index * 5000}) n;`,
        )
        .join('\n'),
      references,
    },
  });
  // Of 1 … n those that 7 divides, and those above 60,000, lead nowhere.
  const expected = references.map((_, index) => {
    const keys = 40_000 + index * 5000;
    const orphanKeys = Math.floor(Math.min(keys, 60_000) / 7) + Math.max(0, keys - 60_000);
    return { keys, orphanKeys, orphanRows: orphanKeys, leftKeys: orphanKeys };
  });
  await expect(check(orchard)).resolves.toMatchObject(expected);
});

test('long keys, an empty target, and nothing that refers', async () => {
  await using orchard = await openOrchard({
    shared: { sql: 'CREATE TABLE users (id text);' },
    app: {
      sql: `CREATE TABLE vehicles (user_id text); CREATE TABLE nothing (user_id text);
            INSERT INTO vehicles SELECT repeat(n::text, 200000) FROM generate_series(1, 9) n;`,
      references: [refer('vehicles.user_id', 'shared.users.id'), refer('nothing.user_id', 'shared.users.id')],
    },
  });
  await expect(check(orchard)).resolves.toMatchObject([
    { keys: 9, orphanKeys: 9 },
    { keys: 0, orphanKeys: 0, samples: [] },
  ]);
});

test.each([
  ['a uuid for a text', 'uuid', 'text', 'cascade', 'app.vehicles.user_id is uuid, but shared.users.id is text'],
  [
    'set null for NOT NULL',
    'int NOT NULL',
    'int',
    'set null',
    'app.vehicles.user_id is NOT NULL, so "set null" cannot be done to it',
  ],
  [
    'a date',
    'date',
    'date',
    'cascade',
    'shared.users.id is of type date; references are of integers, uuid, text, varchar or char',
  ],
] as const)('%s is refused: REFERENCE_INVALID', async (_, type, targetType, rule, message) => {
  await using orchard = await openOrchard({
    shared: { sql: `CREATE TABLE users (id ${targetType});` },
    app: {
      sql: `CREATE TABLE vehicles (user_id ${type});`,
      references: [refer('vehicles.user_id', 'shared.users.id', rule)],
    },
  });
  await expect(check(orchard)).rejects.toMatchObject({ code: 'REFERENCE_INVALID', message });
});

test('one reference that is wrong does not keep the others from being checked', async () => {
  await using orchard = await openOrchard({
    shared: { sql: `${USERS} CREATE VIEW people AS SELECT * FROM users;` },
    app: {
      sql: VEHICLES,
      references: [
        refer('cars.user_id', 'shared.users.id'),
        refer('vehicles.owner_id', 'shared.users.id'),
        refer('vehicles.user_id', 'shared.users.id'),
        refer('vehicles.id', 'shared.people.id'),
      ],
    },
  });
  const outcomes = await checkReferences(orchard.references, orchard.access);
  expect(outcomes.map((each) => (each.status === 'failed' ? (each.error as Error).message : each.result.keys))).toEqual(
    [
      'app.cars.user_id: there is no table "cars" in schema "public"',
      'app.vehicles.owner_id: table "vehicles" has no column "owner_id"',
      0,
      'shared.people.id: "people" is not a table',
    ],
  );
});

test('rows that a policy hides are an error, not orphans', async () => {
  await using orchard = await openOrchard({
    shared: { sql: `${USERS} INSERT INTO users VALUES ('${uuid(1)}');` },
    app: {
      sql: `${VEHICLES} INSERT INTO vehicles VALUES (1, '${uuid(1)}');`,
      references: [refer('vehicles.user_id', 'shared.users.id')],
    },
  });
  const shared = orchard.at('shared');
  const role = `reader_${shared.target.parameters.database}`.slice(0, 63);
  await shared.query(`
    CREATE ROLE "${role}" LOGIN PASSWORD 'reader';
    GRANT USAGE ON SCHEMA atriz TO "${role}"; GRANT SELECT ON users, atriz.identity TO "${role}";
    ALTER TABLE users ENABLE ROW LEVEL SECURITY; CREATE POLICY nobody ON users USING (false);`);
  try {
    const parameters = { ...shared.target.parameters, user: role, password: 'reader' };
    const access = {
      open: async (name: string) => (name === 'shared' ? { ...shared.target, parameters } : orchard.access.open(name)),
    };
    const [outcome] = await checkReferences(orchard.references, access);
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { message: 'query would be affected by row-level security policy for table "users"' },
    });
  } finally {
    await shared.query(`DROP OWNED BY "${role}"; DROP ROLE "${role}"`);
  }
});

test('a database of another family is refused, and its ledger is not written to', async () => {
  await using orchard = await openOrchard({
    shared: { sql: USERS },
    app: { sql: VEHICLES, references: [refer('vehicles.user_id', 'shared.users.id')] },
  });
  await orchard.at('app').query(`UPDATE atriz.identity SET family = 'another'`);
  await expect(check(orchard)).rejects.toMatchObject({ code: 'IDENTITY_MISMATCH' });
  await expect(readChecks(orchard.at('app').client)).resolves.toEqual([]);
});
