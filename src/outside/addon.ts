// Loads a compiled addon out of the executable, where no loader of the system can reach it.
// Takes its bytes; leaves the loaded addon and no file: the copy it was loaded from is gone before this returns.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperatorError } from '../domain/operator-error.ts';

/** Folders in which a service may usually write, the best first; some are set by systemd for a unit. */
function likelyFolders(): string[] {
  const { XDG_RUNTIME_DIR, RUNTIME_DIRECTORY, CACHE_DIRECTORY, STATE_DIRECTORY } = process.env;
  const given = [XDG_RUNTIME_DIR, RUNTIME_DIRECTORY, CACHE_DIRECTORY, STATE_DIRECTORY].flatMap(
    (folders) => folders?.split(':') ?? [],
  );
  return [tmpdir(), '/dev/shm', ...given, '/var/tmp'];
}

/**
 * Loads the addon from a copy in a fresh folder that only this user can open (mkdtemp: mode 0700, a name that
 * nobody can foresee), in the first of the folders that lets it be written and run.
 * Throws OperatorError `disk-failed` where none does.
 */
export function loadAddon(bytes: Uint8Array, folders: readonly string[] = likelyFolders()): unknown {
  const causes: unknown[] = [];
  for (const folder of folders) {
    try {
      return loadThrough(folder, bytes);
    } catch (cause) {
      causes.push(cause);
    }
  }
  throw new OperatorError(
    'disk-failed',
    `The compressor cannot be unpacked: none of ${folders.join(', ')} can be written to and run from. Nothing was changed.`,
    'Set TMPDIR to a folder of this user on a disk that is not mounted noexec.',
    { cause: new AggregateError(causes) },
  );
}

function loadThrough(folder: string, bytes: Uint8Array): unknown {
  const privateFolder = mkdtempSync(join(folder, 'streamvault-'));
  try {
    const path = join(privateFolder, 'addon.node');
    writeFileSync(path, bytes, { mode: 0o500 });
    const module = { exports: {} };
    process.dlopen(module, path);
    return module.exports;
  } finally {
    rmSync(privateFolder, { recursive: true, force: true });
  }
}
