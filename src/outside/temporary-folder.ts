// A folder for one run below the system's temporary one. Takes the name that it begins with; leaves a new, empty one, and no trace after it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes it; only this user can open it (mode 0700). Resolves to its path. */
export const makeTemporaryFolder = (name: string): Promise<string> => mkdtemp(join(tmpdir(), `${name}-`));

/** Removes it and all that lies in it. */
export const removeTemporaryFolder = (path: string): Promise<void> => rm(path, { recursive: true, force: true });
