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

/** The steps of a pass that makes an hour with files missing, as `sync NAME` and so on. */
async function stepsOfAnHour({ now, more = '' }: { now?: string; more?: string } = {}): Promise<string[]> {
  const [stage] = stages;
  assert.ok(stage);
  const here = place({ now: now ?? stage.now });
  stage.bring(here);
  const { disk, steps } = stoppingDisk();
  await watchOnce(here.config(more), here.world({ disk }), { crew });
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

test('a minute file that the vault keeps is synced, and has its name there and its place in the sums, before its source goes', async () => {
  const steps = await stepsOfAnHour({ now: '2026-03-20T00:00:00Z', more: 'raw = "keep"\n' });
  const removed = steps.filter((step) => /^remove 2026-.*\.jsonl$/.test(step));
  assert.is(removed.length, 3);
  for (const step of removed) {
    const name = `${step.slice('remove '.length)}.xz`;
    const beside = `.${name}.next`;
    const order = [
      `append to ${beside}`,
      `sync ${beside}`,
      `rename ${beside} to ${name}`,
      // That names it: of an hour without files in the trees nobody would look after the sums.
      'give SHA256SUMS its name',
      step,
    ];
    const places = order.map((each) => steps.lastIndexOf(each));
    assert.ok(places[0] !== undefined && places[0] >= 0, name);
    assert.equal(
      places,
      places.toSorted((a, b) => a - b),
      `${order}: ${places}`,
    );
  }
});

test.after(endCrew);
test.run();
