import { readdirSync, readFileSync } from 'node:fs';

/** What others on the machine may see of the processes that one has started, and those in turn. */
export interface Descendants extends Disposable {
  /** The programs that were seen, by their names, with how many processes of each. */
  readonly programs: ReadonlyMap<string, number>;
  /** Their command lines and environments, as `ps` shows them. */
  readonly texts: ReadonlySet<string>;
}

const EVERY_MS = 4;

/**
 * Looks at a process's descendants again and again, until it is disposed of; of the process itself it reads the command
 * line. A child that was forked and has not begun its own program yet still is its parent, and is passed over.
 */
export function watchDescendants(pid: number): Descendants {
  const seen = new Map<string, Set<number>>();
  const texts = new Set<string>();
  const look = (): void => {
    const own = read(`/proc/${pid}/cmdline`);
    texts.add(own);
    for (const child of descendantsOf(pid)) {
      const commandLine = read(`/proc/${child}/cmdline`);
      if (commandLine === own || commandLine === '') continue; // not its own program yet, or no more
      texts.add(commandLine).add(read(`/proc/${child}/environ`));
      const program = commandLine.split('\0')[0]!.split(':')[0]!.split('/').at(-1)!; // PostgreSQL says after it what it does
      seen.set(program, (seen.get(program) ?? new Set()).add(child));
    }
  };
  const timer = setInterval(look, EVERY_MS);
  return {
    get programs() {
      return new Map([...seen].map(([program, pids]) => [program, pids.size]));
    },
    texts,
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function descendantsOf(pid: number): number[] {
  const children = list(`/proc/${pid}/task`).flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number),
  );
  return [...children, ...children.flatMap(descendantsOf)];
}

/** Empty for a process that is gone, or another's that may not be looked into. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
