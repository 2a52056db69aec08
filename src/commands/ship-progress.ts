// How far a backlog has come, for whoever looks on: a bar on a terminal, a line a minute otherwise (JSON on stdout if asked for).
// Takes counts at each change; leaves nothing behind when it ends.
import { type SingleBar, Presets } from 'cli-progress';
import progressBars from 'cli-progress';
import type { ShipCounts } from '../ship/tally.ts';
import type { CommandWorld } from './command.ts';

export interface ShipProgress {
  show(counts: ShipCounts): void;
  end(): void;
}

/** Fewer files than these are no backlog: a healthy service has one a minute. */
const backlogFiles = 10;
const lineEveryMs = 60_000;

export function shipProgress(world: CommandWorld, isJson: boolean): ShipProgress {
  return world.results.isTTY && !isJson ? progressBar() : progressLines(world, isJson);
}

function progressBar(): ShipProgress {
  let bar: SingleBar | undefined;
  let doneBefore = 0;
  const end = (): void => {
    bar?.stop();
    bar = undefined;
  };
  return {
    show(counts) {
      const done = doneOf(counts);
      if (bar === undefined) {
        if (counts.left < backlogFiles) return;
        doneBefore = done;
        bar = new progressBars.SingleBar(
          { format: '{bar} {value}/{total} minute files, {eta_formatted} left' },
          Presets.shades_classic,
        );
        bar.start(counts.left, 0);
      }
      bar.setTotal(done - doneBefore + counts.left);
      bar.update(done - doneBefore);
      if (counts.left === 0) end();
    },
    end,
  };
}

function progressLines({ clock, log, results }: CommandWorld, isJson: boolean): ShipProgress {
  let since = clock.monotonic();
  let before: ShipCounts | undefined;
  return {
    show(counts) {
      before ??= counts;
      const tookMs = clock.monotonic() - since;
      if (tookMs < lineEveryMs) return;
      const facts = { ...counts, ...pace(before, counts, tookMs) };
      if (counts.left >= backlogFiles && isJson) results.write(`${JSON.stringify(facts)}\n`);
      else if (counts.left >= backlogFiles) log.info('backlog.shrank', facts);
      since = clock.monotonic();
      before = counts;
    },
    end() {},
  };
}

const doneOf = (counts: ShipCounts): number => counts.shipped + counts.wasThere + counts.setAside;

function pace(
  before: ShipCounts,
  now: ShipCounts,
  tookMs: number,
): { bytesPerSecond: number; secondsLeft: number | null } {
  const files = doneOf(now) - doneOf(before);
  return {
    bytesPerSecond: Math.round(((now.bytes - before.bytes) / tookMs) * 1000),
    secondsLeft: files === 0 ? null : Math.round((now.left * tookMs) / files / 1000),
  };
}
