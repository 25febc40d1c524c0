import type { DatabasePool } from '@atriz/database';
import type { Background } from './background.ts';
import type { AuthLogger } from './logger.ts';
import type { Mail } from './mail.ts';
import type { PasswordHasher } from './passwords/hasher.ts';
import type { KeyRing } from './tokens/key-ring.ts';

/** What the functions of the sign-on work with; `createAuth` makes it. */
export interface AuthContext {
  readonly pool: DatabasePool;
  readonly keys: KeyRing;
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly hasher: PasswordHasher;
  readonly mail: Mail;
  readonly background: Background;
  readonly logger: AuthLogger;
  readonly clock: () => Date;
  readonly leastPasswordCharacters: number;
  readonly requireVerifiedEmail: boolean;
}
