import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REPOSITORY, runShell } from './harness/command.ts';
import { startServices } from './harness/services.ts';

test('the script of docs/sign-on.md signs in once, and its token is good at all three', async () => {
  const page = await readFile(join(REPOSITORY, 'docs/sign-on.md'), 'utf8');
  const [, script] = /<!-- run by a test -->\n+```sh\n([^]*?)^```/m.exec(page) ?? [];
  await using services = await startServices({ seeded: true });

  const here = script!
    .replaceAll('http://localhost:3000', services.website)
    .replaceAll('http://localhost:3001', services.mextrack)
    .replaceAll('http://localhost:3002', services.pshop);
  expect(here).not.toMatch(/localhost:300\d\b/);
  const { code, stdout, stderr } = await runShell(here, { cwd: REPOSITORY });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

  const answers = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(answers).toMatchObject([
    { email: 'olivia@atriz.dev' },
    { items: [{ plate: expect.any(String) }, expect.anything()] },
    { items: [{ totalCents: 1800 }, { totalCents: 3390 }] },
  ]);
});
