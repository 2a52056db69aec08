// The same minute files, arriving in three different orders, give byte-identical outputs; and programs that are not ours read them.
// The hours hold what real ones do: tweets that one server missed or heard a minute later, IDs across the hours' border,
// partial minutes, unreadable lines, a minute that no server has.
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Dice } from '../../src/emulate/dice.ts';
import { draftTweet, writeTweet } from '../../src/emulate/made-tweet.ts';
import { selectionOf } from '../../src/emulate/selection.ts';
import { type Minute, startOfMinute } from '../../src/domain/time.ts';
import { watchOnce } from '../../src/watch/watch.ts';
import { linesByXz, proveDay, readers, rowsByPython } from '../support/outside-reader.ts';
import { peerTest } from '../support/peers.ts';
import { seed } from '../support/seed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { comparable, minuteAt, type Place, place, writeMinute } from '../support/watching.ts';

const test = suite('arrival order');
const start = minuteAt('2026-03-10T13:00Z');
const hours = 2;
const tweetsAMinute = 12;
const selection = selectionOf(
  ['author_id', 'conversation_id', 'created_at', 'lang', 'referenced_tweets', 'note_tweet'],
  ['created_at', 'location', 'protected', 'public_metrics', 'verified'],
  ['author_id'],
);

/** One minute file that lies ready: which tree it belongs to, and its path there. */
interface Ready {
  readonly tree: 'own' | 'partner';
  readonly minute: Minute;
  readonly path: string;
}

/** A tweet's line as an ingest writes it, heard at that time. */
function heardLine(place: number, heardMs: number): string {
  const { json } = writeTweet(
    draftTweet(seed, place, startOfMinute(start) + (place * 60_000) / tweetsAMinute),
    selection,
  );
  return `${json.slice(0, -1)},"__twarc":{"retrieved_at":"${new Date(heardMs).toISOString()}"}}`;
}

/** Writes what one server heard; leaves the files in order of time. */
function writeServer(tree: Ready['tree'], folder: string): Ready[] {
  const dice = new Dice(seed, tree === 'own' ? 1 : 2);
  const minutes = Array.from({ length: hours * 60 }, (): string[] => []);
  for (let tweet = 0; tweet < minutes.length * tweetsAMinute; tweet++) {
    if (dice.chance(0.02)) continue;
    const own = Math.floor(tweet / tweetsAMinute);
    // Around the hours' border many come in the next minute, so that both hours hold them.
    const minute = Math.min(own + Number(dice.chance(own === 59 ? 0.5 : 0.03)), minutes.length - 1);
    minutes[minute]?.push(heardLine(tweet, startOfMinute(start + minute) + dice.below(60_000)));
    if (dice.chance(0.005)) minutes[minute]?.push('{"data":{"id":"x"}}');
  }
  return minutes.flatMap((lines, index): Ready[] => {
    const minute = start + index;
    // A minute that nobody has, one that only server 1 has, and one that a stop and a start made two files of.
    if (index === 17 || (index === 80 && tree === 'partner')) return [];
    const parts = index === 40 ? [lines.slice(0, 5), lines.slice(5)] : [lines];
    const seconds = parts.length > 1 ? 25 : 60;
    return parts.map((part) => ({
      tree,
      minute,
      path: writeMinute(join(folder, tree), minute, { lines: part, seconds }),
    }));
  });
}

function arrive(files: readonly Ready[], { root }: Place, folder: string): void {
  for (const { path } of files) {
    const to = join(root, path.slice(folder.length + 1));
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(path, to);
  }
}

/** Lets files come in batches, with a pass of the watch after each, at the times given. */
async function play(
  folder: string,
  batches: readonly { readonly at: string; readonly files: readonly Ready[] }[],
): Promise<Place> {
  const here = place({ now: '2026-03-10T13:00:00Z' });
  for (const { at, files } of batches) {
    await here.clock.pass(Date.parse(at) - here.clock.now());
    arrive(files, here, folder);
    await watchOnce(here.config(), here.world());
  }
  return here;
}

const folder = temporaryFolder();
const files = [...writeServer('own', folder), ...writeServer('partner', folder)];
const end = '2026-03-10T16:00:00Z';

/** All at once, long after. */
const atOnce = (): Promise<Place> => play(folder, [{ at: end, files }]);

/** As they are closed, looked at every twenty minutes. */
function inTime(): Promise<Place> {
  const looks = Array.from({ length: 6 }, (_, index) => index);
  const batches = looks.map((look) => ({
    at: new Date(startOfMinute(start + (look + 1) * 20)).toISOString(),
    files: files.filter(({ minute }) => Math.floor((minute - start) / 20) === look),
  }));
  return play(folder, [...batches, { at: end, files: [] }]);
}

/** In no order at all, most of them after the hours were made without them. */
function shuffled(): Promise<Place> {
  const dice = new Dice(seed, 3);
  const times = ['2026-03-10T14:20:00Z', '2026-03-10T14:50:00Z', '2026-03-10T15:20:00Z', '2026-03-10T15:40:00Z', end];
  const drawn = files.map((file) => ({ file, batch: dice.below(times.length) }));
  // Nothing comes before its minute is over.
  const earliest = ({ minute }: Ready): number =>
    times.findIndex((time) => Date.parse(time) >= startOfMinute(minute + 1));
  const late = drawn.map(({ file, batch }) => ({ file, batch: Math.max(batch, earliest(file)) }));
  return play(
    folder,
    times.map((at, index) => ({ at, files: late.filter(({ batch }) => batch === index).map(({ file }) => file) })),
  );
}

test('all at once, as they are closed, and late in no order: the same bytes', async () => {
  const first = comparable((await atOnce()).vault);
  assert.ok(Object.keys(first).filter((path) => path.endsWith('.xz')).length === 8, Object.keys(first).join(' '));
  for (const way of [inTime, shuffled]) {
    const other = comparable((await way()).vault);
    assert.equal(Object.keys(other), Object.keys(first), way.name);
    const different = Object.keys(first).filter((path) => other[path] !== first[path]);
    assert.equal(different, [], way.name);
  }
});

peerTest(test, readers, 'xz, sha256sum and Python’s csv and lzma read all of it, and no ID stands twice', async () => {
  const { vault } = await shuffled();
  const day = join(vault, '2026-03-10');
  const names = proveDay(day);
  assert.is(names.length, 8);
  const ids = names.filter((name) => name.endsWith('_IDs.txt.xz')).flatMap((name) => linesByXz(join(day, name)));
  assert.is(new Set(ids).size, ids.length);
  const tables = names.filter((name) => name.endsWith('_tweets.csv.xz')).map((name) => rowsByPython(join(day, name)));
  for (const [header, ...rows] of tables) assert.ok(header?.length === 20 && rows.every((row) => row.length === 20));
  assert.equal(
    tables.flatMap(([, ...rows]) => rows.map(([id]) => id)),
    ids,
  );
  const users = names.filter((name) => name.endsWith('_users.csv.xz')).map((name) => rowsByPython(join(day, name)));
  for (const [header, ...rows] of users) assert.ok(header?.length === 12 && rows.every((row) => row.length === 12));
  for (const name of names.filter((entry) => entry.includes('unreadable'))) {
    assert.ok(linesByXz(join(day, name)).every((line) => line === '{"data":{"id":"x"}}'));
  }
});

test.run();
