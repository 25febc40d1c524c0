import { REPOSITORY, runAtriz } from './command.ts';

/** Every command that can be run, such as `migrate up`, as `--help` tells them: a group alone is none. */
export async function readCommands(path: readonly string[] = []): Promise<string[]> {
  const { stdout } = await runAtriz([...path, '--help'], { cwd: REPOSITORY });
  const start = stdout.indexOf('Commands:');
  if (start === -1) return [path.join(' ')];
  const names = [...stdout.slice(start).matchAll(/^ {2}([a-z][a-z-]*)\b/gm)].map(([, name]) => name!);
  const inner = await Promise.all(names.filter((name) => name !== 'help').map((name) => readCommands([...path, name])));
  return inner.flat();
}
