// Makes dist/streamvault where it is missing or older than what it is made of (always, where called by itself):
// bundles the sources, then joins the bundle, the compressor and Node. Writes nothing outside dist/.
import { globSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundle, bundleFolder } from './bundle.ts';
import { joinWithNode } from './join-with-node.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

export const executablePath = `${root}dist/streamvault`;

/** Modification time in milliseconds; 0 where there is no such file. */
const modifiedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** True where the executable is there and newer than everything that it is made of. */
export function isExecutableFresh(): boolean {
  const parts = globSync(
    ['src/**', 'build/**', 'packaging/**', 'config.example.toml', 'package.json', 'package-lock.json'],
    { cwd: root },
  );
  const builtAt = modifiedAt(executablePath);
  return builtAt > 0 && parts.every((part) => modifiedAt(root + part) <= builtAt);
}

export async function buildExecutable(): Promise<void> {
  const startedAt = performance.now();
  await bundle();
  await joinWithNode(bundleFolder, executablePath);
  const megabytes = Math.round(statSync(executablePath).size / 1e6);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.error(`Built dist/streamvault: ${megabytes} MB in ${seconds} s.`);
}

if (import.meta.main) await buildExecutable();
