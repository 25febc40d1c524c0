export interface Message {
  /** An e-mail address. */
  readonly to: string;
  /** Whom the message greets. */
  readonly name: string;
}

export interface TokenMessage extends Message {
  /** Opens something, once: it belongs in the message, and in no log. */
  readonly token: string;
}

/**
 * What sends the messages of the sign-on. Called after the transaction that a message tells of was committed, and not
 * waited for: a rejection is logged, so what may succeed later is to be tried again by the implementation.
 */
export interface Mail {
  /** The token is for `verifyEmail`, and good for three days. */
  sendVerification(message: TokenMessage): Promise<void> | void;
  /** The token is for `completePasswordReset`, and good for an hour. */
  sendPasswordReset(message: TokenMessage): Promise<void> | void;
  /** Tells the owner, who may not have been the one. */
  sendPasswordChanged(message: Message): Promise<void> | void;
}
