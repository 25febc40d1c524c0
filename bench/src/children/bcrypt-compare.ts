import { compareSync, hashSync } from 'bcryptjs';

/** What the process prints: the milliseconds of one comparison at the cost of production, on one core. */
export interface CompareReport {
  readonly compareMs: number;
}

const COST = 12;
const COMPARISONS = 6;

const hash = hashSync('atriz-development', COST);
const start = performance.now();
for (let index = 0; index < COMPARISONS; index += 1) {
  if (!compareSync('atriz-development', hash)) throw new Error('the password is not that of its hash');
}
const report: CompareReport = { compareMs: (performance.now() - start) / COMPARISONS };
console.log(JSON.stringify(report));
