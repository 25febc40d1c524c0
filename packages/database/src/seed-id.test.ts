import { expect, test } from 'vitest';
import { seedId, uuidVersion5 } from './seed-id.ts';

test('uuidVersion5 gives the example of RFC 9562, appendix A.4', () => {
  expect(uuidVersion5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe(
    '2ed6657d-e927-568b-95e1-2665a8aea6a2',
  );
});

test('seedId gives the same UUIDs for ever: rows that were seeded carry them', () => {
  expect(seedId('user:admin@atriz.dev')).toBe('e09f16a8-6bb8-5ef8-b7e3-472f9467db46');
  expect(seedId('vehículo:1')).toBe('78e49b85-c93b-51fc-8959-608be515db76');
  expect(seedId('')).toBe('9f6e9ad3-f344-57a7-aeac-17373f5bd706');
});
