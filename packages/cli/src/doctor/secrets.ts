import type { Facts } from './facts.ts';
import { orWell, type Finding } from './finding.ts';

const CHECK = 'secrets';

/** `.env` files and the embedded server's own directory hold passwords. */
export function checkSecrets({ exposed }: Pick<Facts, 'exposed'>): readonly Finding[] {
  if (exposed === undefined) return [];
  const findings = exposed.map(({ path, tracked }): Finding => {
    const entry = path.split('/').find((part) => part.startsWith('.')) ?? path;
    return tracked
      ? {
          check: CHECK,
          level: 'fail',
          message: `${path} is in git, with the passwords in it`,
          mend: `git rm --cached ${path}, add ${entry} to .gitignore, and change the passwords`,
        }
      : { check: CHECK, level: 'fail', message: `git does not ignore ${path}`, mend: `add ${entry} to .gitignore` };
  });
  return orWell(CHECK, findings, 'git ignores .env files and .atriz');
}
