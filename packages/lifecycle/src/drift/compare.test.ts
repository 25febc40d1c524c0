import { afterAll, expect, test } from 'vitest';
import { openPlantation } from '../../test/plantation.ts';
import type { Catalog } from './catalog.ts';
import { compareCatalogs } from './compare.ts';
import { readCatalog } from './read-catalog.ts';
import { describeDifference, DRIFT } from './sentence.ts';

const plants = await openPlantation();
const role = `role_of_${plants.target.parameters.database}`;
afterAll(async () => {
  await plants.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await plants[Symbol.asyncDispose]();
});

await plants.query(`
  CREATE ROLE ${role};
  CREATE TYPE size AS ENUM ('small', 'large');
  CREATE DOMAIN latin AS text CONSTRAINT latin_words CHECK (VALUE ~ ' ');
  CREATE TYPE place AS (bed int, row int);
  CREATE SEQUENCE counter;
  CREATE TABLE species (id int GENERATED ALWAYS AS IDENTITY CONSTRAINT species_pkey PRIMARY KEY, name varchar(20) NOT NULL DEFAULT 'fern');
  CREATE TABLE plants (
    id bigint CONSTRAINT plants_pkey PRIMARY KEY, species int, height numeric(5, 2), at timestamptz,
    doubled numeric GENERATED ALWAYS AS (height * 2) STORED, "Note" text,
    CONSTRAINT plants_tall CHECK (height > 0),
    CONSTRAINT plants_species_fkey FOREIGN KEY (species) REFERENCES species);
  CREATE INDEX plants_species_idx ON plants (species);
  CREATE TABLE measured (at date NOT NULL, value int) PARTITION BY RANGE (at);
  CREATE TABLE measured_2024 PARTITION OF measured FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
  CREATE VIEW tall AS SELECT id FROM plants WHERE height > 3;
  CREATE VIEW three AS SELECT 3 AS number;
  CREATE MATERIALIZED VIEW counts AS SELECT species, count(*) FROM plants GROUP BY species;
  CREATE FUNCTION grow(by int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  RETURN by * 2;
END $$;
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
  CREATE TRIGGER plants_touch BEFORE UPDATE ON plants FOR EACH ROW EXECUTE FUNCTION touch();
  CREATE POLICY own ON plants FOR SELECT USING (id > 0);
  CREATE STATISTICS plants_stat ON species, height FROM plants;
  CREATE RULE quiet AS ON DELETE TO species DO INSTEAD NOTHING;
  COMMENT ON TABLE plants IS 'What grows.';
  GRANT SELECT ON plants TO ${role};
  CREATE SCHEMA "Green House";
  CREATE TABLE "Green House".pots (id int);`);

const before = await read();

test.each<readonly [change: string, ...sentences: string[]]>([
  ['SELECT 1'],
  ['INSERT INTO species DEFAULT VALUES; SELECT nextval($$counter$$); REFRESH MATERIALIZED VIEW counts; ANALYZE'],
  ['CREATE SCHEMA moor', 'schema moor is in the database, but no migration makes it'],
  ['CREATE TABLE moss (id int PRIMARY KEY)', 'table moss is in the database, but no migration makes it'],
  ['CREATE UNLOGGED TABLE atriz_moss (id int); DROP TABLE atriz_moss'],
  [
    'DROP TABLE plants CASCADE',
    'materialized view counts is missing in the database',
    'table plants is missing in the database',
    'view tall is missing in the database',
  ],
  ['DROP TABLE "Green House".pots', 'table "Green House".pots is missing in the database'],
  ['ALTER TABLE plants SET UNLOGGED', 'table plants is unlogged, the migrations make it logged'],
  [
    'ALTER TABLE plants SET (fillfactor = 70)',
    'table plants has the options fillfactor=70, the migrations give it no options',
  ],
  [
    'ALTER TABLE plants REPLICA IDENTITY FULL',
    'table plants has the replica identity full, the migrations give it no replica identity',
  ],
  [
    'ALTER TABLE plants ENABLE ROW LEVEL SECURITY',
    'table plants is under row-level security, the migrations make it without row-level security',
  ],
  ['COMMENT ON TABLE plants IS NULL', `table plants has no comment, the migrations give it the comment 'What grows.'`],
  [
    'ALTER TABLE species ALTER name TYPE text',
    'table species: column name is text, the migrations make it varchar(20)',
  ],
  [
    'ALTER TABLE plants ALTER at TYPE timestamp',
    'table plants: column at is timestamp, the migrations make it timestamptz',
  ],
  [
    'ALTER TABLE species ALTER name DROP NOT NULL',
    'table species: column name is nullable, the migrations make it NOT NULL',
  ],
  [
    'ALTER TABLE species ALTER name DROP DEFAULT',
    `table species: column name has no default, the migrations give it the default 'fern'::character varying`,
  ],
  [
    'ALTER TABLE plants ADD "New one" int',
    'table plants: column "New one" is in the database, but no migration makes it',
  ],
  ['ALTER TABLE plants DROP "Note"', 'table plants: column "Note" is missing in the database'],
  [
    'ALTER TABLE plants ALTER "Note" TYPE text COLLATE "C"',
    'table plants: column "Note" has the collation "C", the migrations give it no collation',
  ],
  [
    'ALTER TABLE plants ALTER "Note" SET STORAGE EXTERNAL',
    'table plants: column "Note" has the storage external, the migrations give it no storage',
  ],
  [
    'ALTER TABLE plants ALTER doubled DROP EXPRESSION',
    'table plants: column doubled is not generated, the migrations make it generated as ((height * (2)::numeric)) STORED',
  ],
  [
    'ALTER TABLE species ALTER id SET GENERATED BY DEFAULT',
    'table species: column id is generated by default as identity (from 1 to 2147483647, starts at 1, increments by 1, caches 1), the migrations make it generated always as identity (from 1 to 2147483647, starts at 1, increments by 1, caches 1)',
  ],
  [
    `COMMENT ON COLUMN plants.height IS 'cm'`,
    `table plants: column height has the comment 'cm', the migrations give it no comment`,
  ],
  ['ALTER TABLE plants DROP CONSTRAINT plants_tall', 'table plants: constraint plants_tall is missing in the database'],
  [
    'ALTER TABLE plants DROP CONSTRAINT plants_tall; ALTER TABLE plants ADD CONSTRAINT plants_tall CHECK (height > 1)',
    'table plants: constraint plants_tall is CHECK ((height > (1)::numeric)), the migrations make it CHECK ((height > (0)::numeric))',
  ],
  [
    'ALTER TABLE plants DROP CONSTRAINT plants_tall; ALTER TABLE plants ADD CONSTRAINT plants_tall CHECK (height > 0) NOT VALID',
    'table plants: constraint plants_tall is not validated, the migrations make it validated',
  ],
  ['DROP INDEX plants_species_idx', 'table plants: index plants_species_idx is missing in the database'],
  ['CREATE INDEX hand ON plants (at)', 'table plants: index hand is in the database, but no migration makes it'],
  [
    'DROP INDEX plants_species_idx; CREATE INDEX plants_species_idx ON plants (species DESC)',
    'table plants: index plants_species_idx is CREATE INDEX plants_species_idx ON public.plants USING btree (species DESC), the migrations make it CREATE INDEX plants_species_idx ON public.plants USING btree (species)',
  ],
  [
    `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'plants_species_idx'::regclass`,
    'table plants: index plants_species_idx is invalid, the migrations make it valid',
  ],
  [
    'CREATE OR REPLACE VIEW three AS SELECT 4 AS number',
    `view three was changed by hand:
    - SELECT 3 AS number;
    + SELECT 4 AS number;`,
  ],
  [
    `ALTER VIEW tall SET (security_barrier)`,
    'view tall has the options security_barrier=true, the migrations give it no options',
  ],
  [
    'CREATE OR REPLACE FUNCTION grow(by int) RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN by * 3;\nEND $$',
    `function grow(integer) was changed by hand:
     BEGIN
    -  RETURN by * 2;
    +  RETURN by * 3;
     END $function$`,
  ],
  [
    'CREATE FUNCTION grow(by text) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
    'function grow(text) is in the database, but no migration makes it',
  ],
  [
    'CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$',
    `function touch() was changed by hand:
      LANGUAGE plpgsql
    -AS $function$ BEGIN RETURN NEW; END $function$
    +AS $function$ BEGIN RETURN OLD; END $function$`,
  ],
  ['DROP TRIGGER plants_touch ON plants', 'table plants: trigger plants_touch is missing in the database'],
  [
    'ALTER TABLE plants DISABLE TRIGGER plants_touch',
    'table plants: trigger plants_touch is disabled, the migrations make it enabled',
  ],
  ['DROP RULE quiet ON species', 'table species: rule quiet is missing in the database'],
  [
    'ALTER POLICY own ON plants USING (id > 1)',
    'table plants: policy own is PERMISSIVE FOR SELECT TO PUBLIC USING ((id > 1)), the migrations make it PERMISSIVE FOR SELECT TO PUBLIC USING ((id > 0))',
  ],
  ['DROP STATISTICS plants_stat', 'table plants: statistics plants_stat is missing in the database'],
  [
    'ALTER SEQUENCE counter INCREMENT BY 2',
    'sequence counter has the range bigint from 1 to 9223372036854775807, starts at 1, increments by 2, caches 1, the migrations give it the range bigint from 1 to 9223372036854775807, starts at 1, increments by 1, caches 1',
  ],
  [
    'ALTER SEQUENCE counter OWNED BY plants.id',
    'sequence counter is owned by plants.id, the migrations make it owned by no column',
  ],
  [
    `ALTER TYPE size RENAME VALUE 'large' TO 'big'`,
    `type size is an enum of 'small', 'big', the migrations make it an enum of 'small', 'large'`,
  ],
  ['DROP DOMAIN latin', 'type latin is missing in the database'],
  ['ALTER DOMAIN latin SET NOT NULL', 'type latin is NOT NULL, the migrations make it nullable'],
  [`ALTER DOMAIN latin DROP CONSTRAINT latin_words`, 'type latin: constraint latin_words is missing in the database'],
  [
    'ALTER TYPE place ADD ATTRIBUTE depth int',
    'type place is a composite of bed integer, "row" integer, depth integer, the migrations make it a composite of bed integer, "row" integer',
  ],
  [
    'DROP EXTENSION plpgsql CASCADE',
    'extension plpgsql is missing in the database',
    'function grow(integer) is missing in the database',
    'function touch() is missing in the database',
    'table plants: trigger plants_touch is missing in the database',
  ],
  [
    `GRANT SELECT, INSERT ON plants TO ${role}`,
    `table plants: role ${role} may INSERT, SELECT, the migrations let it SELECT`,
  ],
  [`REVOKE SELECT ON plants FROM ${role}`, `table plants: role ${role} may not SELECT, which the migrations let it`],
  [
    `GRANT UPDATE (height) ON plants TO ${role}`,
    `table plants: role ${role} on column height may UPDATE, which no migration lets it`,
  ],
  [
    'REVOKE EXECUTE ON FUNCTION grow(int) FROM PUBLIC',
    'function grow(integer): role PUBLIC may not EXECUTE, which the migrations let it',
  ],
  ['REVOKE EXECUTE ON FUNCTION grow(int) FROM PUBLIC; GRANT EXECUTE ON FUNCTION grow(int) TO PUBLIC'],
  [
    `ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${role}`,
    `default privileges on tables that whoever migrates makes for ${role} is in the database, but no migration makes it`,
  ],
  ["CREATE TABLE measured_2025 PARTITION OF measured FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')"],
  ['DROP TABLE measured_2024', 'table measured_2024 is missing in the database'],
  [
    'ALTER TABLE measured ADD note text',
    'table measured: column note is in the database, but no migration makes it',
    'table measured_2024: column note is in the database, but no migration makes it',
  ],
  [`ALTER TABLE plants OWNER TO ${role}`],
  ['CREATE VIEW pgmigrations_view AS SELECT 1 AS one; DROP VIEW pgmigrations_view'],
])('%s', async (change, ...sentences) => {
  const found = compareCatalogs(before, await readAfter(change), { lenient: true });
  const told = found.map((each) => describeDifference(each, DRIFT));
  expect(told).toEqual(sentences);
});

function read(): Promise<Catalog> {
  return readAfter('SELECT 1');
}

async function readAfter(change: string): Promise<Catalog> {
  try {
    await plants.client.query(`BEGIN; ${change}`);
    return await readCatalog(plants.client, 'pgmigrations');
  } finally {
    await plants.client.query('ROLLBACK');
  }
}
