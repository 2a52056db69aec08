// Digests as WARC files write them: `sha1:` with base32, `sha256:` with hex, and what else readers meet.
// Takes a field's value; leaves the algorithm and the bytes, or what to say of it. Source: WARC 1.1 annotated, §5.8 and #48, #80.

export interface WrittenDigest {
  /** As node:crypto names it. */
  readonly algorithm: 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512';
  readonly bytes: Buffer;
}

const sizes = { md5: 16, sha1: 20, sha256: 32, sha384: 48, sha512: 64 } as const;

/** Reads a digest; undefined where its algorithm is unknown or its value has no form that the algorithm can have. */
export function parseDigest(value: string): WrittenDigest | undefined {
  const match = /^([A-Za-z0-9_-]+):\s*(\S+)$/.exec(value.trim());
  const algorithm = match?.[1]?.toLowerCase().replaceAll(/[-_]/g, '') ?? '';
  if (!isKnown(algorithm)) return undefined;
  const bytes = decode(match?.[2] ?? '', sizes[algorithm]);
  return bytes && { algorithm, bytes };
}

const isKnown = (algorithm: string): algorithm is keyof typeof sizes => Object.hasOwn(sizes, algorithm);

/** The form follows from the length: hex is the longest, base64 the shortest. */
function decode(text: string, size: number): Buffer | undefined {
  const bare = text.replace(/=+$/, '');
  if (bare.length === size * 2 && /^[0-9a-fA-F]+$/.test(bare)) return Buffer.from(bare, 'hex');
  if (bare.length === Math.ceil((size * 8) / 5)) return fromBase32(bare);
  if (bare.length === Math.ceil((size * 4) / 3)) return Buffer.from(bare, 'base64');
  return undefined;
}

const base32Digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function fromBase32(text: string): Buffer | undefined {
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const digit of text.toUpperCase()) {
    const value = base32Digits.indexOf(digit);
    if (value < 0) return undefined;
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) bytes.push((held >> (bits -= 8)) & 0xff);
  }
  return Buffer.from(bytes);
}

/** How this project writes the digest of a block: `sha256:` and lower-case hex. */
export const writtenDigest = (sha256: Buffer): string => `sha256:${sha256.toString('hex')}`;

/**
 * How it writes the digest of a payload: `sha1:` and base32, by which other tools find the same content again. What was received is
 * proven by the SHA-256 of every block; a second one of nearly the same bytes would cost more than it proves.
 */
export const writtenPayloadDigest = (sha1: Buffer): string => `sha1:${toBase32(sha1)}`;
/** As node:crypto names it. */
export const payloadAlgorithm = 'sha1';

/** Without padding: 5 bits a digit, which a SHA-1 fills. */
function toBase32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => base32Digits.charAt(Number.parseInt(five, 2))).join('');
}
