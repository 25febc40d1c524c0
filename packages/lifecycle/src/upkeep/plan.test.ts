import { expect, test } from 'vitest';
import { describeTask, planUpkeep } from './plan.ts';

const MAINTENANCE = {
  expired: [
    { table: 'auth_tokens', column: 'expires_at', keepDays: 7 },
    { table: 'token_revocations', column: 'revoked_at', keepDays: 1 },
  ],
  partitions: [
    { function: 'create_audit_partitions', months: 4 },
    { function: 'create_visit_partitions', months: 1 },
  ],
  deletions: { table: 'user_deletions', key: 'user_id', target: 'users.id' },
};

test('partitions come first and statistics last', () => {
  expect(planUpkeep({ maintenance: MAINTENANCE }).map(describeTask)).toStrictEqual([
    'partitions for 4 months, by create_audit_partitions',
    'partitions for this month, by create_visit_partitions',
    'deletions that user_deletions asks for',
    'rows of auth_tokens whose expires_at is 7 days ago',
    'rows of token_revocations whose revoked_at is a day ago',
    'statistics for the planner',
  ]);
});

test('a database that declares nothing has its statistics gathered', () => {
  expect(planUpkeep({ maintenance: undefined })).toStrictEqual([{ kind: 'statistics' }]);
});

test('an instance leaves deletions to the definition’s own database', () => {
  const { deletions } = MAINTENANCE;
  expect(planUpkeep({ maintenance: { deletions } }, { isInstance: true })).toStrictEqual([{ kind: 'statistics' }]);
});
