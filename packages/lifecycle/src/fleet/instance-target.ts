import { AtrizError, type Instance } from '@atriz/database';
import { describeSetting, parseConnectionString, type Environment } from '@atriz/database/workspace';
import type { Target } from '../target.ts';

/**
 * Where an instance is: on the definition's own server with the definition's own account, as far as the instance does
 * not say otherwise. Connects to nothing.
 *
 * Throws `CONNECTION_NOT_CONFIGURED` and `CONNECTION_STRING_INVALID` where the instance has a variable of its own.
 */
export function openInstance(home: Target, instance: Instance, environment: Environment): Target {
  const { name, database = name, host, port, urlVariable } = instance;
  if (urlVariable === undefined) {
    const place = { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) };
    return { ...home, instance: name, parameters: { ...home.parameters, ...place, database } };
  }
  const setting = environment.find(urlVariable, ['process', 'package']);
  if (setting === undefined) {
    throw new AtrizError('CONNECTION_NOT_CONFIGURED', `nothing says where "${name}" is: ${urlVariable} is not set`, {
      hint: `set ${urlVariable} in the environment, or in the .env of ${home.database.owner}`,
    });
  }
  const parameters = parseConnectionString(setting.value, describeSetting(setting), home.parameters.user);
  return { ...home, instance: name, provider: 'postgresql', parameters, settings: [setting] };
}
