// The vault equals what an independent reading of the rules in another language makes of the same minute files.
// may take 300 s
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { watchOnce } from '../../src/watch/watch.ts';
import { writeOddHours } from '../support/odd-hours.ts';
import { neededPeer, peerTest } from '../support/peers.ts';
import { drawsOf } from '../support/random.ts';
import { seed } from '../support/seed.ts';
import { minuteAt, place } from '../support/watching.ts';

const test = suite('the independent reading');
const oracle = fileURLToPath(new URL('oracle.py', import.meta.url));
const rounds = Number(process.env.STREAMVAULT_ROUNDS ?? 6);

/** Zones with their starts: ordinary ones, half and quarter hours, and the days when clocks change. */
const courses = [
  { zone: 'UTC', start: '2026-03-10T13:00Z' },
  { zone: 'CET', start: '2026-03-28T23:00Z' },
  { zone: 'Europe/Berlin', start: '2026-10-24T23:00Z' },
  { zone: 'Asia/Kolkata', start: '2026-03-10T13:30Z' },
  { zone: 'Asia/Kathmandu', start: '2026-03-10T13:15Z' },
  { zone: 'America/St_Johns', start: '2026-11-01T02:30Z' },
] as const;

for (let round = 0; round < rounds; round++) {
  const roundSeed = (seed + round * 7919) >>> 0;
  peerTest(test, ['python3'], `round ${round} from seed ${roundSeed}`, async () => {
    const random = drawsOf(roundSeed);
    const { zone, start } = courses[round % courses.length] as (typeof courses)[number];
    const isAlone = random.chance(0.2);
    const here = place({ zone, isAlone, now: '2026-12-01T00:00:00Z' });
    const olderZone = random.one(['UTC', zone]);
    const trees = { own: here.own, ...(!isAlone && { partner: here.partner }) };
    mkdirSync(here.partner, { recursive: true });
    writeOddHours({ ...trees, start: minuteAt(start), hours: 4, seed: roundSeed, olderZone });
    const copies = { own: join(here.root, 'copy-own'), partner: join(here.root, 'copy-partner') };
    cpSync(here.own, copies.own, { recursive: true });
    cpSync(here.partner, copies.partner, { recursive: true });
    await watchOnce(here.config(`older_timezone = "${olderZone}"\n`), here.world());
    const words = [oracle, copies.own, isAlone ? '-' : copies.partner, here.vault, zone, olderZone];
    assert.is(execFileSync(neededPeer('python3'), words, { encoding: 'utf8' }), '');
  });
}

test.run();
