// How many file operations (and name lookups) Node carries out at once. Imported before the first of them, since Node asks only then.
// Whoever starts the program may set the same variable: theirs holds.

/**
 * Node has four threads by itself, and a sync holds one as long as the disk takes: where four of them were under way (the open minute,
 * one that closes, the state, the archive), a line that was received waited in memory for its write. Ingest syncs no more than
 * a dozen files at once.
 */
process.env['UV_THREADPOOL_SIZE'] ??= '16';
