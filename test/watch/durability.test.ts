// What a power cut finds: the order in which an hour becomes durable, step by step, without an end to any of them.
import { basename } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { watchOnce } from '../../src/watch/watch.ts';
import { stages } from '../support/journey.ts';
import { stoppingDisk } from '../support/stopping-disk.ts';
import { crew, endCrew } from '../support/watched-day.ts';
import { place } from '../support/watching.ts';

const test = suite('what a power cut leaves of the watch');

/** The steps of the first hour's pass, as `sync NAME` and so on. */
async function stepsOfAnHour(): Promise<string[]> {
  const [stage] = stages;
  assert.ok(stage);
  const here = place({ now: stage.now });
  stage.bring(here);
  const { disk, steps } = stoppingDisk();
  await watchOnce(here.config(), here.world({ disk }), { crew });
  return steps.map((step) => step.replaceAll(/\/\S+/g, (path) => basename(path)));
}

test('each output is synced before the receipt that proves it is begun, and has its name before the receipt has', async () => {
  const steps = await stepsOfAnHour();
  const receipt = '2026-03-10_13_receipt';
  const begun = steps.indexOf(`begin ${receipt}.next.json`);
  const proven = steps.indexOf(`rename ${receipt}.next.json to ${receipt}.json`);
  assert.ok(begun > 0 && proven > begun, steps.join('\n'));
  for (const ending of ['IDs.txt', 'tweets.csv', 'users.csv', 'unreadable.jsonl']) {
    const name = `2026-03-10_13_${ending}.xz`;
    const beside = `.${name}.next`;
    const [appended, synced] = [steps.lastIndexOf(`append to ${beside}`), steps.lastIndexOf(`sync ${beside}`)];
    const named = steps.indexOf(`rename ${beside} to ${name}`);
    assert.ok(appended >= 0 && appended < synced && synced < begun, `${name} is synced once it is whole: ${steps}`);
    assert.ok(named > begun && named < proven, `${name} has its name between: ${steps}`);
  }
  assert.ok(steps.indexOf('begin SHA256SUMS') > proven, 'the sums are derived from what is proven');
});

test.after(endCrew);
test.run();
