import { formatColumn, parseColumn, type Reference } from '@atriz/database/workspace';
import { expect, test } from 'vitest';
import { flattenPlan, planDeletion } from './deletion-plan.ts';

function reference(source: string, target: string, onDelete: Reference['onDelete'] = 'cascade'): Reference {
  return { source: parseColumn(source), target: parseColumn(target), onDelete };
}

test('databases that depend on others come first, references of one database as declared, and only of the table', () => {
  const references = [
    reference('app.b.user_id', 'shared.users.id'),
    reference('app.a.user_id', 'shared.users.email', 'set null'),
    reference('app.c.role_id', 'shared.roles.id'),
    reference('shop.sales.user_id', 'shared.users.id', 'restrict'),
  ];
  const plan = planDeletion(parseColumn('shared.users.id'), references, ['shared', 'app', 'shop']);
  expect(flattenPlan(plan).map(({ source }) => formatColumn(source))).toEqual([
    'shop.sales.user_id',
    'app.b.user_id',
    'app.a.user_id',
  ]);
});

test('rows that are deleted along bring what refers to them; rows that stay bring nothing', () => {
  const references = [
    reference('app.vehicles.user_id', 'shared.users.id'),
    reference('app.notes.user_id', 'shared.users.id', 'set null'),
    reference('bills.invoices.vehicle_id', 'app.vehicles.id', 'restrict'),
    reference('bills.copies.note_id', 'app.notes.id'),
  ];
  expect(planDeletion(parseColumn('shared.users.id'), references, ['shared', 'app', 'bills'])).toEqual([
    { reference: references[0], dependents: [{ reference: references[2], dependents: [] }] },
    { reference: references[1], dependents: [] },
  ]);
});
