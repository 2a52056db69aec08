import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseFaults, readFault } from '../../src/emulate/fault.ts';

const test = suite('fault');
const refusal = (work: () => unknown): string => {
  try {
    work();
    return '';
  } catch (error) {
    return String(error);
  }
};

test('faults are read as people write them', () => {
  assert.equal(parseFaults('drop at=5m to=2; stall for=30s connection=7 ; chunks bytes=7B;'), [
    { is: 'drop', at: 300_000, to: '2' },
    { is: 'stall', for: 30_000, connection: 7 },
    { is: 'chunks', bytes: 7 },
  ]);
  assert.equal(parseFaults('refuse status=429 kind=usage times=3'), [
    { is: 'refuse', status: 429, kind: 'usage', times: 3 },
  ]);
});

test('faults are read as JSON has them, numbers as they are', () => {
  assert.equal(readFault({ is: 'stall', for: 500 }), { is: 'stall', for: 500 });
  assert.equal(readFault({ is: 'inject', text: 'a b; c=d' }), { is: 'inject', text: 'a b; c=d' });
});

test('what is no fault is refused with what there is', () => {
  assert.match(
    refusal(() => parseFaults('drip-drop')),
    /"drip-drop" is no fault/,
  );
  assert.match(
    refusal(() => parseFaults('drop for=3s')),
    /drop takes no for/,
  );
  assert.match(
    refusal(() => parseFaults('stall for=3')),
    /stall for=3 is not understood/,
  );
  assert.match(
    refusal(() => readFault({})),
    /is no fault/,
  );
});

test.run();
