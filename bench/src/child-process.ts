import { spawn } from 'node:child_process';

export interface CommandOptions {
  readonly directory: string;
  readonly variables: Readonly<Record<string, string>>;
}

export interface CommandResult {
  /** From just before the process is made until it has ended and its output is read. */
  readonly durationMs: number;
  readonly stdout: string;
}

/** Runs a whole process and times it. Rejects, with the end of what it wrote, unless it exits with 0. */
export async function runCommand(
  [command, ...parameters]: readonly [string, ...string[]],
  { directory, variables }: CommandOptions,
): Promise<CommandResult> {
  const start = performance.now();
  const child = spawn(command, parameters, { cwd: directory, env: variables, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const { promise: closed, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('error', reject).on('close', resolve);
  const code = await closed;
  const durationMs = performance.now() - start;
  if (code === 0) return { durationMs, stdout: output.stdout };
  const said = `${output.stdout}\n${output.stderr}`.trim().slice(-2000);
  throw new Error(`${command} ${parameters.join(' ')} ended with ${code}:\n${said}`);
}
