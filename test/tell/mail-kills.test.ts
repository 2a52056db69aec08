import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mailKills } from '../soak/mail-kills.ts';

const test = suite('mail under kills');

test('of the messages that a process had written before it was killed, each arrives, and copies of one are seen to be one', async () => {
  const { kills, written, lost, doubled, torn } = await mailKills(20);
  console.log(`${kills} kills, ${written} messages, ${doubled} doubled`);
  assert.ok(written >= kills, `${written} messages in ${kills} lives`);
  assert.equal(lost, []);
  assert.equal(torn, []);
  assert.ok(doubled <= kills, `${doubled} doubled by ${kills} kills`);
});

test.run();
