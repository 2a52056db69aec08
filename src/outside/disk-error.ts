// What the disk refuses, by its code. Takes errors of Node's file functions; leaves answers about them.

/** Has this error that code (ENOENT, ENOSPC, …)? */
export const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));

/** It takes nothing from us: it is full, read-only, or closed to this user. What is at hand may be kept in memory until it does. */
export const takesNothing = (error: unknown): boolean => hasCode(error, 'ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM');

/** What the work leaves; `absent` where there is no such file or folder. */
export async function orElse<T>(absent: T, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return absent;
    throw error;
  }
}
