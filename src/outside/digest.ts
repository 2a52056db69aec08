// Hashing off the main thread. Takes bytes; leaves the digest that a minute file's name carries, made by Node's thread pool.
// Megabytes hashed on the main thread would keep a connection's answers waiting meanwhile.
import { subtle } from 'node:crypto';
import { digestInName } from '../domain/minute-file.ts';

/** The same as `contentDigest`. The bytes must not be shared with another thread, nor change meanwhile. */
export async function pooledDigest(content: Uint8Array): Promise<string> {
  const digest = await subtle.digest('SHA-256', content as Uint8Array<ArrayBuffer>);
  return digestInName(Buffer.from(digest).toString('hex'));
}
