import { AtrizError, type Definition } from '@atriz/database';
import {
  embeddedParameters,
  findWorkspaceRoot,
  parseConnectionString,
  readEnvironment,
  resolveConnection,
  type ConnectionParameters,
  type Variables,
} from '@atriz/database/workspace';
import { startServer } from '@atriz/server';

/** What the global setup leaves for the test files: the URL of the server that it started for them. */
export const TEST_SERVER_VARIABLE = 'ATRIZ_TEST_SERVER';

/**
 * Where throw-away databases are made: on the server that the global setup started, else on the one that the
 * definition's connection rules name, else on the embedded one. The database named in the result is not to be used.
 *
 * Throws `DESTRUCTIVE_REFUSED` in production, and what `resolveConnection` throws.
 */
export async function findTestServer(
  definition: Definition,
  directory: string,
  variables: Variables,
): Promise<ConnectionParameters> {
  const root = await findWorkspaceRoot(directory);
  const environment = await readEnvironment(root, directory, variables);
  if (environment.find('NODE_ENV', ['process', 'package', 'root'])?.value === 'production') {
    throw new AtrizError('DESTRUCTIVE_REFUSED', 'refused to make test databases: NODE_ENV is "production"', {
      hint: 'run the tests with NODE_ENV=test',
    });
  }
  const url = variables[TEST_SERVER_VARIABLE];
  if (url) return parseConnectionString(url, TEST_SERVER_VARIABLE, '');
  const connection = resolveConnection(definition, environment, { direct: true });
  if (connection.provider === 'postgresql') return connection.parameters;
  return embeddedParameters(await startServer({ root }), connection.database);
}
