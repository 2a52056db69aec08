// An archive in tests: opened on a folder with a clock wound by hand, fed with the bytes of answers, and looked at.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import type { WireExchange, WireSink } from '../../src/outside/wire.ts';
import { verifyWarcs } from '../../src/warc/verify.ts';
import { type Archive, type ArchiveSetting, openArchive } from '../../src/warc/archive.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type TestWorld, testWorld } from '../support/test-world.ts';
import { until } from '../support/until.ts';
import { tweetLine, uri } from './answers.ts';

export const secret = 'SECRET-bearer-8f3a';

export const exchange: WireExchange = {
  method: 'GET',
  url: `${uri}?expansions=author_id`,
  path: '/2/tweets/sample/stream?expansions=author_id',
  headers: [
    'Host',
    '127.0.0.1',
    'Authorization',
    `Bearer ${secret}`,
    'User-Agent',
    'streamvault/test',
    'Connection',
    'close',
  ],
  remoteAddress: '::ffff:127.0.0.1',
};

export interface OpenArchive {
  readonly folder: string;
  readonly world: TestWorld;
  readonly archive: Archive;
  /** Begins an answer. */
  begin(exchange?: WireExchange): WireSink;
  /** Files that are finished, by name. */
  finished(): string[];
  /** Everything that lies in the folder but the lock. */
  names(): string[];
}

export interface ArchivingSetting extends Partial<ArchiveSetting> {
  readonly disk?: Disk;
  readonly world?: TestWorld;
}

export async function archiving({
  disk = systemDisk,
  world: given,
  ...setting
}: ArchivingSetting = {}): Promise<OpenArchive> {
  const folder = setting.folder ?? join(temporaryFolder(), 'warc');
  const world = { ...(given ?? testWorld(Date.parse('2026-03-10T13:00:00Z'))), disk };
  const archive = await openArchive(
    { prefix: 'streamvault-sample', host: 'server1', about: [['isPartOf', 'test']], ...setting, folder },
    world,
  );
  return {
    folder,
    world,
    archive,
    begin: (asked = exchange) => archive.tap(asked),
    finished: () => readdirSync(folder).filter((name) => name.endsWith('.warc.gz')),
    names: () => readdirSync(folder).filter((name) => !name.startsWith('.warc.')),
  };
}

/** Resolves once so many files are finished and no spool is left; lets time pass meanwhile. */
export const sealed = (open: OpenArchive, files: number): Promise<unknown> =>
  until(`${files} files to be finished`, async () => {
    await open.world.clock.pass(200);
    return open.finished().length === files && !open.names().some((name) => name.includes('.spool'));
  });

/** The lines of so many tweets. */
export const tweets = (to: number): string[] => Array.from({ length: to }, (_, index) => tweetLine(index));

/** Feeds bytes in pieces, each in a second of its own, overwriting each piece afterwards as the stream's reader does. */
// oxlint-disable-next-line max-params -- whose clock, into what, which bytes, in pieces of what size
export async function feed(
  open: OpenArchive,
  sink: { bytes(bytes: Buffer): void },
  bytes: Buffer,
  piece = 1000,
): Promise<void> {
  for (let at = 0; at < bytes.length; at += piece) {
    const part = Buffer.from(bytes.subarray(at, at + piece));
    sink.bytes(part);
    part.fill(0);
    await open.world.clock.pass(1_000);
  }
}

/** The files that are finished. */
export const paths = (open: OpenArchive): string[] => open.finished().map((name) => join(open.folder, name));

/** Resolves once so many bytes stand in spools. */
export const spooled = (open: OpenArchive, bytes: number): Promise<unknown> =>
  until(`${bytes} bytes in the spool`, async () => {
    await open.world.clock.pass(100);
    const spools = open.names().filter((name) => name.endsWith('.spool'));
    return spools.reduce((sum, name) => sum + statSync(join(open.folder, name)).size, 0) === bytes;
  });

/** Resolves once the newest alert was raised, or ended. */
export const told = (open: OpenArchive, is: 'raised' | 'ended'): Promise<unknown> =>
  until(`an alert to be ${is}`, async () => {
    await open.world.clock.pass(100);
    return open.world.raised.at(-1)?.is === is;
  });

/** How each answer in the finished files ends; throws where verification finds anything. */
export async function verified(open: OpenArchive): Promise<string[]> {
  const report = await verifyWarcs(paths(open), { disk: systemDisk });
  assert.equal([report.issues, report.warnings], [[], []]);
  return report.answers.map(({ status }) => status);
}

/** Closes the archive at the end of a test, however it ends. */
export async function closedAtEnd(opening: Promise<OpenArchive>): Promise<OpenArchive & AsyncDisposable> {
  const open = await opening;
  return {
    ...open,
    async [Symbol.asyncDispose]() {
      const closing = open.archive.close();
      for (let tries = 0; tries < 10; tries++) await open.world.clock.pass(1_000);
      await closing;
    },
  };
}

export interface WrittenRecord {
  readonly file: string;
  readonly fields: ReadonlyMap<string, string>;
  readonly block: Buffer;
}

/** The records of files as they stand there, read strictly: whatever is not exactly as the standard has it throws. */
export function writtenRecords(folder: string, names: readonly string[]): WrittenRecord[] {
  return names.flatMap((name) =>
    strictRecords(gunzipSync(readFileSync(join(folder, name)))).map((record) => ({ file: name, ...record })),
  );
}

function strictRecords(bytes: Buffer): Omit<WrittenRecord, 'file'>[] {
  const records: Omit<WrittenRecord, 'file'>[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf('\r\n\r\n', at);
    const [version, ...lines] = bytes.subarray(at, end).toString('utf8').split('\r\n');
    if (version !== 'WARC/1.1') throw new Error(`version line ${version}`);
    const fields = new Map<string, string>();
    for (const line of lines) {
      const match = /^([A-Za-z-]+): (\S.*)$/.exec(line);
      if (!match?.[1] || fields.has(match[1])) throw new Error(`field ${line}`);
      fields.set(match[1], match[2] ?? '');
    }
    const block = bytes.subarray(end + 4, end + 4 + Number(fields.get('Content-Length')));
    at = end + 4 + block.length + 4;
    if (bytes.subarray(at - 4, at).toString('latin1') !== '\r\n\r\n') throw new Error('end of record');
    records.push({ fields, block });
  }
  return records;
}
