import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startOfMinute } from '../../src/domain/time.ts';
import { fileWaitMs, linkWaitMs, shipOrder } from '../../src/ship/plan.ts';
import { sendingName, sendingTime } from '../../src/ship/sending-name.ts';
import type { WaitingFile } from '../../src/ship/spool.ts';
import { minuteFileName, minuteFolder } from '../../src/domain/minute-file.ts';
import { firstMinute } from '../support/ship-scene.ts';
import { seed } from '../support/seed.ts';

const test = suite('ship plan');

function waiting(minute: number, lines = 1): WaitingFile {
  const says = { minute, lines, connectedSeconds: 60, digest: '0123456789abcdef' };
  return { name: minuteFileName(says), folder: minuteFolder(minute), says };
}
const minutesOf = (files: readonly WaitingFile[]): number[] => files.map((file) => file.says.minute - firstMinute);
const now = startOfMinute(firstMinute + 100);

test('without a backlog the oldest goes first', () => {
  const files = [waiting(firstMinute + 99), waiting(firstMinute + 97), waiting(firstMinute + 98)];
  assert.equal(minutesOf(shipOrder(files, now)), [97, 98, 99]);
});

test('a backlog and the last hour take turns, each in order of time', () => {
  const files = [1, 2, 3, 98, 99].map((offset) => waiting(firstMinute + offset));
  assert.equal(minutesOf(shipOrder(files, now)), [1, 98, 2, 99, 3]);
});

test('every waiting file is in the order once, and a fresh one waits for one old file at most per fresh one before it', () => {
  const offsets = fc.uniqueArray(fc.integer({ min: -5000, max: 99 }), { maxLength: 200 });
  fc.assert(
    fc.property(offsets, (drawn) => {
      const order = minutesOf(
        shipOrder(
          drawn.map((offset) => waiting(firstMinute + offset)),
          now,
        ),
      );
      assert.equal(
        [...order].sort((a, b) => a - b),
        [...drawn].sort((a, b) => a - b),
      );
      const fresh = order.filter((offset) => offset >= 40);
      const old = order.filter((offset) => offset < 40);
      assert.equal(
        fresh,
        [...fresh].sort((a, b) => a - b),
      );
      assert.equal(
        old,
        [...old].sort((a, b) => a - b),
      );
      fresh.forEach((offset, rank) => assert.ok(order.indexOf(offset) <= 2 * rank + 1));
    }),
    { seed },
  );
});

test('a file that failed before goes behind all that did not, however old it is', () => {
  const files = [1, 2, 3, 98, 99].map((offset) => waiting(firstMinute + offset));
  const failed = new Set([1, 98, 99].map((offset) => waiting(firstMinute + offset).name));
  assert.equal(minutesOf(shipOrder(files, now, (name) => failed.has(name))), [2, 3, 1, 98, 99]);
});

test('waits grow and end growing', () => {
  assert.equal([1, 2, 3, 4].map(linkWaitMs), [1000, 2000, 4000, 8000]);
  assert.is(linkWaitMs(1000), 60_000);
  assert.is(fileWaitMs(1), 1000);
  assert.is(fileWaitMs(1000), 300_000);
});

test('the name of an attempt says when it began, and is no minute file', () => {
  const { name } = waiting(firstMinute);
  const sending = sendingName(name, now, '9f86d081');
  assert.is(sendingTime(sending), now);
  assert.is(sendingTime(name), undefined);
  assert.is(sendingTime('.hidden.sending'), undefined);
  assert.ok(sending.startsWith('.'));
});

test.run();
