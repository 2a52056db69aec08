// Made-up authors: who wrote the tweets of the stand-in. Takes a number and dice; leaves the user object of the API as JSON,
// with the fields that were asked for. The same number is the same person, whose counts grow with time.
import { Dice } from './dice.ts';
import type { Selection } from './selection.ts';
import { displayName, place, shortName } from './words.ts';

/** How many people write. A few write much, most write little. */
const population = 100_000;

export const drawAuthor = (dice: Dice): number => Math.floor(population * dice.next() ** 3);

/** IDs of every length that real ones have. */
export const authorId = (author: number): string =>
  author % 5 === 0 ? String(1_000_000_000_000_000_000n + BigInt(author) * 7_919n) : String(12 + author * 7_919);

export const username = (author: number): string => `${shortName(Math.imul(author, 0x9e37_79b1) >>> 0)}_${author % 97}`;

/** What of an author does not change: the JSON of those fields, and how the counts come about. */
interface Person {
  readonly fixed: string;
  readonly followers: number;
  readonly following: number;
  readonly tweets: number;
  readonly listed: number;
}

const firstJoinMs = 1_160_000_000_000;

function personOf(author: number, { user: wanted }: Selection): Person {
  const dice = new Dice(7, author);
  const joinedMs = firstJoinMs + Math.floor((author * 7_777_777) % 500_000_000) * 1000;
  let fixed = `{"id":"${authorId(author)}","username":"${username(author)}","name":${JSON.stringify(displayName(dice))}`;
  if (wanted.has('created_at')) fixed += `,"created_at":"${new Date(joinedMs).toISOString()}"`;
  if (wanted.has('description')) fixed += `,"description":${JSON.stringify(displayName(dice))}`;
  const location = place(dice);
  // An empty location is not delivered at all.
  if (wanted.has('location') && location !== '') fixed += `,"location":${JSON.stringify(location)}`;
  if (wanted.has('profile_image_url')) {
    fixed += `,"profile_image_url":"https://pbs.twimg.com/profile_images/${author}/face_normal.jpg"`;
  }
  if (wanted.has('protected')) fixed += `,"protected":${author % 1009 === 0}`;
  if (wanted.has('url')) fixed += ',"url":""';
  if (wanted.has('verified')) fixed += `,"verified":${author % 33 === 0}`;
  const followers = Math.floor(100 / (dice.next() + 1e-5));
  return {
    fixed: `${fixed}}`,
    followers,
    following: dice.below(5000),
    tweets: dice.below(200_000),
    listed: dice.below(300),
  };
}

const mostRemembered = 50_000;
const remembered = new Map<string, Person>();

function remember(author: number, selection: Selection): Person {
  const key = `${author};${selection.key}`;
  const known = remembered.get(key);
  if (known) return known;
  // Those who write much come again at once.
  if (remembered.size >= mostRemembered) remembered.clear();
  const person = personOf(author, selection);
  remembered.set(key, person);
  return person;
}

/** The user as the API gives it at that time (epoch ms), as JSON. `newNames`: with `post_count` for `tweet_count`. */
export function userJson(
  author: number,
  selection: Selection,
  { atMs, newNames }: { atMs: number; newNames: boolean },
): string {
  const { fixed, followers, following, tweets, listed } = remember(author, selection);
  if (!selection.user.has('public_metrics')) return fixed;
  const written = tweets + Math.floor((atMs - firstJoinMs) / 60_000);
  const metrics = `"followers_count":${followers + (written % 7)},"following_count":${following},"${
    newNames ? 'post_count' : 'tweet_count'
  }":${written},"listed_count":${listed}`;
  return `${fixed.slice(0, -1)},"public_metrics":{${metrics}}}`;
}
