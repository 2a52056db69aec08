// Answers of a stream as a server sends them, and WARC files made of them by hand: what the reader's tests read.
// Built from the rules themselves, without the writer under test.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, createDeflate, createGzip, gzipSync } from 'node:zlib';
import type { Deflate, Gzip } from 'node:zlib';

export const uri = 'http://127.0.0.1/2/tweets/sample/stream';
export const date = '2026-03-10T13:00:00.123Z';

/** The text of tweet number `index`: characters of one to four bytes. */
export const tweetLine = (index: number, padding = 0): string =>
  JSON.stringify({
    data: {
      id: String(1_900_000_000_000_000_000n + BigInt(index)),
      text: `naïve 😀 日本語 ${index}${'.'.repeat(padding)}`,
    },
  });

/** Lines as the stream sends them: CR LF, and a blank keep-alive after every seventh. */
export function streamLines(tweets: number, padding = 0): string[] {
  const lines: string[] = [];
  for (let index = 0; index < tweets; index++) {
    lines.push(`${tweetLine(index, padding)}\r\n`);
    if (index % 7 === 6) lines.push('\r\n');
  }
  return lines;
}

export interface AnswerShape {
  readonly encoding?: 'gzip' | 'deflate' | undefined;
  readonly isChunked?: boolean;
  /** Does the last chunk come? */
  readonly isEnded?: boolean;
  readonly head?: string;
}

/** The bytes on the wire: a chunk a line, compressed content flushed at each line. */
export async function wireBytes(lines: readonly string[], shape: AnswerShape = {}): Promise<Buffer> {
  const { encoding, isChunked = true, isEnded = true } = shape;
  const contents = encoding === undefined ? lines.map((line) => Buffer.from(line)) : await encoded(lines, encoding);
  const codings = encoding === undefined ? '' : `content-encoding: ${encoding}\r\n`;
  const framing = isChunked ? 'transfer-encoding: chunked\r\n' : '';
  const head = shape.head ?? `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${codings}${framing}\r\n`;
  const body = isChunked ? contents.flatMap((content) => chunkOf(content)) : contents;
  return Buffer.concat([Buffer.from(head), ...body, Buffer.from(isChunked && isEnded ? '0\r\n\r\n' : '')]);
}

export function chunkOf(content: Buffer): Buffer[] {
  return content.length === 0 ? [] : [Buffer.from(`${content.length.toString(16)}\r\n`), content, Buffer.from('\r\n')];
}

async function encoded(lines: readonly string[], encoding: 'gzip' | 'deflate'): Promise<Buffer[]> {
  const engine: Gzip | Deflate = encoding === 'gzip' ? createGzip() : createDeflate();
  const contents: Buffer[] = [];
  let parts: Buffer[] = [];
  engine.on('data', (part: Buffer) => parts.push(part));
  for (const line of lines) {
    engine.write(line);
    await new Promise<void>((resolve) => engine.flush(constants.Z_SYNC_FLUSH, resolve));
    contents.push(Buffer.concat(parts));
    parts = [];
  }
  const ended = new Promise((resolve) => engine.once('end', resolve));
  engine.end();
  await ended;
  return [...contents, Buffer.concat(parts)];
}

export type Fields = Readonly<Record<string, string | number | undefined>>;

/** One record, its block digest written as SHA-256 unless the fields say otherwise (undefined: left out). */
export function record(fields: Fields, block: Buffer | string = ''): Buffer {
  const bytes = Buffer.from(block);
  const all: Fields = {
    'WARC-Record-ID': `<urn:test:${createHash('sha1').update(JSON.stringify(fields)).update(bytes).digest('hex')}>`,
    'WARC-Date': date,
    'WARC-Block-Digest': `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    'Content-Length': bytes.length,
    ...fields,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== undefined);
  return Buffer.concat([
    Buffer.from(`WARC/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`),
    bytes,
    Buffer.from('\r\n\r\n'),
  ]);
}

export const warcinfo = (): Buffer =>
  record({ 'WARC-Type': 'warcinfo', 'Content-Type': 'application/warc-fields' }, 'software: test\r\n');

export const response = (block: Buffer, fields: Fields = {}): Buffer =>
  record(
    { 'WARC-Type': 'response', 'WARC-Target-URI': uri, 'Content-Type': 'application/http;msgtype=response', ...fields },
    block,
  );

/** An answer cut at these offsets into segments: the records of one logical record. `fields` by segment number. */
export function segments(
  answer: Buffer,
  cuts: readonly number[],
  fields: Readonly<Record<number, Fields>> = {},
): Buffer[] {
  const origin = `<urn:test:origin-${createHash('sha1').update(answer).update(cuts.join()).digest('hex')}>`;
  const edges = [0, ...cuts, answer.length];
  return edges.slice(1).map((end, index) => {
    const block = answer.subarray(edges[index] ?? 0, end);
    const number = index + 1;
    const own = fields[number] ?? {};
    if (index === 0) return response(block, { 'WARC-Record-ID': origin, 'WARC-Segment-Number': 1, ...own });
    const isLast = end === answer.length && index === edges.length - 2;
    const total = isLast ? { 'WARC-Segment-Total-Length': answer.length } : {};
    const head = { 'WARC-Type': 'continuation', 'WARC-Target-URI': uri, 'WARC-Segment-Origin-ID': origin };
    return record({ ...head, 'WARC-Segment-Number': number, ...total, ...own }, block);
  });
}

/** Writes records into a file, each a gzip member of its own unless the name ends in `.warc`. */
export function writeWarc(folder: string, name: string, records: readonly Buffer[]): string {
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat(name.endsWith('.warc') ? records : records.map((bytes) => gzipSync(bytes))));
  return path;
}
