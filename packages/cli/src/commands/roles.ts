import { applyRoles, checkRoles, type ApplyRolesResult, type CheckRolesResult } from '@atriz/lifecycle/roles';
import { EXIT } from '../exit-code.ts';
import { runFamilyCommand } from '../family-command.ts';
import type { Invocation } from '../invocation.ts';
import { plural } from '../output/terminal.ts';

/** The roles of a new database are a hundred things to do; a person sees the first of them, a machine all. */
const MOST_LINES = 12;

/** Makes the roles of each chosen database what they should be. */
export function apply(invocation: Invocation): Promise<number> {
  return runFamilyCommand<ApplyRolesResult>(independent(invocation), {
    work: (target, context) => applyRoles(target, {}, context),
    describe: ({ changes }) => (changes.length === 0 ? 'as they should be' : plural(changes.length, 'change')),
    details: ({ changes }) => shorten(changes),
    reach: { command: 'roles apply', named: true },
  });
}

/** Says what of the roles of each chosen database is not as it should be; changes nothing. */
export function check(invocation: Invocation): Promise<number> {
  return runFamilyCommand<CheckRolesResult>(independent(invocation), {
    work: checkRoles,
    describe: ({ findings }) => (findings.length === 0 ? 'as they should be' : plural(findings.length, 'difference')),
    details: ({ findings }) => shorten(findings),
    exitCode: ({ findings }) => (findings.length > 0 ? EXIT.refused : EXIT.done),
    writes: false,
    reach: { command: 'roles check', named: true },
  });
}

/** No database's roles wait for another's. */
function independent(invocation: Invocation): Invocation {
  return { ...invocation, databases: invocation.databases.map((database) => ({ ...database, dependsOn: [] })) };
}

function shorten(lines: readonly string[]): readonly string[] {
  if (lines.length <= MOST_LINES) return lines;
  return [...lines.slice(0, MOST_LINES), `and ${lines.length - MOST_LINES} more, which --json lists`];
}
