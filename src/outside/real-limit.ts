// A limit in real time, whatever clock the rest goes by: networks and other programs know no other.

/** Aborts after so many milliseconds. */
export const realLimit = (ms: number): AbortSignal => AbortSignal.timeout(ms);
