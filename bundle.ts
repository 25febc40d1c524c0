import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { build, type BuildOptions } from 'rolldown';

/** Those that the command loads whatever it does: each becomes a few files of JavaScript (docs/decisions/0018). */
const BUNDLED = ['database', 'lifecycle', 'cli'];

interface Manifest {
  readonly exports?: Readonly<Record<string, { readonly source: string }>>;
}

async function optionsOf(name: string): Promise<BuildOptions> {
  const directory = join(import.meta.dirname, 'packages', name);
  const { exports = { '.': { source: './src/main.ts' } } } = JSON.parse(
    await readFile(join(directory, 'package.json'), 'utf8'),
  ) as Manifest;
  const sources = Object.values(exports).map(({ source }) => join(directory, source));
  const entries = sources.map((path) => [relative(join(directory, 'src'), path).replace(/\.ts$/, ''), path] as const);
  return {
    input: Object.fromEntries(entries),
    platform: 'node',
    external: /^(?![./]|[A-Za-z]:)/, // neither a relative path nor, on Windows too, an absolute one
    output: { dir: join(directory, 'dist'), sourcemap: true, chunkFileNames: 'chunks/[name].js' },
  };
}

await build(await Promise.all(BUNDLED.map(optionsOf)));
