// The whole two-server system at length: `npm run soak -- --hours 720` is a month of service with faults, as fast as the machine works.
// --hours (24), --rate tweets a second (0.05), --every minutes between faults (12); STREAMVAULT_SEED repeats the faults of a run.
// TMPDIR=/dev/shm makes it faster. Services look for themselves here, without doorbells, which would cost most of the time.
// Ends with 1 where ledger, vault, OSF or mails differ, or memory or descriptors grow.
import { parseArgs } from 'node:util';
import { seed } from '../support/seed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { growth, soak } from '../support/two-servers/soak.ts';

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '24' },
    rate: { type: 'string', default: '0.05' },
    every: { type: 'string', default: '12' },
  },
});

process.env['CHOKIDAR_USEPOLLING'] ??= '1';
process.env['CHOKIDAR_INTERVAL'] ??= '600000';

const began = performance.now();
const minutes = (): number => Math.round((performance.now() - began) / 6000) / 10;
const memory = (): string => {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
  return `${mebibytes(rss)} MiB resident (heap ${mebibytes(heapUsed)} of ${mebibytes(heapTotal)}, outside it ${mebibytes(external)})`;
};
const hours = Number(values.hours);
const { differences, megabytes, descriptors, ...rest } = await soak({
  folder: process.env['STREAMVAULT_KEEP'] ?? temporaryFolder(),
  hours,
  rate: Number(values.rate),
  faultEveryMinutes: Number(values.every),
  seed,
  onWait: (waiting) => void console.log(`still to come: ${waiting.length}, such as ${waiting[0]}`),
  onHour: (hour) => void (hour % 24 === 0 && console.log(`${hour} hours after ${minutes()} minutes, ${memory()}`)),
});
const grown = { memory: growth(megabytes), descriptors: growth(descriptors) };
const isFlat = hours < 12 || (grown.memory < 1.5 && grown.descriptors < 1.5);
const course = (samples: readonly number[]): number[] =>
  samples.filter((_, index) => index % Math.ceil(samples.length / 30) === 0);
console.log(
  JSON.stringify({
    seed,
    hours,
    minutes: minutes(),
    ...rest,
    grown,
    megabytes: course(megabytes),
    descriptors: course(descriptors),
  }),
);
for (const difference of differences.slice(0, 50)) console.error(difference);
if (differences.length > 50) console.error(`… ${differences.length} in all`);
process.exit(differences.length === 0 && isFlat ? 0 : 1);
