// The ingest's worker thread: the digest of a minute file that grows faster than one thread can hear and hash.
// Takes a path and how far the file is whole; answers with the SHA-256 up to there, once it is asked for.
import { createHash, type Hash } from 'node:crypto';
import { threadTimeMs } from '../outside/clock.ts';
import { piecesBetween } from '../outside/pieces.ts';
import { answerQuestions } from '../outside/workers.ts';

export interface DigestQuestion {
  readonly path: string;
  /** Another one for each time that a file is opened: what stands at the path may be another by then. */
  readonly opening: number;
  /** The file's first bytes that count. */
  readonly bytes: number;
  /** Nothing more will be asked of this file. */
  readonly isLast: boolean;
}

export interface DigestAnswer {
  /** SHA-256 in hex; empty where it was not the last question. */
  readonly digest: string;
  /** What was hashed for this answer, and the processor time that it took. */
  readonly bytes: number;
  readonly cpuMs: number;
}

/** By path: one minute's file may still be followed to its end when the next one grows. */
const followed = new Map<string, { readonly hash: Hash; readonly bytes: number; readonly opening: number }>();

function follow({ path, opening, bytes, isLast }: DigestQuestion): DigestAnswer {
  const standing = followed.get(path);
  const known = standing?.opening === opening ? standing : { hash: createHash('sha256'), bytes: 0 };
  const beganMs = threadTimeMs();
  for (const piece of piecesBetween(path, known.bytes, bytes)) known.hash.update(piece);
  const cost = { bytes: bytes - known.bytes, cpuMs: threadTimeMs() - beganMs };
  if (isLast) followed.delete(path);
  else followed.set(path, { hash: known.hash, bytes, opening });
  return { digest: isLast ? known.hash.digest('hex') : '', ...cost };
}

answerQuestions((question: DigestQuestion): Promise<DigestAnswer> => Promise.resolve(follow(question)));
