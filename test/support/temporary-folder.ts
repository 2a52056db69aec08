// A folder of a test's own, gone when the test process ends.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];

export function temporaryFolder(): string {
  if (made.length === 0) {
    process.once('exit', () => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
  }
  const folder = mkdtempSync(join(tmpdir(), 'streamvault-test-'));
  made.push(folder);
  return folder;
}
