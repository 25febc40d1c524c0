import { randomInt } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seedId } from '@atriz/database';
import type { Environment } from '../environment.ts';
import { RUNTIME_PASSWORD, signIn, startServices } from '../fixtures/services.ts';
import { runLoad } from '../load.ts';
import { runRounds } from '../rounds.ts';
import type { Row } from '../row.ts';

const CLIENTS = 10;
const SECONDS = 8;
const SELLER = 'olivia@atriz.dev';
const SKUS = ['BAG-CANVAS', 'BOOK-NOTES-A5', 'BOTTLE-500', 'CABLE-USB-C', 'CAP-BLACK', 'CARD-THANKS'];
const PIECES = 100_000_000;

const OURS = 'POST /sales';
const PEER = 'pgbench, the same SQL';

/** A cart of one product, one of six: ten tills, and no stock that ends. */
export const checkout: Row = {
  name: 'checkout',
  title: 'checkouts a second, ten tills at once',
  unit: '/s',
  comparisons: [{ ours: OURS, peer: PEER }],
  run: async (environment) => {
    await using services = await startServices(environment, 'pshop');
    const token = await signIn(services.website, SELLER);
    const ids = SKUS.map((sku) => seedId(`product:${sku}`));
    await environment.query(
      'pshop_db',
      `INSERT INTO stock_movements (product_id, quantity_change, reason)
       SELECT id, ${PIECES}, 'adjustment' FROM products`,
      'CHECKPOINT',
    );
    const script = join(await environment.makeDirectory('checkout'), 'checkout.pgbench');
    await writeFile(script, pgbenchScript(ids));
    const nextBody = (): string => {
      const lines = [{ productId: ids[randomInt(ids.length)], quantity: 1 }];
      return JSON.stringify({ paymentMethod: 'card', lines });
    };
    const headers = { authorization: `Bearer ${token}` };
    return await runRounds(
      {
        [OURS]: async () => {
          const load = { url: `${services.url}/sales`, method: 'POST', headers, nextBody } as const;
          return (await runLoad({ ...load, connections: CLIENTS, until: { seconds: SECONDS } })).answersASecond;
        },
        [PEER]: () => runPgbench(environment, script),
      },
      { rounds: 5, onFigure: environment.onFigure },
    );
  },
};

/** What the service sends for a checkout, message by message. */
function pgbenchScript(ids: readonly string[]): string {
  return `\\set pick random(1, ${ids.length})
BEGIN ISOLATION LEVEL read committed\\; SET LOCAL atriz.user_id = '${seedId(`user:${SELLER}`)}'\\; SET LOCAL atriz.user_roles = 'member';
SELECT check_out(gen_random_uuid(), 'card', ARRAY[('{${ids.join(',')}}'::uuid[])[:pick]], ARRAY[1]::bigint[], NULL, repeat('0', 64)) AS prices, now() AS sold_at;
COMMIT;
`;
}

async function runPgbench({ run, programs }: Environment, script: string): Promise<number> {
  const flags = ['-n', '-M', 'simple', '-f', script, '-c', String(CLIENTS), '-j', '2', '-T', String(SECONDS)];
  const { stdout } = await run([join(programs.directory, 'pgbench'), ...flags, 'pshop_db'], {
    variables: { PGUSER: 'pshop_db_app', PGPASSWORD: RUNTIME_PASSWORD },
  });
  const [, figure] = /^tps = ([\d.]+)/m.exec(stdout) ?? [];
  if (figure === undefined) throw new Error(`pgbench said no tps:\n${stdout}`);
  return Number(figure);
}
