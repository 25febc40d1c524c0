import { expect, test } from 'vitest';
import { openOrchard, type Orchard } from '../../test/orchard.ts';
import type { Context } from '../context.ts';
import { maintainDatabase, type MaintainResult } from './maintain.ts';

const TABLES = `
CREATE TABLE tokens (id int, expires_at timestamptz);
CREATE TABLE visits (at timestamptz NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE visits_default PARTITION OF visits DEFAULT;
CREATE FUNCTION create_visits(from_date date, months integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE created integer := 0;
BEGIN
  FOR step IN 0..months - 1 LOOP
    CONTINUE WHEN to_regclass('visits_' || step) IS NOT NULL;
    EXECUTE format('CREATE TABLE visits_%s PARTITION OF visits FOR VALUES FROM (%L) TO (%L)', step,
      date_trunc('month', from_date) + make_interval(months => step),
      date_trunc('month', from_date) + make_interval(months => step + 1));
    created := created + 1;
  END LOOP;
  RETURN created;
END $$;`;
const EXPIRED = [{ table: 'tokens', column: 'expires_at', keepDays: 7 }];
const OLD = `INSERT INTO tokens SELECT n, now() - interval '8 days' FROM generate_series(1, 12000) n`;

function plant(maintenance: object, sql = TABLES): Promise<Orchard> {
  return openOrchard({ shared: { sql, maintenance } });
}

function maintain(orchard: Orchard, context: Context = {}): Promise<MaintainResult> {
  return maintainDatabase(orchard.at('shared').target, { family: orchard, access: orchard.access }, context);
}

test('it makes partitions, deletes what expired long enough ago, gathers statistics, and says so in the ledger', async () => {
  await using orchard = await plant({ expired: EXPIRED, partitions: [{ function: 'create_visits', months: 3 }] });
  const { query, list } = orchard.at('shared');
  await query(`${OLD}; INSERT INTO tokens VALUES (-1, now() - interval '6 days'), (-2, NULL), (-3, 'infinity')`);
  const said: string[] = [];
  await expect(maintain(orchard, { onProgress: (line) => void said.push(line) })).resolves.toStrictEqual({
    busy: false,
    partitions: [{ function: 'create_visits', created: 3 }],
    expired: [{ table: 'tokens', rows: 12_000 }],
    deletions: [],
    analyzed: 3,
  });
  expect(said[0]).toBe(
    'to do: partitions for 3 months, by create_visits; rows of tokens whose expires_at is 7 days ago; statistics for the planner',
  );
  await expect(list('SELECT id FROM tokens ORDER BY id')).resolves.toStrictEqual([-3, -2, -1]);
  await expect(
    list(`SELECT stadistinct::int FROM pg_statistic WHERE starelid = 'tokens'::regclass AND staattnum = 1`),
  ).resolves.toHaveLength(1);

  await expect(maintain(orchard)).resolves.toStrictEqual({
    busy: false,
    partitions: [{ function: 'create_visits', created: 0 }],
    expired: [{ table: 'tokens', rows: 0 }],
    deletions: [],
    analyzed: 0,
  });
  await expect(
    query(`SELECT outcome, changes FROM atriz.runs WHERE command = 'maintain' ORDER BY started_at`),
  ).resolves.toEqual([
    { outcome: 'done', changes: ['create_visits 3', 'tokens 12000', 'statistics'] },
    { outcome: 'done', changes: [] },
  ]);
  await query(`UPDATE atriz.runs SET started_at = started_at - interval '20 hours'`);
  await expect(maintain(orchard)).resolves.toMatchObject({ analyzed: 3 });
});

test('rows that somebody holds are left for the next time', async () => {
  await using orchard = await plant({ expired: EXPIRED });
  const { client, query } = orchard.at('shared');
  await query(OLD);
  await client.query('BEGIN; UPDATE tokens SET id = id WHERE id <= 10');
  await expect(maintain(orchard)).resolves.toMatchObject({ expired: [{ rows: 11_990 }] });
  await client.query('ROLLBACK');
  await expect(maintain(orchard)).resolves.toMatchObject({ expired: [{ rows: 10 }] });
});

test('one of twenty at once works, or several one after the other; nothing is done twice and nobody fails', async () => {
  await using orchard = await plant({ expired: EXPIRED, partitions: [{ function: 'create_visits', months: 3 }] });
  await orchard.at('shared').query(OLD);
  const results = await Promise.all(Array.from({ length: 20 }, () => maintain(orchard)));
  const sum = (of: (result: MaintainResult) => number): number =>
    results.map(of).reduce((one, other) => one + other, 0);
  expect(sum(({ expired }) => expired[0]?.rows ?? 0)).toBe(12_000);
  expect(sum(({ partitions }) => partitions[0]?.created ?? 0)).toBe(3);
  expect(sum(({ analyzed }) => analyzed)).toBe(3);
});

test('partitions belong to whom their function belongs to, and he may run it himself', async () => {
  await using orchard = await plant({ expired: EXPIRED, partitions: [{ function: 'create_visits', months: 3 }] });
  const { query, list, target } = orchard.at('shared');
  const owner = `${target.parameters.database}_keeper`;
  await query(`CREATE ROLE ${owner} LOGIN PASSWORD 'keeper' BYPASSRLS`);
  try {
    await query(`GRANT CREATE, CONNECT ON DATABASE ${target.parameters.database} TO ${owner};
      GRANT CREATE, USAGE ON SCHEMA public, atriz TO ${owner};
      DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT oid::regclass FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace::regnamespace::text IN ('public', 'atriz')
        LOOP EXECUTE format('ALTER TABLE %s OWNER TO ${owner}', name); END LOOP;
      END $$;
      ALTER FUNCTION create_visits OWNER TO ${owner}; ${OLD}`);
    await expect(maintain(orchard)).resolves.toMatchObject({ partitions: [{ created: 3 }] });
    await expect(
      list(`SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relname ~ '^visits'`),
    ).resolves.toStrictEqual([owner]);

    await query(`DROP TABLE visits_2; ${OLD}; UPDATE atriz.runs SET started_at = started_at - interval '1 day'`);
    const asOwner = { ...target, parameters: { ...target.parameters, user: owner, password: 'keeper' } };
    await expect(maintainDatabase(asOwner, { family: orchard, access: orchard.access })).resolves.toMatchObject({
      partitions: [{ created: 1 }],
      expired: [{ rows: 12_000 }],
      analyzed: 3,
    });
  } finally {
    await query(`REASSIGN OWNED BY ${owner} TO CURRENT_USER; DROP OWNED BY ${owner}; DROP ROLE ${owner}`);
  }
});

test('while one is at work, another does nothing, and leaves no run', async () => {
  await using orchard = await plant({ expired: EXPIRED });
  const { query } = orchard.at('shared');
  await query(OLD);
  await query('SELECT pg_advisory_lock(7241865325823966)');
  await expect(maintain(orchard)).resolves.toStrictEqual({
    busy: true,
    partitions: [],
    expired: [],
    deletions: [],
    analyzed: 0,
  });
  await query('SELECT pg_advisory_unlock(7241865325823966)');
  await expect(query(`SELECT FROM atriz.runs WHERE command = 'maintain'`)).resolves.toHaveLength(0);
});

test('what fails keeps nothing else from being done, and is told in the end', async () => {
  await using orchard = await plant({ expired: EXPIRED, partitions: [{ function: 'create_nothing', months: 3 }] });
  const { query } = orchard.at('shared');
  await query(OLD);
  await expect(maintain(orchard)).rejects.toMatchObject({
    code: 'MAINTENANCE_FAILED',
    message: 'partitions for 3 months, by create_nothing: function public.create_nothing(date, integer) does not exist',
  });
  await expect(query('SELECT FROM tokens')).resolves.toHaveLength(0);
  await expect(query(`SELECT outcome, changes FROM atriz.runs WHERE command = 'maintain'`)).resolves.toEqual([
    { outcome: 'failed', changes: ['tokens 12000', 'statistics'] },
  ]);
});

test('a database that is another’s is left alone', async () => {
  await using orchard = await plant({ expired: EXPIRED });
  const { query } = orchard.at('shared');
  await query(`${OLD}; UPDATE atriz.identity SET definition = 'other'`);
  await expect(maintain(orchard)).rejects.toMatchObject({ code: 'IDENTITY_MISMATCH' });
  await expect(query('SELECT FROM tokens')).resolves.toHaveLength(12_000);
});
