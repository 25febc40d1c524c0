import type { Facts, Owner } from './facts.ts';
import { escapeRegExp, orWell, type Finding } from './finding.ts';

const CHECK = 'order';
const REQUIRES = /^--[ \t]*requires:[ \t]*([^@\s]+)@/gm;

/**
 * A package whose migrations, references or seeds name another database must depend on the package that owns it: by
 * nothing else is known which comes first.
 */
export function checkOrder({ owners }: Pick<Facts, 'owners'>): readonly Finding[] {
  const findings = owners.flatMap((owner) =>
    owners
      .filter((other) => other !== owner && !owner.dependsOn.includes(other.definition.name))
      .flatMap((other): Finding[] => {
        const place = placeOf(owner, other);
        if (place === undefined) return [];
        return [
          {
            check: CHECK,
            level: place.level,
            message: `${place.path} names ${other.definition.name}, but ${owner.name} does not depend on ${other.name}`,
            mend: `add "${other.name}": "workspace:*" to the dependencies of ${owner.directory}/package.json`,
          },
        ];
      }),
  );
  return orWell(CHECK, findings, 'packages depend on those whose databases they name');
}

function placeOf(owner: Owner, other: Owner): { readonly path: string; readonly level: 'fail' | 'warn' } | undefined {
  const { name } = other.definition;
  for (const [path, text] of owner.migrations) {
    if ([...text.matchAll(REQUIRES)].some(([, database]) => database === name)) return { path, level: 'fail' };
  }
  const refers = owner.definition.references?.some(({ target }) => target.split('.')[0] === name);
  if (refers) return { path: `${owner.directory}/database.config.ts`, level: 'fail' };
  const words = new RegExp(`(?<![\\w@/-])(?:${escapeRegExp(name)}|${escapeRegExp(other.name)})(?![\\w-])`);
  for (const [path, text] of owner.seeds) {
    if (words.test(text)) return { path, level: 'warn' }; // a comment may be all that it is
  }
  return undefined;
}
