// The journey of an hour, ended by SIGKILL at random moments and started again, ends in the same bytes as the calm one.
// STREAMVAULT_KILLS says how often (200 in `npm run soak`); STREAMVAULT_SEED repeats a run.
// may take 900 s
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { watchOnce } from '../../src/watch/watch.ts';
import { stages, stateOf } from '../support/journey.ts';
import { randomOf } from '../support/random.ts';
import { seed } from '../support/seed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { crew, endCrew } from '../support/watched-day.ts';
import { place } from '../support/watching.ts';

const test = suite('kill');
const root = temporaryFolder();
const child = fileURLToPath(new URL('../support/watch-child.ts', import.meta.url));
const kills = Number(process.env.STREAMVAULT_KILLS ?? 20);
const raw = 'keep';

function copy(from: string, to: string): void {
  rmSync(join(root, to), { recursive: true, force: true });
  cpSync(join(root, from), join(root, to), { recursive: true });
}

/** Runs a pass as a process and kills it so long after it began, unless it has ended; gives how long it ran. */
async function run(now: string, killAfterMs: number): Promise<number> {
  const running = spawn(process.execPath, [child, join(root, 'work'), now, raw], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(running, 'exit');
  await Promise.race([once(running.stdout, 'data'), ended]);
  const begun = performance.now();
  await Promise.race([pause(Math.min(killAfterMs, 2 ** 30), undefined, { ref: false }), ended]);
  running.kill('SIGKILL');
  await ended;
  return performance.now() - begun;
}

test(`killed at ${kills} random moments, the hours stand as in the calm run`, async () => {
  const random = randomOf(seed);
  const expected: Record<string, unknown>[] = [];
  const calmMs: number[] = [];
  mkdirSync(join(root, 'work'), { recursive: true });
  for (const [index, stage] of stages.entries()) {
    stage.bring(place({ root: join(root, 'work'), now: stage.now }));
    copy('work', `stage-${index}`);
    calmMs.push(await run(stage.now, Number.POSITIVE_INFINITY));
    expected.push(stateOf(place({ root: join(root, 'work'), now: stage.now })));
  }
  for (let kill = 0; kill < kills; kill++) {
    const index = kill % stages.length;
    const { now, title } = stages[index] as (typeof stages)[number];
    copy(`stage-${index}`, 'work');
    const killAfterMs = random() * (calmMs[index] ?? 0);
    await run(now, killAfterMs);
    const here = place({ root: join(root, 'work'), now });
    await watchOnce(here.config(`raw = "${raw}"\n`), here.world(), { crew });
    assert.equal(stateOf(here), expected[index], `${title}, killed after ${killAfterMs} ms`);
  }
});

test.after(endCrew);
test.run();
