#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';

const [major] = process.versions.node.split('.');
const main = new URL('../dist/main.js', import.meta.url);

if (Number(major) < 24) {
  console.error(`atriz needs Node 24 or newer, and this is ${process.version}; run it as: pnpm exec atriz`);
  process.exitCode = 1;
} else if (existsSync(main)) {
  enableCompileCache();
  await import(main.href);
} else {
  console.error('atriz is not built yet; build it with: pnpm build');
  process.exitCode = 1;
}
