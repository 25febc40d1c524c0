import type { App } from './app.ts';

const DEEDS = ['create', 'migrate', 'seed', 'clean', 'reset'];
const ENV_EXAMPLE_LINE = /^#\s+apps\/\S+\s+DATABASE_URL=.*$/gm;

/** The root's `package.json` with `db:create:NAME` and its kin, each after those of the other databases. */
export function addRootScripts(text: string, { name, packageName }: App): string {
  const manifest = JSON.parse(text) as { scripts?: Record<string, string> };
  const entries = Object.entries(manifest.scripts ?? {});
  for (const deed of DEEDS) {
    const last = entries.findLastIndex(([key]) => key === `db:${deed}` || key.startsWith(`db:${deed}:`));
    const script = [`db:${deed}:${name}`, `turbo run db:${deed} --filter=${packageName} --only --`] as const;
    entries.splice(last === -1 ? entries.length : last + 1, 0, [...script]);
  }
  const indent = /^[ \t]+/m.exec(text)?.[0] ?? '  ';
  return `${JSON.stringify({ ...manifest, scripts: Object.fromEntries(entries) }, undefined, indent)}\n`;
}

/** `env.example` with a line for the application's own database, after those of the others. */
export function addEnvLine(text: string, { directory, database }: App): string {
  const line = `#   ${`${directory}/.env`.padEnd(21)} DATABASE_URL=postgresql://USER:PASSWORD@HOST:PORT/${database}`;
  const last = [...text.matchAll(ENV_EXAMPLE_LINE)].at(-1);
  if (last === undefined) return `${text.replace(/\n*$/, '\n')}\n${line}\n`;
  const end = last.index + last[0].length;
  return `${text.slice(0, end)}\n${line}${text.slice(end)}`;
}
