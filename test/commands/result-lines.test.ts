import { Writable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { resultLines } from '../../src/commands/result-lines.ts';

const test = suite('result lines');

test('they are flushed once a reader has taken them, however few they are: the process may end then', async () => {
  let taken = '';
  let took = (): void => {};
  const stream = new Writable({
    write(bytes: Buffer, _encoding, done) {
      took = () => {
        taken += bytes.toString();
        done();
      };
    },
  });
  const lines = resultLines(stream);
  await lines.add(Buffer.from('a line'));
  let isFlushed = false;
  const flushed = lines.flush().then(() => (isFlushed = true));
  await new Promise(setImmediate);
  assert.is(isFlushed, false);
  took();
  await flushed;
  assert.is(taken, 'a line\n');
});

test.run();
