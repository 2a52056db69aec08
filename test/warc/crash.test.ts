// The archive stopped at every single step on the disk, then opened again: nothing received is lost, nothing is there twice.
import { cpSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
// may take 600 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Disk, type OpenFile, systemDisk } from '../../src/outside/disk.ts';
import { readManifest } from '../../src/outside/warc-manifest.ts';
import { verifyWarcs } from '../../src/warc/verify.ts';
import { settle } from '../support/manual-clock.ts';
import { seed } from '../support/seed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { streamLines, wireBytes } from './answers.ts';
import { archiving, writtenRecords } from './archiving.ts';

const test = suite('warc crash');

interface StoppingDisk {
  readonly disk: Disk;
  /** Steps that were begun. */
  readonly steps: () => number;
  /** The step has come from which on nothing happens any more, and all before it have ended. */
  readonly isStopped: () => boolean;
  /** Lets go of files that the stopped archive still holds. */
  readonly letGo: () => Promise<void>;
}

/** A disk that carries out so many changes, and hangs at the next one for ever: as far as the folder knows, the process is gone. */
function stoppingAfter(most: number): StoppingDisk {
  let steps = 0;
  let running = 0;
  async function step<T>(work: () => Promise<T>): Promise<T> {
    if (++steps > most) await new Promise(() => {});
    running++;
    try {
      return await work();
    } finally {
      running--;
    }
  }
  const opened: OpenFile[] = [];
  const guarded = (file: OpenFile): OpenFile => ({
    ...file,
    append: (bytes) => step(() => file.append(bytes)),
    truncate: (bytes) => step(() => file.truncate(bytes)),
  });
  const disk: Disk = {
    ...systemDisk,
    write: (path, bytes) => step(() => systemDisk.write(path, bytes)),
    open: (path) =>
      step(async () => {
        const file = await systemDisk.open(path);
        opened.push(file);
        return guarded(file);
      }),
    rename: (from, to) => step(() => systemDisk.rename(from, to)),
    publish: (from, to) => step(() => systemDisk.publish(from, to)),
    remove: (path) => step(() => systemDisk.remove(path)),
  };
  return {
    disk,
    steps: () => steps,
    isStopped: () => steps > most && running === 0,
    letGo: async () => void (await Promise.all(opened.map((file) => file.close().catch(() => {})))),
  };
}

/** Everything that stands in the folder, but the lock: names, sizes, times of change. */
const facts = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => !name.startsWith('.warc.'))
    .map((name) => `${name} ${statSync(join(folder, name)).size} ${statSync(join(folder, name)).mtimeMs}`);

/** Bytes of answers that stand in the folder, in files and spools; each segment once. */
function bytesIn(folder: string): number {
  const names = readdirSync(folder);
  const finished = names.filter((name) => name.endsWith('.warc.gz'));
  const spools = names.filter(
    (name) => name.endsWith('.spool') && !finished.includes(name.replace(/spool$/, 'warc.gz')),
  );
  const blocks = writtenRecords(folder, finished).filter(({ fields }) =>
    /^(response|continuation)$/.test(fields.get('WARC-Type') ?? ''),
  );
  return (
    blocks.reduce((sum, { block }) => sum + block.length, 0) +
    spools.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
  );
}

/** Opens and closes the archive, letting time pass until all is sealed. */
async function recover(folder: string): Promise<void> {
  const open = await archiving({ folder });
  await until('all to be sealed and in the manifest', async () => {
    const known = await readManifest(systemDisk, folder);
    return (
      known.length === open.finished().length && !open.names().some((name) => /\.(spool|json|times|open)$/.test(name))
    );
  });
  await open.archive.close();
}

/** Every step where STREAMVAULT_ALL_STEPS=1 (a minute and more); otherwise every fourth, from another one each time. */
const stride = process.env['STREAMVAULT_ALL_STEPS'] === '1' ? 1 : 4;

const answer = await wireBytes(streamLines(90));

/** Two answers in five segments, then the end; stops where the disk does. Resolves to whether it came to its end. */
async function journey(folder: string, { disk, isStopped }: StoppingDisk): Promise<boolean> {
  let isOver = false;
  const work = (async () => {
    const open = await archiving({ folder, disk, segmentBytes: 3500 });
    for (const isLast of [false, true]) {
      const sink = open.begin();
      for (let at = 0; at < answer.length; at += 2000) {
        sink.bytes(answer.subarray(at, at + 2000));
        await open.world.clock.pass(isLast ? 1_000 : 10);
      }
      sink.end(true);
    }
    await open.archive.close();
    isOver = true;
  })();
  await Promise.race([work, until('the disk to stop', () => isStopped() || isOver)]);
  await settle();
  return isOver;
}

async function recoveredFrom(folder: string): Promise<void> {
  const before = bytesIn(folder);
  await recover(folder);
  const names = readdirSync(folder).filter((name) => name.endsWith('.warc.gz'));
  const report = await verifyWarcs(
    names.map((name) => join(folder, name)),
    { disk: systemDisk },
  );
  assert.equal([report.issues, report.warnings], [[], []]);
  assert.is(bytesIn(folder), before);
  const records = writtenRecords(folder, names);
  const ids = records.map(({ fields }) => fields.get('WARC-Record-ID'));
  assert.is(new Set(ids).size, ids.length);
  for (const { segments, bytes, record } of report.answers) {
    const blocks = records.filter(({ fields }) =>
      [fields.get('WARC-Record-ID'), fields.get('WARC-Segment-Origin-ID')].includes(`<${record}>`),
    );
    const whole = Buffer.concat(blocks.map(({ block }) => block));
    assert.is(blocks.length, segments);
    assert.ok(whole.equals(answer.subarray(0, bytes)), 'the bytes are not those that were received');
  }
  const manifest = await readManifest(systemDisk, folder);
  assert.equal(manifest.map(({ file }) => file).toSorted(), names);
  const settled = facts(folder);
  await recover(folder);
  assert.equal(facts(folder), settled, 'a second recovery changed something');
}

test('stopped at any step on the disk, the archive comes back with all that it had accepted, once', async () => {
  let isOver = false;
  let steps = 0;
  for (let most = 1 + (seed % stride); !isOver; most += stride) {
    const folder = join(temporaryFolder(), 'warc');
    const stopping = stoppingAfter(most);
    isOver = await journey(folder, stopping);
    const copy = join(temporaryFolder(), 'warc');
    cpSync(folder, copy, { recursive: true, filter: (path) => !path.includes('.warc.lock') });
    try {
      // Before its first file there is nothing to be recovered.
      if (readdirSync(copy).some((name) => /\.(gz|spool)$/.test(name))) await recoveredFrom(copy);
    } catch (error) {
      throw new Error(`stopped after step ${most}: ${String(error)}`, { cause: error });
    }
    steps = stopping.steps();
    await stopping.letGo();
  }
  assert.ok(steps > 60, `only ${steps} steps`);
});

test.run();
