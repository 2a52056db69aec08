// Synthetic hours of two servers, in both kinds of names, give the truth that their maker prints; and the vault's files are read
// by xz and sha256sum.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Receipt } from '../../src/domain/receipt.ts';
import { watchOnce } from '../../src/watch/watch.ts';
import { givenFile } from '../support/given-data.ts';
import { neededPeer, peerTest } from '../support/peers.ts';
import { place } from '../support/watching.ts';

const test = suite('made hours');
const maker = givenFile('bench/make-hour.mjs');

interface Truth {
  readonly files: number;
  readonly server1: number;
  readonly server2: number;
  readonly total: number;
  readonly diff: number;
}

if (maker === undefined) console.log('skipped: made hours (no maker of hours beside the checkout)');

const shapes = [
  ['--names', 'new'],
  ['--names', 'older'],
  ['--names', 'new', '--missing', '2:10-19,1:5', '--fields', 'all'],
];

for (const shape of maker === undefined ? [] : shapes) {
  peerTest(test, ['xz', 'sha256sum'], `an hour made with ${shape.join(' ')} gives its printed truth`, async () => {
    const here = place({ now: '2026-03-10T14:30:00Z' });
    mkdirSync(here.own, { recursive: true });
    const words = [maker ?? '', '--out', here.root, '--per-minute', '60', '--late', '0.05', '--loss', '0.02', ...shape];
    const truth = JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' })) as Truth;
    await watchOnce(here.config(), here.world());
    const day = join(here.vault, '2026-03-10');
    const { counts, inputs } = JSON.parse(readFileSync(join(day, '2026-03-10_13_receipt.json'), 'utf8')) as Receipt;
    const diff = (counts.only_1 ?? 0) + (counts.only_2 ?? 0);
    const found = {
      files: inputs.length,
      server1: counts.server_1,
      server2: counts.server_2,
      total: counts.total,
      diff,
    };
    const { files, server1, server2, total } = truth;
    assert.equal(found, { files, server1, server2, total, diff: truth.diff });
    execFileSync(neededPeer('xz'), [
      '-t',
      ...['IDs.txt', 'tweets.csv', 'users.csv'].map((name) => join(day, `2026-03-10_13_${name}.xz`)),
    ]);
    execFileSync(neededPeer('sha256sum'), ['--check', '--quiet', '--strict', 'SHA256SUMS'], { cwd: day });
  });
}

test('is looked for beside the checkout', () => assert.ok(maker === undefined || maker.endsWith('make-hour.mjs')));

test.run();
