// How long a disk will last: the free space of the past hours, and a line through it.
// Takes samples of free bytes; leaves how long until nothing is free at that rate. No clock, no disk.
import { hourMs, minuteMs } from './time.ts';

export interface DiskSample {
  readonly atMs: number;
  readonly freeBytes: number;
}

/** Longer than the saw that hours cut when their raw files go; short enough to notice what began today. */
const windowMs = 24 * hourMs;
const leastSpanMs = 3 * hourMs;
const betweenMs = 5 * minuteMs;
/** So little is nearly nothing, however slowly it shrinks. */
export const nearlyFullBytes = 256 * 2 ** 20;

/** The samples to keep: one in five minutes, of the last day. A clock that was set back begins anew. */
export function withSample(samples: readonly DiskSample[], sample: DiskSample): readonly DiskSample[] {
  const last = samples.at(-1);
  if (last !== undefined && sample.atMs < last.atMs) return [sample];
  if (last !== undefined && sample.atMs - last.atMs < betweenMs) return samples;
  return [...samples.filter(({ atMs }) => sample.atMs - atMs <= windowMs), sample];
}

/**
 * Milliseconds until nothing is free, at the rate of the samples (least squares); undefined where it does not shrink, or too little is known.
 * Exported for tests.
 */
export function lastsMs(samples: readonly DiskSample[]): number | undefined {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.atMs - first.atMs < leastSpanMs) return undefined;
  const mean = (pick: (sample: DiskSample) => number): number =>
    samples.reduce((sum, sample) => sum + pick(sample), 0) / samples.length;
  const meanMs = mean(({ atMs }) => atMs - first.atMs);
  const meanBytes = mean(({ freeBytes }) => freeBytes);
  const covariance = mean(({ atMs, freeBytes }) => (atMs - first.atMs - meanMs) * (freeBytes - meanBytes));
  const variance = mean(({ atMs }) => (atMs - first.atMs - meanMs) ** 2);
  const bytesPerMs = covariance / variance;
  return bytesPerMs < 0 ? Math.max(0, -last.freeBytes / bytesPerMs) : undefined;
}

export type DiskOutlook =
  | { readonly is: 'roomy' }
  /** Neither alarming nor all clear: what was said before still holds. */
  | { readonly is: 'between' }
  | { readonly is: 'filling'; readonly lastsMs: number }
  | { readonly is: 'nearly-full'; readonly freeBytes: number };

/** Is the disk filling up? `leastMs`: the time it should last ([alerts] disk_free). */
export function diskOutlook(samples: readonly DiskSample[], leastMs: number): DiskOutlook {
  const freeBytes = samples.at(-1)?.freeBytes;
  if (freeBytes === undefined) return { is: 'between' };
  if (freeBytes < nearlyFullBytes) return { is: 'nearly-full', freeBytes };
  const leftMs = lastsMs(samples);
  if (leftMs !== undefined && leftMs < leastMs) return { is: 'filling', lastsMs: leftMs };
  return leftMs !== undefined && leftMs < leastMs * 1.5 ? { is: 'between' } : { is: 'roomy' };
}
