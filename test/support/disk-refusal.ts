// What a disk says when it refuses, for disks that a test makes refuse.

/** An error as Node's file functions throw it: ENOSPC, EIO, … */
export const diskRefusal = (code: string): Error => Object.assign(new Error(`${code}: refused by the test`), { code });
