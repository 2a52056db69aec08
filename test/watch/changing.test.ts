// A minute file that is still written to while the watch reads it, as by a copying tool that gives the last name first: it never goes
// into an hour as it was at that moment, somebody is told, and its tweets are all there once it is whole.
import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Crew } from '../../src/watch/crew.ts';
import { pass } from '../../src/watch/pass.ts';
import { openShop } from '../../src/watch/shop.ts';
import { watchOnce } from '../../src/watch/watch.ts';
import { crew, endCrew, idsOf, once, receiptOf, start } from '../support/watched-day.ts';
import { payloadLine, place, writeHour, writeMinute } from '../support/watching.ts';
import type { Place } from '../support/watching.ts';

const test = suite('changing');

/** Some 12 MB: reading them takes far longer than the time between two changes. */
const text = 'words '.repeat(1_500);
const ids = Array.from({ length: 1_200 }, (_, index) => 2_000 + index);

interface Scene {
  readonly here: Place;
  readonly path: string;
  /** The file as its name says it is. */
  readonly whole: Buffer;
}

/** A whole hour of two servers, with one large file. */
function largeFile(): Scene {
  const here = place();
  writeHour(here.own, start, { 5: [payloadLine(1)] });
  writeHour(here.partner, start, { 4: [payloadLine(2)] });
  // In place of the empty file that the hour has for this minute.
  rmSync(writeMinute(here.partner, start + 5, { lines: [] }));
  const path = writeMinute(here.partner, start + 5, { lines: ids.map((id) => payloadLine(id, { text })) });
  return { here, path, whole: readFileSync(path) };
}

/** The crew, with something that is done to the file as long as it is being read. */
const disturbed = (path: string, disturb: () => void): Crew => ({
  ...crew,
  async minute(hour, question) {
    const isOfTheFile = question.sources.some((source) => source.path === path);
    const disturbing = isOfTheFile ? setInterval(disturb, 2) : undefined;
    try {
      return await crew.minute(hour, question);
    } finally {
      clearInterval(disturbing);
    }
  },
});

/** Ways in which a file changes; `mend`: the writer comes to its end. */
const changes: Readonly<Record<string, (scene: Scene) => { disturb: () => void; mend: () => void }>> = {
  'that grows'({ path, whole }) {
    let written = whole.length - 200_000;
    truncateSync(path, written);
    const upTo = (end: number): void => {
      appendFileSync(path, whole.subarray(written, end));
      written = end;
    };
    return { disturb: () => upTo(written + 1), mend: () => upTo(whole.length) };
  },
  'that is written over'({ path, whole }) {
    const write = (bytes: Uint8Array): void => {
      const file = openSync(path, 'r+');
      writeSync(file, bytes, 0, bytes.length, 1_000);
      closeSync(file);
    };
    let number = 0;
    const part = whole.subarray(1_000, 1_100);
    return { disturb: () => write(Buffer.alloc(100, String(number++ % 10))), mend: () => write(part) };
  },
};

/** The hour as it is without the file. */
async function assertWithout({ here, path }: Scene): Promise<void> {
  assert.equal([receiptOf(here).generation, receiptOf(here).complete], [1, false]);
  assert.is(await idsOf(here, '13'), '2\n1\n');
  assert.ok(existsSync(path));
  assert.match(here.alerts[0]?.sentence ?? '', /T13-05Z_1200_.* cannot be read: it changes while it is read/);
  assert.equal(
    here.alerts.map((alert) => alert.cause),
    ['disk-failing', 'hour-incomplete'],
  );
}

async function assertWhole({ here }: Scene): Promise<void> {
  assert.equal([receiptOf(here).generation, receiptOf(here).complete], [2, true]);
  assert.is(await idsOf(here, '13'), `2\n1\n${ids.map((id) => `${id}\n`).join('')}`);
  assert.not.ok(existsSync(join(here.partner, 'aside')));
}

for (const [how, change] of Object.entries(changes)) {
  test(`one pass leaves out a file ${how} while it is read, and says so; the next one has all of it`, async () => {
    const scene = largeFile();
    const { disturb, mend } = change(scene);
    const { here, path } = scene;
    await watchOnce(here.config(), here.world(), { crew: disturbed(path, disturb) });
    await assertWithout(scene);
    mend();
    await once(here);
    await assertWhole(scene);
  });
}

test('the service waits for a file that grows, goes on without it at the third time, and takes it in once it is whole', async () => {
  const scene = largeFile();
  const { here, path } = scene;
  const { disturb, mend } = (changes['that grows'] as (typeof changes)[string])(scene);
  await using shop = openShop(here.config(), here.world(), { isOnce: false, crew: disturbed(path, disturb) });
  for (const expected of [0, 0, 2]) {
    await pass(shop);
    assert.is(here.alerts.length, expected);
  }
  await assertWithout(scene);
  mend();
  await using calm = openShop(here.config(), here.world(), { isOnce: false, crew });
  await here.clock.pass(600_000);
  await pass(calm);
  await assertWhole(scene);
});

test.after(endCrew);
test.run();
