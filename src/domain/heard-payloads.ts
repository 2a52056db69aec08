// Payloads heard before, as bytes: both servers hear the same payload, and where all but the note of receipt is equal byte for
// byte, it need not be parsed a second time. Takes lines and the row that each became; leaves the row of an equal one.
import { ByteRows } from './byte-rows.ts';
import { noteStart } from './payload.ts';

/** Only a saving is lost beyond this: a minute of 45,000 usual tweets fits. */
const mostBytes = 32 * 2 ** 20;
const sampledWords = 16;

/** Remembers the lines of one minute; of two of the same sample the first one. */
export class HeardPayloads {
  readonly #payloads = new ByteRows(1 << 20);
  readonly #rows: number[] = [];
  readonly #placeOfSample = new Map<number, number>();

  /** Forgets everything but keeps its buffer. */
  clear(): void {
    this.#payloads.clear();
    this.#rows.length = 0;
    this.#placeOfSample.clear();
  }

  /** The row of a line whose payload is equal; -1 where there is none. */
  find(line: Buffer, { end, sample }: Print): number {
    const place = this.#placeOfSample.get(sample);
    if (place === undefined) return -1;
    const isEqual = line.compare(this.#payloads.row(place), undefined, undefined, 0, end) === 0;
    return isEqual ? (this.#rows[place] as number) : -1;
  }

  /** Remembers a line that was read as a tweet, and its row. */
  add(line: Buffer, { end, sample }: Print, row: number): void {
    if (this.#placeOfSample.has(sample) || this.#payloads.used + end > mostBytes) return;
    this.#placeOfSample.set(sample, this.#rows.length);
    this.#rows.push(row);
    this.#payloads.push(line.subarray(0, end));
  }
}

/** What a line is recognised by: where its note begins, and a sample of what comes before. */
export interface Print {
  readonly end: number;
  readonly sample: number;
}

/** None for a line whose note is not as this tool writes it: such lines are not compared. */
export function printOf(line: Buffer): Print | undefined {
  const end = noteStart(line);
  return end < 0 ? undefined : { end, sample: sampleOf(line, end) };
}

/** A number that differs for nearly all payloads: their length and some words in even steps. */
function sampleOf(line: Buffer, end: number): number {
  const step = Math.max(4, Math.floor(end / sampledWords));
  let sample = end;
  for (let at = 0; at + 4 <= end; at += step) {
    sample = Math.imul(sample ^ line.readInt32LE(at), 0x9e3779b1);
    sample ^= sample >>> 15;
  }
  return sample;
}
