// As many bytes as a client takes, as fast as it takes them: a sender that is not the limit, for measuring what reads it.
// Takes the feed's first lines, made once; leaves them on the wire again and again, whole lines, then an end in order.
import type { ServerResponse } from 'node:http';
import type { Feed } from './feed.ts';
import type { Selection } from './selection.ts';

const blockBytes = 1 << 20;
const mostLines = 4_000;

export interface FloodSetting {
  readonly feed: Feed;
  readonly selection: Selection;
  /** To send at most; the last line is whole. */
  readonly bytes: number;
}

export function flood(response: ServerResponse, { feed, selection, bytes }: FloodSetting): void {
  const block = blockOf(feed, selection);
  let left = bytes;
  const send = (): void => {
    for (;;) {
      const piece = left >= block.length ? block : block.subarray(0, block.lastIndexOf(0x0a, left - 1) + 1);
      if (left <= 0 || piece.length === 0) return void response.end();
      left -= piece.length;
      if (!response.write(piece)) return void response.once('drain', send);
    }
  };
  response.on('error', () => {});
  send();
}

function blockOf(feed: Feed, selection: Selection): Buffer {
  const lines: Buffer[] = [];
  let bytes = 0;
  for (let place = 0; place < Math.min(mostLines, feed.length) && bytes < blockBytes; place++) {
    const line = feed.line(place, selection).bytes;
    lines.push(line, Buffer.from('\r\n'));
    bytes += line.length + 2;
  }
  return Buffer.concat(lines);
}
