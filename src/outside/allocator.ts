// What the compressor's addon (mimalloc) does with memory it no longer needs. Loaded before the addon and before any thread
// that loads it, since it asks only once: by itself it keeps a default hour's 20 MB and more until they are used again.
// A thread's environment is a copy that the addon does not see, so it is set where threads are started.
process.env['MIMALLOC_PURGE_DELAY'] ??= '0';
