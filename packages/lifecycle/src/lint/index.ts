export { describeLintFinding, lintFiles, refuseLintErrors } from './describe.ts';
export { LINT_CONFIG_FILE, lintMigrations, type LintFinding, type LintOptions } from './lint.ts';
