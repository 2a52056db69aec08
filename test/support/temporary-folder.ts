// A folder of a test's own, gone when the test process ends.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const endings: (() => void)[] = [];

/** Calls that when the test process ends, the latest first. One listener for all, however many there are. */
export function atExit(end: () => void): void {
  if (endings.length === 0) process.once('exit', () => endings.reverse().forEach((each) => each()));
  endings.push(end);
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'streamvault-test-'));
  atExit(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
