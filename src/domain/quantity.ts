// Durations and sizes as people write them, with their unit: "15m", "5MiB".
// Takes text; leaves milliseconds or bytes, and writes them back for people.

const durationUnits = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const sizeUnits = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
} as const;

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/.exec(text);
  const unit = match?.[2] === undefined ? undefined : units[match[2]];
  if (unit === undefined || !Object.hasOwn(units, match?.[2] ?? '')) return undefined;
  const value = Number(match?.[1]) * unit;
  return Number.isSafeInteger(Math.round(value)) ? Math.round(value) : undefined;
}

/** Milliseconds of "15m", "90s", "250ms", "8d", "1.5h"; undefined for anything else. */
export const parseDuration = (text: string): number | undefined => parseQuantity(text, durationUnits);

/** Bytes of "5MiB", "1GB", "512B"; undefined for anything else. */
export const parseSize = (text: string): number | undefined => parseQuantity(text, sizeUnits);

/** "3 min 5 s", "2 h 10 min", "4 d 3 h", "0.3 s": the two largest units, for people. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 10_000) return `${Number((durationMs / 1000).toFixed(1))} s`;
  const seconds = Math.round(durationMs / 1000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ');
}

/** "138 MB", "1.2 GB", "740 B": decimal units, for people. */
export function formatSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 || value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${units[unit]}`;
}
