// Chunks that a source pushes, as an iterable that its consumer pulls. Takes a way to hold the source back;
// leaves every chunk that was pushed, in order, and then the end with its error.

export interface Source {
  pause(): void;
  resume(): void;
  /** The consumer left: nothing more is wanted. */
  stop(): void;
}

export interface ChunkQueue {
  push(this: void, chunk: Buffer): void;
  /** Without an error: an orderly end. Only the first call counts. */
  end(this: void, error?: Error): void;
  readonly chunks: AsyncIterable<Buffer>;
}

/** Above this many bytes the source is held back until half of them are consumed. */
const fullBytes = 1 << 20;

export function chunkQueue(source: Source): ChunkQueue {
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let isPaused = false;
  let ended: { error: Error | undefined } | undefined;
  let wake = (): void => {};

  async function* consume(): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const chunks = waiting;
        waiting = [];
        for (const chunk of chunks) {
          yield chunk;
          waitingBytes -= chunk.length;
          if (isPaused && waitingBytes < fullBytes / 2) {
            isPaused = false;
            source.resume();
          }
        }
        if (waiting.length > 0) continue;
        if (ended?.error) throw ended.error;
        if (ended) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      source.stop();
    }
  }

  return {
    push(chunk) {
      waiting.push(chunk);
      waitingBytes += chunk.length;
      if (!isPaused && waitingBytes > fullBytes) {
        isPaused = true;
        source.pause();
      }
      wake();
    },
    end(error) {
      ended ??= { error };
      wake();
    },
    chunks: consume(),
  };
}
