// Work on many things, several at a time and no more: threads and connections have enough of it, and memory is bounded.

/**
 * Runs so many lanes at once, each of which takes from what the caller shares among them, and is told which one it is, from 0.
 * Resolves when all have ended; rejects then as the first that failed: a lane that outlived its caller would go on beside whatever
 * comes next.
 */
export async function inLanes(count: number, lane: (index: number) => Promise<void>): Promise<void> {
  const ends = await Promise.allSettled(Array.from({ length: count }, (_, index) => lane(index)));
  const broken = ends.find((end) => end.status === 'rejected');
  if (broken) throw broken.reason;
}
