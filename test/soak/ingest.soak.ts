// Ingest at length: 30 emulated hours of faults, 200 deaths by SIGKILL and 40 on a slow disk, ten minutes of two ingests in real time.
// STREAMVAULT_EMULATED_HOURS, STREAMVAULT_INGEST_KILLS, STREAMVAULT_PAIR_SECONDS change the counts; STREAMVAULT_SEED repeats a run;
// STREAMVAULT_INGEST_PARTS ("kills,pair") names those that shall run.
import { hearTogether } from '../ingest/pair.ts';
import { killAgainAndAgain } from '../ingest/kills.ts';
import { liveThrough } from '../ingest/hours.ts';
import { seed } from '../support/seed.ts';

const { env } = process;
const hours = Number(env['STREAMVAULT_EMULATED_HOURS'] ?? 30);
const kills = Number(env['STREAMVAULT_INGEST_KILLS'] ?? 200);
const seconds = Number(env['STREAMVAULT_PAIR_SECONDS'] ?? 600);

const parts = {
  hours: () => liveThrough({ hours, seed, rate: 2, faultEverySeconds: 60 }),
  'hours of rare tweets': () => liveThrough({ hours, seed, rate: 0.03, faultEverySeconds: 120 }),
  kills: () => killAgainAndAgain({ kills, seed }),
  'kills on a slow disk': () => killAgainAndAgain({ kills: Math.ceil(kills / 5), seed, syncMs: 100 }),
  pair: () => hearTogether({ seconds, seed, rate: 200 }),
};

const wanted = env['STREAMVAULT_INGEST_PARTS']?.split(',') ?? Object.keys(parts);
for (const [name, run] of Object.entries(parts).filter(([part]) => wanted.includes(part))) {
  const began = performance.now();
  const { differences, ...report } = await run();
  console.log(JSON.stringify({ part: name, seed, seconds: Math.round((performance.now() - began) / 1000), ...report }));
  for (const difference of differences) console.error(`${name}: ${difference}`);
  if (differences.length > 0) process.exitCode = 1;
}
process.exit();
