import { AtrizError } from '@atriz/database';
import { runKeyCommand } from './command.ts';

const FAILED = 1;
const MISUSED = 2;

try {
  const { argv, env: variables } = process;
  const text = await runKeyCommand({ args: argv.slice(2), directory: process.cwd(), variables, now: new Date() });
  process.stdout.write(text);
} catch (error) {
  if (!(error instanceof AtrizError)) throw error;
  const { code, message, hint } = error;
  process.stderr.write(`${code}: ${message}\n${hint === undefined ? '' : `  ${hint}\n`}`);
  process.exitCode = code === 'ARGUMENT_INVALID' ? MISUSED : FAILED;
}
