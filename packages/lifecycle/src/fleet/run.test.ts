import { AtrizError } from '@atriz/database';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { withPatience } from './patience.ts';
import { runOverInstances } from './run.ts';

const instances = Array.from({ length: 12 }, (_, index) => ({ name: String(index + 1) }));

describe('runOverInstances', () => {
  test('works on as many at once as it is told, and no more', async () => {
    let now = 0;
    let most = 0;
    const outcomes = await runOverInstances(
      instances,
      async ({ name }) => {
        now += 1;
        most = Math.max(most, now);
        await new Promise((resolve) => setImmediate(resolve));
        now -= 1;
        return Number(name) * 10;
      },
      { concurrency: 5 },
    );
    expect(most).toBe(5);
    expect(outcomes.map((outcome) => outcome.status === 'done' && outcome.result)).toEqual([
      10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120,
    ]);
  });

  test('one that fails stops no other, and outcomes keep the order of the list', async () => {
    const failure = new Error('no');
    const ended: string[] = [];
    const outcomes = await runOverInstances(
      instances,
      async ({ name }) => {
        if (name === '3') throw failure;
      },
      { concurrency: 4, onOutcome: ({ instance }) => ended.push(instance.name) },
    );
    expect(outcomes.map(({ instance }) => instance)).toEqual(instances);
    expect(outcomes.filter(({ status }) => status !== 'done')).toEqual([
      { instance: { name: '3' }, durationMs: expect.any(Number), status: 'failed', error: failure },
    ]);
    expect(ended.toSorted()).toEqual(instances.map(({ name }) => name).toSorted());
  });

  test('after so many failures no other is begun', async () => {
    const outcomes = await runOverInstances(instances, () => Promise.reject(new Error('no')), {
      concurrency: 1,
      maxFailures: 2,
    });
    expect(outcomes.map(({ status }) => status)).toEqual(['failed', 'failed', ...Array(10).fill('skipped')]);
    expect(outcomes[2]).toMatchObject({ because: '2 failed before it' });
  });

  test('an interruption lets none begin that has not', async () => {
    const interruption = new AbortController();
    const outcomes = await runOverInstances(
      instances,
      async ({ name }) => {
        if (name === '2') interruption.abort();
      },
      { concurrency: 1, signal: interruption.signal },
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['done', 'done', ...Array(10).fill('skipped')]);
    expect(outcomes[2]).toMatchObject({ because: 'the run was interrupted' });
  });

  test('no instances are no work', async () => {
    await expect(runOverInstances([], () => Promise.reject(new Error('no')), { concurrency: 8 })).resolves.toEqual([]);
  });
});

/** What a server says that has no connection left. */
const crowded = (): AtrizError => {
  const cause = Object.assign(new pg.DatabaseError('sorry, too many clients already', 0, 'error'), {
    code: '53300',
    severity: 'FATAL',
  });
  return new AtrizError('CONNECTION_FAILED', 'cannot connect', { cause });
};

describe('withPatience', () => {
  test('asks again where the server has no connection left', async () => {
    let asked = 0;
    const work = async (): Promise<string> => {
      asked += 1;
      if (asked < 4) throw crowded();
      return 'in';
    };
    await expect(withPatience(work, { firstPauseMs: 1 })).resolves.toBe('in');
    expect(asked).toBe(4);
  });

  test('gives up in the end with what the server said', async () => {
    let asked = 0;
    const work = (): Promise<never> => {
      asked += 1;
      return Promise.reject(crowded());
    };
    await expect(withPatience(work, { firstPauseMs: 1 })).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    expect(asked).toBe(8);
  });

  test('asks once where something else is wrong', async () => {
    let asked = 0;
    const work = (): Promise<never> => {
      asked += 1;
      return Promise.reject(new AtrizError('CONNECTION_FAILED', 'cannot connect'));
    };
    await expect(withPatience(work, { firstPauseMs: 1 })).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    expect(asked).toBe(1);
  });
});
