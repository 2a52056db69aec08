// Results in great number: gathered into large writes, and held back while the reader of stdout is slow.
// Takes lines; leaves them on the stream in order.
import { once } from 'node:events';

const batchBytes = 256 * 1024;

export interface ResultLines {
  /** Adds a line (its end is added). A promise only where the stream has to be waited for. The bytes are copied. */
  add(line: Buffer): Promise<void> | void;
  /** Writes what is gathered; resolves once the stream has handed it on: a process that ends then takes none of it along. */
  flush(): Promise<void>;
}

export function resultLines(stream: NodeJS.WritableStream): ResultLines {
  let batch = Buffer.allocUnsafe(batchBytes);
  let length = 0;
  async function flush(): Promise<void> {
    if (length === 0) return;
    const bytes = batch.subarray(0, length);
    batch = Buffer.allocUnsafe(batchBytes);
    length = 0;
    await new Promise<void>((resolve, reject) => {
      stream.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }
  async function addAfterFlush(line: Buffer): Promise<void> {
    await flush();
    if (line.length >= batchBytes) {
      if (!stream.write(Buffer.concat([line, Buffer.from('\n')]))) await once(stream, 'drain');
    } else append(line);
  }
  function append(line: Buffer): void {
    length += line.copy(batch, length);
    batch[length++] = 0x0a;
  }
  return {
    add(line) {
      if (length + line.length < batchBytes) append(line);
      else return addAfterFlush(line);
      return undefined;
    },
    flush,
  };
}
