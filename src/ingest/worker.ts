// The ingest's worker thread: the digest of a minute file that grows faster than one thread can hear and hash.
// Takes a path and how far the file is whole; answers with the SHA-256 up to there, once it is asked for.
import { createHash, type Hash } from 'node:crypto';
import { systemClock } from '../outside/clock.ts';
import { piecesBetween } from '../outside/pieces.ts';
import { answerQuestions } from '../outside/workers.ts';

export interface DigestQuestion {
  readonly path: string;
  /** The file's first bytes that count. */
  readonly bytes: number;
  /** Nothing more will be asked of this file. */
  readonly isLast: boolean;
}

export interface DigestAnswer {
  /** SHA-256 in hex; empty where it was not the last question. */
  readonly digest: string;
  /** What was hashed for this answer, and how long that took in real time: the machine's speed as it is now. */
  readonly bytes: number;
  readonly durationMs: number;
}

const clock = systemClock();
let following: { path: string; hash: Hash; bytes: number } | undefined;

function follow({ path, bytes, isLast }: DigestQuestion): DigestAnswer {
  if (following?.path !== path || following.bytes > bytes) following = { path, hash: createHash('sha256'), bytes: 0 };
  const beganMs = clock.monotonic();
  const hashed = bytes - following.bytes;
  for (const piece of piecesBetween(path, following.bytes, bytes)) following.hash.update(piece);
  following.bytes = bytes;
  const cost = { bytes: hashed, durationMs: clock.monotonic() - beganMs };
  if (!isLast) return { digest: '', ...cost };
  const digest = following.hash.digest('hex');
  following = undefined;
  return { digest, ...cost };
}

answerQuestions((question: DigestQuestion): Promise<DigestAnswer> => Promise.resolve(follow(question)));
