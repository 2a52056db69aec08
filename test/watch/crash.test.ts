// The journey of an hour (two servers, a late file, a remake), stopped at every single disk step, and started again, ends in
// the same bytes as the calm one. All steps in `npm run soak` (STREAMVAULT_CRASH_STRIDE=1), else every third, the first by the seed.
// may take 300 s
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { watchOnce } from '../../src/watch/watch.ts';
import { stages, stateOf } from '../support/journey.ts';
import type { Stage } from '../support/journey.ts';
import { seed } from '../support/seed.ts';
import { Stopped, stoppingDisk } from '../support/stopping-disk.ts';
import { crew, endCrew } from '../support/watched-day.ts';
import { place } from '../support/watching.ts';
import type { Place } from '../support/watching.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('crash');
const root = temporaryFolder();
const stride = Number(process.env.STREAMVAULT_CRASH_STRIDE ?? 3);

/** The place of a stage, its files brought, as it was before its pass. */
function before(stage: Stage): Place {
  return place({ root: join(root, 'work'), now: stage.now });
}

function copy(from: string, to: string): void {
  rmSync(join(root, to), { recursive: true, force: true });
  cpSync(join(root, from), join(root, to), { recursive: true });
}

for (const [index, stage] of stages.entries()) {
  for (const raw of index === stages.length - 1 ? ['delete', 'keep'] : ['delete']) {
    test(`${stage.title}: any step may be the last one (raw files: ${raw})`, async () => {
      const config = before(stage).config(`raw = "${raw}"\n`);
      mkdirSync(join(root, 'work'), { recursive: true });
      const here = before(stage);
      if (raw === 'delete') {
        stage.bring(here);
        copy('work', `stage-${index}`);
      } else copy(`stage-${index}`, 'work');
      const calm = stoppingDisk();
      await watchOnce(config, here.world({ disk: calm.disk }), { crew });
      const expected = stateOf(here);
      for (let step = 1 + (seed % stride); step <= calm.steps.length; step += stride) {
        copy(`stage-${index}`, 'work');
        const { disk, steps } = stoppingDisk(step);
        const end: unknown = await watchOnce(config, here.world({ disk }), { crew }).catch((error: unknown) => error);
        assert.instance(end, Stopped);
        await watchOnce(config, here.world(), { crew });
        assert.equal(stateOf(here), expected, `stopped at step ${step}: ${steps.at(-1)}`);
      }
      console.log(`${stage.title}: ${calm.steps.length} steps`);
    });
  }
}

test.after(endCrew);
test.run();
