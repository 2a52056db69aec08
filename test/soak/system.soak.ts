// The whole two-server system at length: `npm run soak -- --hours 720` is a month of service with faults, in fast time.
// --hours (24), --rate tweets a second (1), --speed emulated seconds a second (300), --every minutes between faults (4);
// STREAMVAULT_SEED repeats a run. Ends with 1 where ledger and vault differ, or memory or descriptors grow.
import { parseArgs } from 'node:util';
import { isFaultless } from '../../src/demo/comparison.ts';
import { seed } from '../support/seed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { growth, soak } from '../support/two-servers.ts';

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '24' },
    rate: { type: 'string', default: '1' },
    speed: { type: 'string', default: '300' },
    every: { type: 'string', default: '4' },
  },
});

const began = performance.now();
const folder = process.env['STREAMVAULT_KEEP'] ?? temporaryFolder();
const { comparison, faults, megabytes, descriptors } = await soak({
  folder,
  hours: Number(values.hours),
  rate: Number(values.rate),
  speed: Number(values.speed),
  faultEveryMinutes: Number(values.every),
  seed,
});
const seconds = Math.round((performance.now() - began) / 1000);
const grown = { memory: growth(megabytes), descriptors: growth(descriptors) };
const { missing, doubled, invented, ...counts } = comparison;
const differences = { missing: missing.slice(0, 20), doubled: doubled.slice(0, 20), invented: invented.slice(0, 20) };
const lengths = { missing: missing.length, doubled: doubled.length, invented: invented.length };
console.log(JSON.stringify({ seed, seconds, faults, megabytes, descriptors, grown, ...counts, lengths, differences }));
const isFlat = Number(values.hours) < 12 || (grown.memory < 1.5 && grown.descriptors < 1.5);
process.exit(isFaultless(comparison) && isFlat ? 0 : 1);
