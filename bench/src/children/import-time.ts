/** What the process prints: how long the import took. */
export interface ImportReport {
  readonly importMs: number;
}

const [specifier] = process.argv.slice(2);
const start = performance.now();
await import(specifier!);
const report: ImportReport = { importMs: performance.now() - start };
console.log(JSON.stringify(report));
