import { fileURLToPath } from 'node:url';
import type { Environment } from './environment.ts';

/** What a script printed, and how long its whole process took. */
export interface ChildReport<Report> {
  readonly report: Report;
  readonly durationMs: number;
}

export interface ChildOptions {
  readonly variables?: Readonly<Record<string, string>>;
  readonly nodeFlags?: readonly string[];
}

/** Runs one of `children/` in a Node of its own, so that no contestant meets another's heap, and parses its report. */
export async function runChild<Report>(
  environment: Pick<Environment, 'run'>,
  script: URL,
  parameters: readonly string[],
  { variables = {}, nodeFlags = [] }: ChildOptions = {},
): Promise<ChildReport<Report>> {
  const command = [process.execPath, ...nodeFlags, fileURLToPath(script), ...parameters] as const;
  const { stdout, durationMs } = await environment.run(command, { variables });
  return { report: JSON.parse(stdout) as Report, durationMs };
}
