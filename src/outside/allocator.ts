// What the compressor's addon (mimalloc) does with memory. Loaded before the addon and before any thread that loads it, since it
// asks only once. A thread's environment is a copy that the addon does not see, so it is set where threads are started.
// Whoever starts the program may set the same variables: theirs hold.
import { availableParallelism } from 'node:os';

const settings: Readonly<Record<string, string>> = {
  // By itself it keeps a default hour's 20 MB and more until they are used again.
  MIMALLOC_PURGE_DELAY: '0',
  // A compressor's tables (17 MB with a dictionary of 1.5 MiB) are looked up at random: in pages of 4 KiB, most lookups miss the
  // processor's list of pages. In huge ones 5 MB of rows took 4.2 to 5.6 s of processor time, else 4.9 to 6.4 s (runs in turn on a
  // busy machine), and a whole hour 92 s, else 105 s; its peak memory grew by a tenth. The addon asks for them only within memory
  // that it reserves at its start, address space that costs nothing until it is used: with 64 MiB a core two compressors got
  // 34 MB of huge pages, with 128 MiB all their 58 MB.
  MIMALLOC_ALLOW_LARGE_OS_PAGES: '1',
  MIMALLOC_RESERVE_OS_MEMORY: `${128 * availableParallelism()}MiB`,
};

for (const [name, value] of Object.entries(settings)) process.env[name] ??= value;
