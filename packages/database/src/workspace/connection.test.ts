import { userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../test/directory.ts';
import { defineDatabase } from '../definition.ts';
import { describeSetting, resolveConnection, type Connection, type ResolveOptions } from './connection.ts';
import { readEnvironment } from './environment.ts';

const APP = defineDatabase({ name: 'app_db' });
const CORE = defineDatabase({ name: 'atriz_shared', urlVariable: 'SHARED_DATABASE_URL' });
const POOLED = defineDatabase({ name: 'app_db', directUrlVariable: 'DIRECT_DATABASE_URL' });
const OS_USER = userInfo().username;

interface Sources {
  readonly definition?: typeof APP;
  readonly process?: Readonly<Record<string, string>>;
  readonly package?: string;
  readonly root?: string;
  readonly options?: ResolveOptions;
}

async function resolve({ definition = APP, process = {}, options = {}, ...files }: Sources): Promise<Connection> {
  await using directory = await temporaryDirectory({
    ...(files.root === undefined ? {} : { '.env': files.root }),
    ...(files.package === undefined ? {} : { 'app/.env': files.package }),
  });
  const environment = await readEnvironment(directory.path, `${directory.path}/app`, process);
  return resolveConnection(definition, environment, options);
}

/** Where the connection leads and what decided it, in one line. */
function summarise(connection: Connection): string {
  const decided = connection.settings.map(describeSetting).join(', ') || 'nothing';
  if (connection.provider === 'embedded') return `embedded ${connection.database}, by ${decided}`;
  const { user, password, host, port, database, ssl } = connection.parameters;
  const tls = ssl === undefined ? '' : ` ssl ${JSON.stringify(ssl)}`;
  return `${user}:${password ?? ''}@${host}:${port}/${database}${tls}, by ${decided}`;
}

const url = (host: string): string => `postgresql://u:p@${host}/named`;

test.each<[string, Sources, string]>([
  [
    'the process’s URL beats every file and every PG variable',
    {
      process: { DATABASE_URL: url('process'), PGHOST: 'pghost' },
      package: `DATABASE_URL=${url('package')}`,
      root: 'PGHOST=root',
    },
    'u:p@process:5432/named, by DATABASE_URL of the process',
  ],
  [
    'the package’s URL beats PG variables, of the process too',
    { process: { PGHOST: 'pghost' }, package: `DATABASE_URL=${url('package')}` },
    'u:p@package:5432/named, by DATABASE_URL of app/.env',
  ],
  [
    'an empty URL of the process does not hide the package’s',
    { process: { DATABASE_URL: '' }, package: `DATABASE_URL=${url('package')}` },
    'u:p@package:5432/named, by DATABASE_URL of app/.env',
  ],
  ['a URL in the root’s .env is nobody’s', { root: `DATABASE_URL=${url('root')}` }, 'embedded app_db, by nothing'],
  [
    'core goes by its own variable',
    {
      definition: CORE,
      process: { DATABASE_URL: url('apps'), SHARED_DATABASE_URL: url('shared') },
    },
    'u:p@shared:5432/named, by SHARED_DATABASE_URL of the process',
  ],
  [
    'the URL of the apps is not core’s',
    { definition: CORE, process: { DATABASE_URL: url('apps') } },
    'embedded atriz_shared, by nothing',
  ],
  [
    'PG variables of the process, with the definition’s name',
    {
      process: { PGHOST: 'pg', PGPORT: '6543', PGUSER: 'me', PGPASSWORD: 'pw', PGSSLMODE: 'disable' },
    },
    'me:pw@pg:6543/app_db ssl false, by PGHOST of the process, PGPORT of the process, PGUSER of the process, ' +
      'PGPASSWORD of the process, PGSSLMODE of the process',
  ],
  [
    'PG variables of the root’s .env, each beaten by the process’s',
    { process: { PGPORT: '7000' }, root: 'PGHOST=pg\nPGPORT=6000\nPGUSER=me' },
    'me:@pg:7000/app_db, by PGHOST of .env, PGPORT of the process, PGUSER of .env',
  ],
  ['PG variables of the package’s .env do not count', { package: 'PGHOST=pg' }, 'embedded app_db, by nothing'],
  ['a lone password names no server', { process: { PGPASSWORD: 'pw' } }, 'embedded app_db, by nothing'],
  ['a host alone is enough', { process: { PGHOST: 'pg' } }, `${OS_USER}:@pg:5432/app_db, by PGHOST of the process`],
  [
    'a port alone means this machine',
    { process: { PGPORT: '6000' } },
    `${OS_USER}:@localhost:6000/app_db, by PGPORT of the process`,
  ],
  [
    'TLS that verifies nothing',
    { process: { PGHOST: 'pg', PGUSER: 'me', PGSSLMODE: 'no-verify' } },
    'me:@pg:5432/app_db ssl {"rejectUnauthorized":false}, by PGHOST of the process, PGUSER of the process, PGSSLMODE of the process',
  ],
  ['nothing at all means the embedded server', {}, 'embedded app_db, by nothing'],
  [
    'DATABASE_PROVIDER=embedded beats a URL',
    { process: { DATABASE_PROVIDER: 'embedded', DATABASE_URL: url('process') } },
    'embedded app_db, by DATABASE_PROVIDER of the process',
  ],
  [
    'the provider may be named in the root’s .env',
    { root: 'DATABASE_PROVIDER=embedded', process: { PGHOST: 'pg' } },
    'embedded app_db, by DATABASE_PROVIDER of .env',
  ],
  [
    'DATABASE_PROVIDER=postgresql takes the URL',
    { process: { DATABASE_PROVIDER: 'postgresql', DATABASE_URL: url('process') } },
    'u:p@process:5432/named, by DATABASE_URL of the process, DATABASE_PROVIDER of the process',
  ],
  [
    'DATABASE_PROVIDER=postgresql takes the PG variables',
    { process: { DATABASE_PROVIDER: 'postgresql', PGHOST: 'pg', PGUSER: 'me' } },
    'me:@pg:5432/app_db, by PGHOST of the process, PGUSER of the process, DATABASE_PROVIDER of the process',
  ],
  [
    'production takes a URL',
    { process: { NODE_ENV: 'production', DATABASE_URL: url('process') } },
    'u:p@process:5432/named, by DATABASE_URL of the process',
  ],
  [
    'production takes PG variables only from a provider that is named',
    { process: { NODE_ENV: 'production', DATABASE_PROVIDER: 'postgresql', PGHOST: 'pg', PGUSER: 'me' } },
    'me:@pg:5432/app_db, by PGHOST of the process, PGUSER of the process, DATABASE_PROVIDER of the process',
  ],
  [
    'the direct URL serves a caller that needs a session',
    {
      definition: POOLED,
      process: { DATABASE_URL: url('pooler'), DIRECT_DATABASE_URL: url('direct') },
      options: { direct: true },
    },
    'u:p@direct:5432/named, by DIRECT_DATABASE_URL of the process',
  ],
  [
    'the direct URL serves nobody else',
    { definition: POOLED, process: { DATABASE_URL: url('pooler'), DIRECT_DATABASE_URL: url('direct') } },
    'u:p@pooler:5432/named, by DATABASE_URL of the process',
  ],
  [
    'without a direct URL the other one serves',
    { definition: POOLED, process: { DATABASE_URL: url('pooler') }, options: { direct: true } },
    'u:p@pooler:5432/named, by DATABASE_URL of the process',
  ],
  [
    'a URL of the process beats a direct URL of a file',
    {
      definition: POOLED,
      process: { DATABASE_URL: url('process') },
      package: `DIRECT_DATABASE_URL=${url('direct')}`,
      options: { direct: true },
    },
    'u:p@process:5432/named, by DATABASE_URL of the process',
  ],
  [
    'both from the file: the direct one',
    {
      definition: POOLED,
      package: `DATABASE_URL=${url('pooler')}\nDIRECT_DATABASE_URL=${url('direct')}`,
      options: { direct: true },
    },
    'u:p@direct:5432/named, by DIRECT_DATABASE_URL of app/.env',
  ],
  [
    'a direct URL that no definition names does not count',
    { process: { DATABASE_URL: url('pooler'), DIRECT_DATABASE_URL: url('direct') }, options: { direct: true } },
    'u:p@pooler:5432/named, by DATABASE_URL of the process',
  ],
])('%s', async (_, sources, expected) => {
  expect(summarise(await resolve(sources))).toBe(expected);
});

test.each<[string, Sources, string, string]>([
  [
    'production guesses nothing, not even from PG variables',
    { process: { NODE_ENV: 'production', PGHOST: 'pg' } },
    'CONNECTION_NOT_CONFIGURED',
    'NODE_ENV is "production", but nothing says where "app_db" is: DATABASE_URL is not set',
  ],
  [
    'production may be said by a file',
    { package: 'NODE_ENV=production' },
    'CONNECTION_NOT_CONFIGURED',
    'NODE_ENV is "production", but nothing says where "app_db" is: DATABASE_URL is not set',
  ],
  [
    'a provider without its settings names the variables',
    { definition: CORE, root: 'DATABASE_PROVIDER=postgresql' },
    'CONNECTION_NOT_CONFIGURED',
    'DATABASE_PROVIDER of .env is "postgresql", but nothing says where "atriz_shared" is: ' +
      'SHARED_DATABASE_URL or PGHOST is not set',
  ],
  [
    'an unknown provider',
    { process: { DATABASE_PROVIDER: 'oracle', DATABASE_URL: url('process') } },
    'PROVIDER_UNKNOWN',
    'DATABASE_PROVIDER of the process is "oracle"',
  ],
  [
    'a port that is no number',
    { process: { PGHOST: 'pg' }, root: 'PGPORT=five' },
    'SETTING_INVALID',
    'PGPORT of .env is "five", not a port',
  ],
  ['port 0', { process: { PGPORT: '0' } }, 'SETTING_INVALID', 'PGPORT of the process is "0", not a port'],
  ['port 65536', { process: { PGPORT: '65536' } }, 'SETTING_INVALID', 'PGPORT of the process is "65536", not a port'],
  [
    'a URL that does not parse, with variable and file but not its password',
    { package: 'DATABASE_URL=postgresql://u:s3cret@host:port/db' },
    'CONNECTION_STRING_INVALID',
    'DATABASE_URL of app/.env cannot be read as a connection string: ' +
      'it is not a URL; are special characters of the password percent-encoded?',
  ],
])('%s is refused', async (_, sources, code, message) => {
  await expect(resolve(sources)).rejects.toMatchObject({ code, message });
});

test('the environment is what NODE_ENV says, else development', async () => {
  await expect(resolve({})).resolves.toMatchObject({ environment: 'development' });
  await expect(resolve({ process: { NODE_ENV: 'test' } })).resolves.toMatchObject({ environment: 'test' });
  await expect(resolve({ root: 'NODE_ENV=staging' })).resolves.toMatchObject({ environment: 'staging' });
});
