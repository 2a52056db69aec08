// Imported before a process begins, with `?ms=…`: each sync of a file or folder then takes up to so long, and all else no longer than
// before. Takes nothing else; leaves a slow disk.
import { setTimeout as pause } from 'node:timers/promises';
import { replaceSyncs } from './replaced-syncs.ts';

const mostMs = Number(new URL(import.meta.url).searchParams.get('ms'));
replaceSyncs(async (_path, real) => {
  await pause(Math.random() * mostMs);
  await real();
});
