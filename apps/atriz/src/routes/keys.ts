import type { KeyRing } from '@atriz/core';
import type { Server } from '@atriz/http';
import { z } from 'zod';

const publicKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  kid: z.string(),
  alg: z.literal('EdDSA'),
  use: z.literal('sig'),
});

/** The keys by which every application checks access tokens without asking anybody. */
export function keysRoutes(app: Server, { keys, clock }: { readonly keys: KeyRing; readonly clock: () => Date }): void {
  app.get(
    '/.well-known/jwks.json',
    {
      schema: {
        tags: ['sign-on'],
        summary: 'The public keys of access tokens, as a JWK Set (RFC 7517)',
        response: { 200: z.object({ keys: z.array(publicKey) }) },
      },
    },
    async (_, reply) => {
      void reply.header('cache-control', 'public, max-age=300');
      const { keys: published } = await keys.publicKeys(clock());
      return { keys: [...published] };
    },
  );
}
