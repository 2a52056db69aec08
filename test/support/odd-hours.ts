// Hours of random shape, drawn from a seed: every oddity of lines, names and arrival that the design names.
// Takes two trees; leaves minute files in them.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { contentDigest, minuteFileName, minuteFolder } from '../../src/domain/minute-file.ts';
import { zoneOffset } from '../../src/domain/time.ts';
import type { Minute } from '../../src/domain/time.ts';
import { drawsOf } from './random.ts';
import type { Draws } from './random.ts';
import { givenFile } from './given-data.ts';

type Fields = Record<string, unknown>;

const texts = [
  'plain',
  'a, "b"',
  'two\nlines',
  'cr\rlf\r\nend',
  '\r',
  '日本語 🎏',
  'half \ud83d pair',
  '',
  ' leading and trailing ',
  '\u2028\u0000\u0007',
  '=1+1',
];
const names = ['N', 'lone\rcr', 'with\nline', '"quoted"', 'comma, name', '', 'наме', '\t'];
const times = ['2026-03-10T13:00:00.000Z', '2026-03-10T13:00:00Z', '2025-01-01T00:00:00.123Z', 'yesterday', ''];

function realPayloads(): Fields[] {
  const path = givenFile('data/real-stream-lines.jsonl.gz');
  if (path === undefined) return [];
  const lines = gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Fields);
}

const real = realPayloads();

function id(random: Draws): string {
  if (random.chance(0.05)) return random.one(['1', '99999999999999999999', '18446744073709551616', '007', '7', '0']);
  return String(10n ** BigInt(random.below(19)) + BigInt(random.below(40)));
}

function user(random: Draws, authorId: unknown): Fields {
  const metrics = {
    followers_count: random.below(9),
    following_count: 0,
    [random.one(['tweet_count', 'post_count'])]: random.below(9),
    listed_count: 1,
  };
  return {
    id: random.chance(0.1) ? '4242' : authorId,
    created_at: random.one(times),
    name: random.one(names),
    username: `u${random.below(5)}`,
    verified: random.chance(0.5),
    protected: false,
    ...(random.chance(0.7) && { location: random.one(names) }),
    ...(random.chance(0.8) && { public_metrics: metrics }),
  };
}

function tweet(random: Draws): Fields {
  const reference = { type: random.one(['retweeted', 'quoted', 'replied_to']), id: id(random) };
  return {
    id: id(random),
    ...(random.chance(0.9) && {
      author_id: random.chance(0.05) ? random.one(['abc', 'x,"y"', '']) : String(random.below(12)),
    }),
    ...(random.chance(0.9) && { created_at: random.one(times) }),
    ...(random.chance(0.9) && { text: random.one(texts) }),
    ...(random.chance(0.5) && { lang: random.one(['de', 'ja', 'und', null]) }),
    ...(random.chance(0.5) && { conversation_id: id(random) }),
    ...(random.chance(0.3) && { source: random.one(names) }),
    ...(random.chance(0.3) && {
      referenced_tweets: random.one([[reference], [reference, { type: 'quoted', id: '1' }], [], null]),
    }),
    ...(random.chance(0.2) && { referenced_posts: [reference] }),
    ...(random.chance(0.1) && { note_tweet: random.one([{ text: 'long\ntext' }, {}, null]) }),
    ...(random.chance(0.1) && { note_post: { text: 'a long post' } }),
  };
}

const heard = (random: Draws, minute: Minute): Fields => ({
  url: 'u',
  ...(random.chance(0.8) && { version: random.one(['v', 'v', 'v', 'é', 'back\\slash']) }),
  retrieved_at: new Date(minute * 60_000 + 1234).toISOString(),
});

function payload(random: Draws, minute: Minute): Fields {
  if (real.length > 0 && random.chance(0.3)) return { ...random.one(real), __twarc: heard(random, minute) };
  const data = tweet(random);
  const users = random.chance(0.9) ? [user(random, '999'), user(random, data.author_id)] : [];
  return { data, ...(random.chance(0.95) && { includes: { users } }), __twarc: heard(random, minute) };
}

/** The same payload as an older collector wrote it. */
function flattened({ data, includes, __twarc }: Fields): Fields {
  const tweet = data as Fields;
  const users = (includes as { users?: Fields[] } | undefined)?.users ?? [];
  const author = users.find((candidate) => candidate.id === tweet.author_id);
  return {
    ...tweet,
    referenced_tweets: tweet.referenced_tweets ?? [{ type: 'original', id: null }],
    ...(author && { author }),
    __twarc,
  };
}

const note = ',"__twarc":{"url":"u","version":"v","retrieved_at":"2026-03-10T13:00:00.000Z"}';

/** Lines that cannot be read, and some that only a careful reader tells from others. */
const oddLines: readonly Buffer[] = [
  Buffer.from(''),
  Buffer.from('no json'),
  Buffer.from('{"data":{"id":"1"'),
  Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
  Buffer.from('[1,2]'),
  Buffer.from('null'),
  Buffer.from('{}'),
  Buffer.from('{"errors":[{"title":"x"}]}'),
  Buffer.from('{"data":[]}'),
  Buffer.from('{"data":{"text":"no id"}}'),
  Buffer.from('{"data":{"id":12345}}'),
  Buffer.from('{"data":{"id":"12a"}}'),
  Buffer.from('{"data":{"id":"123456789012345678901"}}'),
  Buffer.from('{"data":{"id":"1","text":NaN}}'),
  Buffer.from('\ufeff{"data":{"id":"1"}}'),
  // Equal up to their notes of receipt, and yet not the same: what follows counts.
  Buffer.from(`{"data":{"id":"31"}${note}}`),
  Buffer.from(`{"data":{"id":"31"}${note},"data":{"id":"32"}}`),
  Buffer.from(`{"data":{"id":"31"}${note}`),
  Buffer.from(`{"data":{"id":"31"}${note}}}`),
  Buffer.from(`{"data":{"id":"31"${note}}${note}}`),
  Buffer.concat([Buffer.from(`{"data":{"id":"31"}${note.slice(0, -2)}`), Buffer.from([0xff]), Buffer.from('"}}')]),
];

export interface OddSetting {
  readonly own: string;
  readonly partner?: string;
  readonly start: Minute;
  readonly hours: number;
  readonly seed: number;
  /** Zone of the older names' times. */
  readonly olderZone: string;
}

/** Writes the minute files; gives how many. */
export function writeOddHours({ own, partner, start, hours, seed, olderZone }: OddSetting): number {
  const random = drawsOf(seed);
  const trees = [own, ...(partner === undefined ? [] : [partner])];
  let files = 0;
  for (let hour = 0; hour < hours; hour++) {
    const isEmpty = hour > 0 && hour < hours - 1 && random.chance(0.15);
    const isOlder = random.chance(0.25);
    for (let minute = start + hour * 60; minute < start + hour * 60 + 60; minute++) {
      if (isEmpty) continue;
      const lines = minuteLines(random, minute, isOlder);
      for (const tree of trees) files += writeFiles(random, { tree, minute, lines, isOlder, olderZone });
    }
  }
  return files;
}

function minuteLines(random: Draws, minute: Minute, isOlder: boolean): Buffer[] {
  const count = random.chance(0.5) ? 0 : random.below(5);
  return Array.from({ length: count }, () => {
    if (random.chance(0.1)) return random.one(oddLines);
    const made = payload(random, minute);
    const text = JSON.stringify(isOlder ? flattened(made) : made);
    return Buffer.from(random.chance(0.2) ? escaped(text) : text);
  });
}

/** As Python's json writes it by default. */
const escaped = (text: string): string =>
  text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The same payload as another server heard it: the note of receipt has another time. */
const heardElsewhere = (line: Buffer, random: Draws): Buffer =>
  Buffer.from(line.toString('latin1').replace(/\d{3}Z"\}\}$/, `${random.below(900) + 100}Z"}}`), 'latin1');

interface MinuteShape {
  readonly tree: string;
  readonly minute: Minute;
  readonly lines: readonly Buffer[];
  readonly isOlder: boolean;
  readonly olderZone: string;
}

/** What one server heard of the minute: most of it, in one file or two, sometimes nothing at all. */
function writeFiles(random: Draws, { tree, minute, lines, isOlder, olderZone }: MinuteShape): number {
  if (random.chance(0.03)) return 0;
  const mine = lines.filter(() => random.chance(0.9)).map((line) => heardElsewhere(line, random));
  if (random.chance(0.1)) mine.push(...lines);
  const cut = random.chance(0.1) && !isOlder ? random.below(mine.length + 1) : mine.length;
  const parts = cut < mine.length ? [mine.slice(0, cut), mine.slice(cut)] : [mine];
  const folder = join(tree, minuteFolder(minute));
  mkdirSync(folder, { recursive: true });
  for (const part of parts) {
    const content = Buffer.concat(part.flatMap((line) => [line, Buffer.from('\n')]));
    const connectedSeconds = random.chance(0.8) ? 60 : random.below(61);
    const facts = { minute, lines: part.length, connectedSeconds, digest: contentDigest(content) };
    writeFileSync(join(folder, isOlder ? olderName(minute, olderZone) : minuteFileName(facts)), content);
  }
  return parts.length;
}

function olderName(minute: Minute, zone: string): string {
  const stamp = (at: Minute): string =>
    new Date((at + zoneOffset(zone, at * 60_000)) * 60_000).toISOString().slice(0, 19).replace('T', '_');
  return `sampled_stream_${stamp(minute)}_to_${stamp(minute + 1)}.jsonl`;
}
