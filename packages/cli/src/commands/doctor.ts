import { askServer, judgeAnswer } from '../doctor/servers.ts';
import { diagnose } from '../doctor/diagnose.ts';
import type { Finding } from '../doctor/finding.ts';
import { readFacts } from '../doctor/read-facts.ts';
import { EXIT } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';
import { alignColumns, plural } from '../output/terminal.ts';

const STYLES = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

/** Finds what is miswired in the workspace, and says the mend of each. Changes nothing, and starts no server. */
export async function doctor(invocation: Invocation): Promise<number> {
  const { family, databases, reporter, options, surroundings } = invocation;
  const [facts, answers] = await Promise.all([
    readFacts(family, process.versions.node),
    Promise.all(
      databases.map(async (database) =>
        judgeAnswer(database, await askServer(database, { root: family.root, variables: surroundings.variables })),
      ),
    ),
  ]);
  const findings = [...diagnose(facts), ...answers];
  if (options.json) reporter.json({ findings: findings.map(toDocument) });
  else tell(invocation, findings);
  return exitCodeOfFindings(findings);
}

function tell({ reporter }: Invocation, findings: readonly Finding[]): void {
  const rows = findings.flatMap(({ level, message, mend }) => [
    [{ text: level, style: STYLES[level] }, { text: message }],
    ...(mend === undefined ? [] : [[{ text: '' }, { text: `mend: ${mend}`, style: 'cyan' as const }]]),
  ]);
  for (const line of alignColumns(reporter.stdout, rows, [4])) reporter.line(line);
  const count = (level: Finding['level']): number => findings.filter((each) => each.level === level).length;
  const fails = count('fail');
  const warnings = count('warn');
  const parts = [fails > 0 ? plural(fails, 'fault') : '', warnings > 0 ? plural(warnings, 'warning') : ''];
  reporter.line(parts.filter(Boolean).join(', ') || 'all is well');
}

function toDocument({ check, level, message, mend }: Finding): object {
  return { check, level, message, ...(mend === undefined ? {} : { mend }) };
}

/** A fault of the workspace weighs more than a server that is away. */
function exitCodeOfFindings(findings: readonly Finding[]): number {
  const faults = findings.filter(({ level }) => level === 'fail');
  if (faults.some(({ unreachable }) => !unreachable)) return EXIT.refused;
  return faults.length > 0 ? EXIT.unreachable : EXIT.done;
}
