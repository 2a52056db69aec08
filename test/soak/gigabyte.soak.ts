// A minute file of a gigabyte in usual lines, and one in a single line without end: the hour is made within the bounds that are told
// below, and holds what it must. STREAMVAULT_MEGABYTES sets another size.
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { minuteFileName, minuteFolder } from '../../src/domain/minute-file.ts';
import type { Receipt } from '../../src/domain/receipt.ts';
import { watchOnce } from '../../src/watch/watch.ts';
import { minuteAt, payloadLine, place, writeHour } from '../support/watching.ts';

const megabytes = Number(process.env.STREAMVAULT_MEGABYTES ?? 1_000);
/** The rows of one minute are in memory as a whole: about three times its file. No other minute's are. */
const mostPeakMegabytes = 600 + 3 * megabytes;
const minute = minuteAt('2026-03-10T13:00Z') + 30;

/** Writes a closed minute file piece by piece, and gives it the name that its content proves. */
function writeLarge(tree: string, pieces: Iterable<string>): void {
  const path = join(tree, minuteFolder(minute), 'large');
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'w');
  const hash = createHash('sha256');
  let lines = 0;
  for (const piece of pieces) {
    const bytes = Buffer.from(piece);
    for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) lines++;
    hash.update(bytes);
    writeSync(file, bytes);
  }
  closeSync(file);
  const name = minuteFileName({ minute, lines, connectedSeconds: 60, digest: hash.digest('hex').slice(0, 16) });
  renameSync(path, join(dirname(path), name));
}

function* usualLines(): Generator<string> {
  const text = 'words of a tweet, neither long nor short '.repeat(6);
  let number = 0;
  for (let bytes = 0; bytes < megabytes * 1e6;) {
    let piece = '';
    while (piece.length < 1 << 20) {
      const id = 2_031_354_381_000_000_000n + BigInt(number++);
      piece += `${payloadLine(String(id), { text, author_id: String(number % 300_000), lang: 'en' })}\n`;
    }
    bytes += piece.length;
    yield piece;
  }
}

function* endlessLine(): Generator<string> {
  yield '{"data":{"id":"1","text":"';
  const piece = 'x'.repeat(1 << 20);
  for (let bytes = 0; bytes < megabytes * 1e6; bytes += piece.length) yield piece;
  yield '"}}\n';
}

const here = place();
writeHour(here.own, minuteAt('2026-03-10T13:00Z'));
writeHour(here.partner, minuteAt('2026-03-10T13:00Z'));
writeLarge(here.own, usualLines());
writeLarge(here.partner, endlessLine());
const begunMs = performance.now();
await watchOnce(here.config('preset = 1\n'), here.world());
const seconds = (performance.now() - begunMs) / 1000;
const { counts } = JSON.parse(
  readFileSync(join(here.vault, '2026-03-10/2026-03-10_13_receipt.json'), 'utf8'),
) as Receipt;
const peakMegabytes = Math.round((process.resourceUsage().maxRSS * 1024) / 1e6);
const { userCPUTime, systemCPUTime } = process.resourceUsage();
console.log(
  `${megabytes} MB in one minute of each server (${counts.total} tweets; one line): ${seconds.toFixed(1)} s at preset 1 (processor time ${((userCPUTime + systemCPUTime) / 1e6).toFixed(1)} s with the making of the files), peak ${peakMegabytes} MB`,
);
assert.equal(counts.unreadable, { 'too-long': 1 });
assert.ok(counts.total > megabytes * 1_000);
assert.ok(peakMegabytes <= mostPeakMegabytes, `${peakMegabytes} MB are more than ${mostPeakMegabytes}`);
