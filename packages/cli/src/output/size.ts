const UNITS = ['kB', 'MB', 'GB', 'TB'];

/** `0 bytes`, `812 bytes`, `3.4 MB`, `120 GB`: in powers of a thousand. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  let value = bytes / 1000;
  let unit = 0;
  for (; value >= 999.5 && unit < UNITS.length - 1; unit += 1) value /= 1000;
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

const STEPS = [
  { unit: 'day', ms: 86_400_000 },
  { unit: 'hour', ms: 3_600_000 },
  { unit: 'minute', ms: 60_000 },
] as const;

/** How long ago, in the largest unit of which there are two: `36 hours`, `3 days`, `5 minutes`; `just now` below two minutes. */
export function formatAge(ms: number): string {
  const step = STEPS.find((each) => ms >= 2 * each.ms);
  return step ? `${Math.floor(ms / step.ms)} ${step.unit}s ago` : 'just now';
}
