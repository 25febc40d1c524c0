import { availableParallelism } from 'node:os';
import type { CompareReport } from '../children/bcrypt-compare.ts';
import type { Environment } from '../environment.ts';
import { DEVELOPMENT_USERS, PASSWORD, startServices } from '../fixtures/services.ts';
import { runLoad, type LoadResult } from '../load.ts';
import { runChild } from '../node-child.ts';
import { runRounds } from '../rounds.ts';
import type { Row } from '../row.ts';

const COMPARE = new URL('../children/bcrypt-compare.ts', import.meta.url);
const CONNECTIONS = 8;
const SECONDS = 10;

const SIGN_INS = 'POST /auth/sign-in';
const CORES = 'cores ÷ one bcrypt compare (call)';
const HEALTH = 'GET /health, p99';

/** Eight clients who sign in again and again, beside what the processor can compare if it does nothing else. */
export const signIns: Row = {
  name: 'sign-ins',
  title: 'sign-ins a second at cost 12, eight at once',
  unit: '/s',
  comparisons: [{ ours: SIGN_INS, peer: CORES, bar: { atLeast: 0.9 } }],
  run: async (environment) => {
    await using services = await startServices(environment, 'atriz');
    return await runRounds(
      {
        [SIGN_INS]: async () => (await signInAtOnce(services.url, SECONDS)).answersASecond,
        [CORES]: () => compareOnAllCores(environment),
      },
      { rounds: 5, onFigure: environment.onFigure },
    );
  },
};

/** What a load balancer asks, ten times a second, while everybody signs in. */
export const healthUnderSignIns: Row = {
  name: 'health',
  title: 'health of the website while eight at once sign in',
  unit: 'ms',
  comparisons: [{ ours: HEALTH, bar: { atMost: 50 } }],
  run: async (environment) => {
    await using services = await startServices(environment, 'atriz');
    return await runRounds(
      {
        [HEALTH]: async () => {
          const [health] = await Promise.all([
            runLoad({ url: `${services.url}/health`, connections: 2, until: { seconds: SECONDS } }),
            signInAtOnce(services.url, SECONDS),
          ]);
          return health.p99Ms;
        },
      },
      { rounds: 5, onFigure: environment.onFigure },
    );
  },
};

function signInAtOnce(url: string, seconds: number): Promise<LoadResult> {
  let next = 0;
  const nextBody = (): string => {
    next += 1;
    return JSON.stringify({ email: DEVELOPMENT_USERS[next % DEVELOPMENT_USERS.length], password: PASSWORD });
  };
  return runLoad({
    url: `${url}/auth/sign-in`,
    method: 'POST',
    nextBody,
    connections: CONNECTIONS,
    until: { seconds },
  });
}

async function compareOnAllCores(environment: Environment): Promise<number> {
  const { report } = await runChild<CompareReport>(environment, COMPARE, []);
  return (availableParallelism() * 1000) / report.compareMs;
}
