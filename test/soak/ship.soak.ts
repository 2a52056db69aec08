// The ordeal of ship at full size: 500 faults over 2,000 files, ship killed 100 times and sshd 50. STREAMVAULT_SOAK_SCALE changes it.
import { runOrdeal } from '../support/ship-ordeal.ts';
import { seed } from '../support/seed.ts';

const scale = Number(process.env.STREAMVAULT_SOAK_SCALE ?? 1);
const of = (count: number): number => Math.ceil(count * scale);

console.log(`STREAMVAULT_SEED=${seed}`);
console.log(await runOrdeal({ files: of(2000), faults: of(500), shipKills: of(100), sshdKills: of(50), seed }));
process.exit(0);
