// The journey of an hour, stage by stage: made with files missing, the next hour, a late file, a gap, and the end of raw files.
// Takes a place; leaves minute files for a stage, and what the disk holds after it.
import { bytesBelow, comparable, minuteAt, payloadLine, writeMinute } from './watching.ts';
import type { Place } from './watching.ts';

const start = minuteAt('2026-03-10T13:00Z');
const line = (...ids: number[]): string[] => ids.map((id) => payloadLine(id));

export interface Stage {
  readonly title: string;
  readonly now: string;
  /** The minute files that come before this stage's pass. */
  bring(here: Place): void;
}

/** Few minutes of an hour, so that the journey has few steps; all others are missing. */
function writeSome(tree: string, first: number, lines: Readonly<Record<number, readonly string[]>>): void {
  for (const [minute, given] of Object.entries(lines)) writeMinute(tree, first + Number(minute), { lines: given });
}

export const stages: readonly Stage[] = [
  {
    title: 'an hour that lacks files',
    now: '2026-03-10T14:20:00Z',
    bring(here) {
      writeSome(here.own, start, { 0: [...line(1, 2), 'unreadable'], 59: line(59) });
      writeSome(here.partner, start, { 0: line(2, 3) });
    },
  },
  {
    title: 'the next hour, with tweets of the border',
    now: '2026-03-10T15:20:00Z',
    bring(here) {
      writeSome(here.own, start + 60, { 0: line(59, 100), 1: line(30) });
      writeSome(here.partner, start + 60, { 0: line(100, 101) });
    },
  },
  {
    title: 'a late file, with a tweet that the next hour has stored',
    now: '2026-03-10T15:30:00Z',
    bring: (here) => writeSome(here.partner, start, { 30: [...line(30, 31), '{}'] }),
  },
  {
    title: 'an hour later, and an empty one between',
    now: '2026-03-10T17:20:00Z',
    bring: (here) => writeSome(here.own, start + 180, { 10: line(200) }),
  },
  { title: 'the end of the late window, when raw files go', now: '2026-03-20T00:00:00Z', bring: () => {} },
];

/** What must be the same however often the journey was stopped: the vault, and which files lie in the trees. */
export function stateOf(here: Place): Record<string, unknown> {
  const names = (tree: string): string[] => [...bytesBelow(tree).keys()];
  return { vault: comparable(here.vault), own: names(here.own), partner: names(here.partner) };
}
