const SQUASH_NAME = /^\d{13}_squashed$/;

/** The name of a file that takes the place of those up to `newest`: with its timestamp it runs where they did. */
export function squashName(newest: string): string {
  return `${newest.slice(0, 13)}_squashed`;
}

export function isSquashName(name: string): boolean {
  return SQUASH_NAME.test(name);
}
