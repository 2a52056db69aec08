// A `.part` that a dead process left, made whole again: every whole line stays, everything else goes aside.
// Takes the file's path; leaves it with whole lines, and at most a torn last one, which is cut off when it is opened. A file that is
// whole, as nearly all are, is read and not touched.
import { dirname, join } from 'node:path';
import type { Aside } from './aside.ts';
import { LineCutter } from './line-cutter.ts';
import type { Spool } from './open-minute.ts';

/** What a `.part` was found to be. `torn`: only its last line is not whole, as after any death in the midst of a write. */
export type PartState = 'whole' | 'torn' | 'damaged';

interface Found {
  state: PartState;
  /** Bytes up to the first line that is not whole. */
  goodBytes: number;
}

/**
 * Mends it. Bytes that are no whole line go aside as `cut-off`; `damaged` where whole lines follow them. A last line without an end
 * stays for `openMinute`: a start on a full disk has no room for another file.
 */
export async function mendPart(spool: Spool, path: string, aside: Aside): Promise<PartState> {
  const { state, goodBytes } = await inspect(spool, path, aside);
  if (state === 'torn') await aside.write();
  if (state !== 'damaged') return state;
  const mended = join(dirname(path), '.mended.part');
  await spool.disk.remove(mended);
  const file = await spool.disk.open(mended);
  try {
    // Batches of whole lines are written, and what is not whole is kept, before the next piece is read: memory stays bounded.
    let good: Buffer[] = [];
    const cutter = new LineCutter({
      payload: (bytes, start, end) => void good.push(Buffer.from(bytes.subarray(start, end)), lineEnd),
      aside: (_reason, line) => aside.put('cut-off', line),
    });
    for await (const chunk of spool.disk.chunks(path)) {
      cutter.feed(chunk);
      const lines = good;
      good = [];
      if (lines.length > 0) await file.append(Buffer.concat(lines));
      await aside.write();
    }
    cutter.end();
    await aside.write();
    await file.sync();
  } finally {
    await file.close();
  }
  // Only now, when what was taken out stands elsewhere, is the file replaced.
  await spool.disk.rename(mended, path);
  return goodBytes === (await spool.disk.facts(path))?.bytes ? 'torn' : 'damaged';
}

const lineEnd = Buffer.from('\n');

async function inspect({ disk }: Spool, path: string, aside: Aside): Promise<Found> {
  const found: Found = { state: 'whole', goodBytes: 0 };
  let isRead = false;
  const cutter = new LineCutter({
    payload: (_bytes, start, end) => {
      if (found.state === 'whole') found.goodBytes += end - start + 1;
    },
    aside(_reason, line) {
      const isTorn = isRead && found.state === 'whole';
      found.state = isTorn ? 'torn' : 'damaged';
      if (isTorn) aside.put('cut-off', line);
    },
  });
  for await (const chunk of disk.chunks(path)) cutter.feed(chunk);
  isRead = true;
  cutter.end();
  return found;
}
