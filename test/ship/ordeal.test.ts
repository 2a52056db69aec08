// A tenth of the soak: random faults on the link, SIGKILL to ship and to sshd at random moments.
// may take 300 s
import { suite } from 'uvu';
import { peerTest } from '../support/peers.ts';
import { sshPrograms } from '../support/real-sshd.ts';
import { runOrdeal } from '../support/ship-ordeal.ts';
import { seed } from '../support/seed.ts';

const test = suite('ordeal of ship');

peerTest(
  test,
  sshPrograms,
  'through faults and kills every file comes to stand once, and nothing else is left',
  async () => {
    console.log(await runOrdeal({ files: 200, faults: 50, shipKills: 10, sshdKills: 5, seed }));
  },
);

test.run();
