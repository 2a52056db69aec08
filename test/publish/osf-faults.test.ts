// may take 300 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { osfFaultTrial } from '../soak/osf-faults.ts';

const test = suite('publishing under faults');

test('after a thousand random faults the tree at OSF equals the vault, and no limit was passed', async () => {
  const { wrong, mostInASecond, mostListingsInAMinute, mostInADay, ...counts } = await osfFaultTrial(1000);
  console.log(JSON.stringify(counts));
  assert.equal(wrong, []);
  assert.ok(counts.files > 20, `${counts.files} files`);
  assert.ok(mostInASecond <= 10 && mostListingsInAMinute <= 75 && mostInADay <= 10_000);
});

test.run();
