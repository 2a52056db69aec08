// Memory with large answers, written and read: each in a process of its own, whose most resident memory is watched.
// STREAMVAULT_WARC_BYTES: of the answer (default 100MB; 2GB is what the limit is for).
// may take 1800 s
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSize } from '../../src/domain/quantity.ts';
import { startChild } from '../support/child.ts';
import { executable, neededPeer, peerTest } from '../support/peers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { longestLineBytes } from '../../src/warc/stamped-lines.ts';
import { response, writeWarc } from './answers.ts';

const test = suite('warc memory');
const bytes = parseSize(process.env['STREAMVAULT_WARC_BYTES'] ?? '100MB') ?? 1e8;
const limitMB = 200;
const folder = temporaryFolder();
const warc = join(folder, 'warc');
const writer = fileURLToPath(new URL('large-answer.ts', import.meta.url));

interface Ran {
  readonly end: number | NodeJS.Signals;
  readonly residentMB: number;
  readonly stderr: string;
}

/** Runs a program to its end; what it prints is thrown away by a shell. */
async function watched(program: readonly string[], words: readonly string[]): Promise<Ran> {
  const child = startChild(words, ['sh', '-c', 'exec "$0" "$@" >/dev/null', ...program]);
  let residentMB = 0;
  await until(
    `the end of ${words.join(' ')}`,
    () => {
      if (child.end === undefined) residentMB = Math.max(residentMB, mostResidentMB(child.process.pid));
      return child.end !== undefined;
    },
    1_800_000,
  );
  return { end: child.end ?? -1, residentMB, stderr: child.stderr };
}

/** The most that a process had resident so far; 0 once it is gone. */
function mostResidentMB(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return (Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024) / 1e6;
  } catch {
    return 0;
  }
}

test(`an answer of ${Math.round(bytes / 1e6)} MB in four segments is written in bounded memory`, async () => {
  const ran = await watched([process.execPath, writer], [warc, String(bytes)]);
  console.log(JSON.stringify({ what: 'write', MB: bytes / 1e6, residentMB: Math.round(ran.residentMB) }));
  assert.is(ran.end, 0, ran.stderr);
  assert.is(readdirSync(warc).filter((name) => name.endsWith('.gz')).length, 4);
  assert.ok(ran.residentMB < limitMB, `${ran.residentMB} MB`);
});

for (const [what, words] of [
  ['tweets', ['warc', 'tweets', warc]],
  ['verify', ['warc', 'verify', warc]],
  ['join', ['warc', 'join', warc, '-o', join(folder, 'joined.warc.gz')]],
] as const) {
  // Run from its sources, the program needs half of that memory for taking the types out of them.
  peerTest(test, [executable], `it is read in bounded memory (${what})`, async () => {
    const ran = await watched([neededPeer(executable)], words);
    console.log(JSON.stringify({ what, MB: bytes / 1e6, residentMB: Math.round(ran.residentMB) }));
    assert.is(ran.end, 0, ran.stderr);
    assert.ok(ran.residentMB < limitMB, `${ran.residentMB} MB`);
  });
}

peerTest(test, [executable], 'content that swells a thousandfold is read in bounded memory', async () => {
  const swollen = gzipSync(Buffer.alloc(400 * 1024 * 1024, ' '), { level: 9 });
  const head = Buffer.from('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n');
  const path = writeWarc(folder, 'swollen.warc.gz', [response(Buffer.concat([head, swollen]))]);
  const ran = await watched([neededPeer(executable)], ['warc', 'tweets', path]);
  console.log(JSON.stringify({ what: 'swollen', MB: 419, residentMB: Math.round(ran.residentMB) }));
  // It is all one line, too: up to the longest one that is read, it is held, and copied where it grows.
  assert.ok(ran.residentMB < limitMB + (3 * longestLineBytes) / 1e6, `${ran.residentMB} MB`);
});

test.run();
