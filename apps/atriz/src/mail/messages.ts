/** A mail in plain text. */
export interface Message {
  /** What it is about, for the log: never who gets it, or the token in it. */
  readonly kind: 'verification' | 'password-reset' | 'password-changed';
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface Recipient {
  readonly to: string;
  readonly name: string;
}

/** Asks for a click that proves an address. */
export function verificationMessage({ to, name }: Recipient, link: string): Message {
  return {
    kind: 'verification',
    to,
    subject: 'Confirm your address',
    text: lines(
      `Hello ${name},`,
      `please confirm that this address is yours:\n${link}`,
      'If you did not register with Atriz, do nothing.',
    ),
  };
}

/** Lets somebody choose a new password. */
export function passwordResetMessage({ to, name }: Recipient, link: string): Message {
  return {
    kind: 'password-reset',
    to,
    subject: 'Choose a new password',
    text: lines(
      `Hello ${name},`,
      `here you can choose a new password:\n${link}`,
      'If you did not ask for this, do nothing: your password stays as it is.',
    ),
  };
}

/** Tells the owner of an account, who may not have been the one. */
export function passwordChangedMessage({ to, name }: Recipient, link: string): Message {
  return {
    kind: 'password-changed',
    to,
    subject: 'Your password was changed',
    text: lines(
      `Hello ${name},`,
      'the password of your account was changed, and you were signed out everywhere else.',
      `If that was not you, choose a new one at once:\n${link}`,
    ),
  };
}

function lines(...paragraphs: readonly string[]): string {
  return `${paragraphs.join('\n\n')}\n`;
}
