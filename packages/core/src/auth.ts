import type { DatabasePool } from '@atriz/database';
import { createAdministration, type Administration } from './accounts/administration.ts';
import { createPasswords, type Passwords } from './accounts/passwords.ts';
import { createRegistration, type Registration } from './accounts/registration.ts';
import type { AuthContext } from './auth-context.ts';
import { createBackground } from './background.ts';
import { SILENT, type AuthLogger } from './logger.ts';
import type { Mail } from './mail.ts';
import { createPasswordHasher } from './passwords/hasher.ts';
import { createApiTokens, type ApiTokens } from './sessions/api-tokens.ts';
import { createSessions, type Sessions } from './sessions/sessions.ts';
import type { KeyRing } from './tokens/key-ring.ts';

export interface AuthOptions {
  /** On atriz_shared, as its runtime role. The caller closes it, after this. */
  readonly pool: DatabasePool;
  /** What access tokens are signed with. */
  readonly keys: KeyRing;
  /** The website's public URL. */
  readonly issuer: string;
  /** The applications that an access token is good for. */
  readonly audiences: readonly string[];
  readonly mail: Mail;
  /** Told of refresh tokens used twice, and of work behind an answer that failed. Default: silence. */
  readonly logger?: AuthLogger;
  /** What decides when something expires. Default: the clock of this machine. */
  readonly clock?: () => Date;
  /** bcrypt's cost: each step takes twice as long. Default 12; hashes that cost less are replaced at sign-in. */
  readonly passwordCost?: number;
  /** In so many threads are passwords hashed. Default: one for each core; 16 passwords may wait for each. */
  readonly passwordThreads?: number;
  /** Default 8. NIST's SP 800-63B-4 asks for 15 where nothing but the password is asked for. */
  readonly leastPasswordCharacters?: number;
  /** Whether to refuse sign-in until the address was verified. Default false. */
  readonly requireVerifiedEmail?: boolean;
}

/**
 * The sign-on. What changes something is one transaction, and passwords are hashed outside of it; what is told below to
 * reject with a code does so with an `AtrizError`, and what the database refuses or cannot do rejects with pg's own error.
 *
 * Disposing of it waits for messages that are being handed over, and ends its threads.
 */
export interface Auth extends Registration, Sessions, ApiTokens, Passwords, Administration, AsyncDisposable {}

/**
 * Makes the sign-on over atriz_shared.
 *
 * @example
 * await using auth = createAuth({ pool: shared, keys, issuer: 'https://atriz.example', audiences: ['atriz'], mail });
 * const { accessToken } = await auth.signIn({ email, password, address: request.ip });
 */
export function createAuth({
  logger = SILENT,
  clock = () => new Date(),
  passwordCost = 12,
  passwordThreads,
  leastPasswordCharacters = 8,
  requireVerifiedEmail = false,
  ...options
}: AuthOptions): Auth {
  const hasher = createPasswordHasher({ cost: passwordCost, maxThreads: passwordThreads });
  const background = createBackground(logger);
  const context: AuthContext = {
    ...options,
    hasher,
    background,
    logger,
    clock,
    leastPasswordCharacters,
    requireVerifiedEmail,
  };
  return {
    ...createRegistration(context),
    ...createSessions(context),
    ...createApiTokens(context),
    ...createPasswords(context),
    ...createAdministration(context),
    async [Symbol.asyncDispose]() {
      await background.drain();
      await hasher[Symbol.asyncDispose]();
    },
  };
}
