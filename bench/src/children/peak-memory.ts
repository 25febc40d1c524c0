import { writeFileSync } from 'node:fs';

/** To be imported before a program: when that ends, the most memory that its process ever held is in `PEAK_FILE`. */
process.on('exit', () => {
  const file = process.env['PEAK_FILE'];
  if (file) writeFileSync(file, String(process.resourceUsage().maxRSS / 1024));
});
