// One .xz stream of one block around raw LZMA2 bytes. Takes what a compressor made and what it was made from; leaves the bytes
// before and after it. The format: https://tukaani.org/xz/xz-file-format.txt, version 1.2.0.
import { crc32 } from 'node:zlib';

const magic = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
/** Two flag bytes: the check of each block is a CRC32. */
const streamFlags = [0x00, 0x01];
const checkBytes = 4;
const lzma2Filter = 0x21;
const headerBytes = 12;

/** Dictionary sizes that the format knows, from 4 KiB on: 2^n and 2^n + 2^(n-1). The index is the code that stands in the header. */
const dictionarySizes: readonly number[] = Array.from(
  { length: 38 },
  (_, code) => (2 | (code & 1)) * 2 ** ((code >> 1) + 11),
);

/** The smallest dictionary that holds so many bytes, at most `mostBytes`: a larger one costs memory and finds nothing more. */
export function dictionaryFor(bytes: number, mostBytes: number): number {
  return dictionarySizes.find((size) => size >= Math.min(bytes, mostBytes)) ?? mostBytes;
}

/** What is to be put around the raw LZMA2 bytes. */
export interface XzBlock {
  readonly content: Uint8Array;
  /** As the compressor ended it, its end marker included. */
  readonly compressedBytes: number;
  /** One of the format's sizes. */
  readonly dictionaryBytes: number;
}

/** The bytes before and after the compressed ones. */
export function xzAround({ content, compressedBytes, dictionaryBytes }: XzBlock): { before: Buffer; after: Buffer } {
  const header = blockHeader(dictionaryBytes);
  const padding = -compressedBytes & 3;
  const unpadded = header.length + compressedBytes + checkBytes;
  const index = indexOf(unpadded, content.length);
  const before = Buffer.concat([Buffer.from([...magic, ...streamFlags]), sumOf(streamFlags), header]);
  const after = Buffer.concat([Buffer.alloc(padding), sumOf(content), index, footer(index.length)]);
  return { before, after };
}

/** One filter, sizes not told: they stand in the index. */
function blockHeader(dictionaryBytes: number): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.set([headerBytes / 4 - 1, 0x00, lzma2Filter, 0x01, dictionarySizes.indexOf(dictionaryBytes)]);
  return withSum(header, headerBytes - 4);
}

function indexOf(unpaddedBytes: number, contentBytes: number): Buffer {
  const record = [0x00, 0x01, ...variableInteger(unpaddedBytes), ...variableInteger(contentBytes)];
  const index = Buffer.alloc(record.length + (-record.length & 3) + 4);
  index.set(record);
  return withSum(index, index.length - 4);
}

function footer(indexBytes: number): Buffer {
  const tail = Buffer.alloc(6);
  tail.writeUInt32LE(indexBytes / 4 - 1, 0);
  tail.set(streamFlags, 4);
  return Buffer.concat([sumOf(tail), tail, Buffer.from('YZ')]);
}

function withSum(bytes: Buffer, at: number): Buffer {
  bytes.writeUInt32LE(crc32(bytes.subarray(0, at)), at);
  return bytes;
}

function sumOf(bytes: Uint8Array | readonly number[]): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(bytes instanceof Uint8Array ? bytes : Uint8Array.from(bytes)));
  return sum;
}

/** Seven bits a byte, the lowest first. */
function variableInteger(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}
