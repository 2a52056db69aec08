// The record that begins every WARC file: who made it, with which program, as part of what.
// Takes plain values; leaves a head and a block. Never the command line, never the environment: they may hold secrets.
import { createHash } from 'node:crypto';
import { productName, productVersion } from '../domain/product.ts';
import { writtenDigest } from './digest.ts';
import { encodeFields, encodeHead } from './fields.ts';

export interface RecordBytes {
  readonly head: Buffer;
  readonly block: Buffer;
}

export interface Warcinfo {
  /** `<urn:uuid:…>` */
  readonly id: string;
  readonly fileName: string;
  readonly atMs: number;
  /** 1.1, or 1.0 for readers that know no other. */
  readonly version: string;
  /** Further fields of the block. */
  readonly about: readonly (readonly [string, string])[];
}

/** A WARC-Date; WARC 1.0 knows whole seconds only. */
export function warcDate(epochMs: number, version = '1.1'): string {
  const text = new Date(epochMs).toISOString();
  return version === '1.0' ? text.replace(/\.\d+Z$/, 'Z') : text;
}

const blockDigest = (block: Buffer): string => writtenDigest(createHash('sha256').update(block).digest());

/** A record whose block is known as a whole: its digest and length are added. */
export function smallRecord(
  version: string,
  fields: readonly (readonly [string, string])[],
  block: Buffer,
): RecordBytes {
  const all = [...fields, ['WARC-Block-Digest', blockDigest(block)], ['Content-Length', String(block.length)]] as const;
  return { head: encodeHead(version, all), block };
}

export function warcinfoRecord({ id, fileName, atMs, version, about }: Warcinfo): RecordBytes {
  const block = encodeFields([
    ['software', `${productName}/${productVersion}`],
    ['format', `WARC File Format ${version}`],
    ['conformsTo', `http://iipc.github.io/warc-specifications/specifications/warc-format/warc-${version}/`],
    ...about,
  ]);
  const fields = [
    ['WARC-Type', 'warcinfo'],
    ['WARC-Record-ID', id],
    ['WARC-Date', warcDate(atMs, version)],
    ['WARC-Filename', fileName],
    ['Content-Type', 'application/warc-fields'],
  ] as const;
  return smallRecord(version, fields, Buffer.from(block));
}
