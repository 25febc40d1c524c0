import { access, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { readPackages } from '@atriz/database/workspace';
import { VERSION } from '@atriz/lifecycle';
import { EXIT } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';
import { planApp, type Surrounding } from '../new-app/app.ts';
import { makeApp } from '../new-app/make-app.ts';
import { install } from '../new-app/pnpm.ts';

export interface NewOptions {
  /** Default true. */
  readonly install?: boolean | undefined;
}

interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Makes an application with a database of its own, and says what to type next. */
export async function newApp(
  { family, reporter, options, surroundings }: Invocation,
  name: string,
  { install: wanted = true }: NewOptions,
): Promise<number> {
  const { root } = family;
  const app = planApp(name, await readSurrounding(root, family.databases, name));
  reporter.line(`making ${app.directory}: ${app.packageName}, with the database ${app.database}`);
  const { variables, signal } = surroundings;
  const made = await makeApp(root, app, {
    now: Date.now(),
    install: async () => {
      if (!wanted) return;
      reporter.progress('', 'pnpm install');
      await install(root, { variables, signal });
    },
  });
  const next = [
    ...(wanted ? [] : ['pnpm install']),
    'pnpm db:setup',
    `pnpm vitest run ${app.directory}`,
    `pnpm --filter ${app.packageName} migrate:create NAME`,
  ];
  if (options.json) {
    const { packageName, database, directory } = app;
    reporter.json({ name, package: packageName, database, directory, ...made, next });
  }
  for (const file of made.files) reporter.line(`  ${app.directory}/${file}`);
  reporter.line(`changed ${made.edited.join(', ')}`);
  reporter.line(`next: ${next.join('\n      ')}`);
  return EXIT.done;
}

async function readSurrounding(
  root: string,
  databases: Invocation['family']['databases'],
  name: string,
): Promise<Surrounding> {
  const packages = await readPackages(root);
  const manifests = await Promise.all([root, ...databases.map(({ directory }) => directory)].map(readManifest));
  const [rootManifest, ...owners] = manifests;
  const asked = owners.flatMap(({ dependencies = {}, devDependencies = {} }) =>
    Object.entries({ ...dependencies, ...devDependencies }),
  );
  return {
    packages: packages.map((each) => ({ name: each.name, directory: relative(root, each.directory) })),
    databases: databases.map((each) => each.name),
    rootScripts: Object.keys(rootManifest?.scripts ?? {}),
    occupied: await access(join(root, 'apps', name)).then(
      () => true,
      () => false,
    ),
    version: VERSION,
    specifiers: new Map(asked),
  };
}

async function readManifest(directory: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as Manifest;
}
