// Imported before a process begins, with `?ms=…`: each sync of a file or folder then takes up to so long, and all else no longer than
// before. Stands before Node's own file handles. Takes nothing else; leaves a slow disk.
import { open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

const mostMs = Number(new URL(import.meta.url).searchParams.get('ms'));
const handle = await open(import.meta.filename);
const handles = Object.getPrototypeOf(handle) as typeof handle;
await handle.close();
for (const name of ['sync', 'datasync'] as const) {
  const real = handles[name];
  handles[name] = async function slow(this: typeof handle) {
    await pause(Math.random() * mostMs);
    return real.call(this);
  };
}
