import type { DatabasePool } from '@atriz/database';
import type { Till } from '../src/till.ts';

export const SELLER = '11111111-1111-4111-8111-111111111111';
export const OTHER_SELLER = '22222222-2222-4222-8222-222222222222';
export const MANAGER = '33333333-3333-4333-8333-333333333333';

export function sellerAt(db: DatabasePool, userId = SELLER): Till {
  return { db, seller: { userId, roles: ['member'] } };
}

export function managerAt(db: DatabasePool): Till {
  return { db, seller: { userId: MANAGER, roles: ['manager', 'member'] } };
}
