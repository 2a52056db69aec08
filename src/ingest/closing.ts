// The closing of one minute: its `.part`, or nothing, becomes a file under the name that proves it.
// Takes a minute and what is known of its seconds; leaves its file. May be carried out again after an error.
import { emptyDigest, type MinuteFile } from '../domain/minute-file.ts';
import type { Minute } from '../domain/time.ts';
import { type Claims, claimsOf, closeEmpty, emptyNames } from './empty-minute.ts';
import type { MinutePart } from './minute-part.ts';
import { closeMinute, type Spool, syncMinute } from './open-minute.ts';

export interface ToClose {
  readonly minute: Minute;
  readonly connectedSeconds: number;
  /** undefined where none was begun: then the minute's file is empty. */
  readonly part: MinutePart | undefined;
}

export interface Closed {
  readonly file: MinuteFile;
  /** What the names of the minute's files say now: it may be closed once more. */
  readonly claims: Claims;
}

export class Closing {
  readonly #toClose: ToClose;
  /** Counted in as names are given, so that a second try after an error goes on from there. */
  #claims: Claims | undefined;
  /** Seconds of the empty files that are still to be made; undefined until it is known that no line came. */
  #names: number[] | undefined;

  constructor(toClose: ToClose) {
    this.#toClose = toClose;
  }

  get minute(): Minute {
    return this.#toClose.minute;
  }

  get part(): MinutePart | undefined {
    return this.#toClose.part;
  }

  get isHeard(): boolean {
    return this.part !== undefined || this.#toClose.connectedSeconds > 0;
  }

  /** `standing`: what the names of the minute that was closed before this one say. */
  async carryOut(spool: Spool, standing: Claims | undefined): Promise<Closed> {
    const { minute, connectedSeconds, part } = this.#toClose;
    const claims = (this.#claims ??= claimsOf(minute, connectedSeconds, standing));
    // Once it takes an empty file's name it has no `.part` any more, and needs none.
    const open = this.#names === undefined ? await part?.named() : undefined;
    if (part?.hasLost) claims.owedSeconds = 0;
    let file: MinuteFile = { minute, lines: 0, connectedSeconds, digest: emptyDigest };
    if (open === undefined || open.lines === 0) {
      if (open !== undefined) await syncMinute(open);
      this.#names ??= await emptyNames(spool, claims);
      await closeEmpty(spool, claims, this.#names);
    } else {
      file = await closeMinute(spool, open, claims.owedSeconds);
      claims.owedSeconds = 0;
    }
    await part?.release();
    return { file, claims: { ...claims } };
  }
}
