/** The applications that the sign-on signs access tokens for, by the name that each asks for in a token. */
export const AUDIENCES = ['atriz', 'mextrack', 'pshop'] as const;
