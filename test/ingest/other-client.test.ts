// Why the stream is read by code of ours: the client that is right for everything else decodes each chunk of a response alone,
// so that a character of several bytes which is split over two chunks is lost. Whoever wants to use it for the stream after all
// sees here first whether that has been mended.
import { Agent } from 'node:http';
import { ETwitterStreamEvent, TwitterApi } from 'twitter-api-v2';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Emulator, startEmulator } from '../../src/emulate/emulator.ts';
import { LineCutter } from '../../src/ingest/line-cutter.ts';
import { systemClock } from '../../src/outside/clock.ts';
import { ask, samplePath } from '../support/stream-client.ts';
import { until } from '../support/until.ts';

const test = suite('other client');
const lines = 60;

interface Tweet {
  readonly data: { readonly id: string; readonly text: string };
}

/** What twitter-api-v2 makes of the stream. */
async function heardByOther({ url }: Emulator): Promise<Tweet[]> {
  const client = new TwitterApi('emulated', { httpAgent: new Agent() });
  const stream = await client.v2.getStream<Tweet>(
    'tweets/sample/stream',
    {},
    { prefix: `${url}/2/`, autoConnect: true },
  );
  const tweets: Tweet[] = [];
  stream.on(ETwitterStreamEvent.Data, (tweet) => void tweets.push(tweet));
  await until('all tweets', () => tweets.length >= lines).finally(() => stream.destroy());
  return tweets;
}

/** The same bytes, cut by our own reader chunk by chunk. */
async function heardByUs({ url }: Emulator): Promise<Tweet[]> {
  const client = await ask(url, { path: samplePath });
  await until('all lines', () => client.lines.length >= lines);
  const tweets: Tweet[] = [];
  const cutter = new LineCutter({
    payload: (bytes, start, end) => void tweets.push(JSON.parse(bytes.toString('utf8', start, end)) as Tweet),
    aside: () => {},
  });
  for (const chunk of client.chunks) cutter.feed(chunk);
  client.leave();
  return tweets;
}

const damaged = (tweets: readonly Tweet[]): Tweet[] => tweets.filter(({ data }) => data.text.includes('\ufffd'));

test('twitter-api-v2 damages a character that is split over two chunks; our reader does not', async () => {
  await using emulator = await startEmulator({ clock: systemClock(), rate: 300, most: lines, waitFor: 2 });
  emulator.fault('split-characters');
  const [other, ours] = await Promise.all([heardByOther(emulator), heardByUs(emulator)]);
  assert.equal(
    ours.map(({ data }) => data.id),
    other.map(({ data }) => data.id),
  );
  assert.ok(damaged(other).length > lines / 3, `${damaged(other).length} damaged`);
  assert.equal(damaged(ours), []);
});

test('without such a split both read the same', async () => {
  await using emulator = await startEmulator({ clock: systemClock(), rate: 300, most: lines, waitFor: 2 });
  const [other, ours] = await Promise.all([heardByOther(emulator), heardByUs(emulator)]);
  assert.equal(other, ours);
});

test.run();
