// Ship as a process of its own, for tests that kill it: the service with a hurried clock and rather short waits of the network.
// Takes the path of a configuration; runs until it is killed. A login may take seconds where long trials share a machine.
import { readConfigFile } from '../../src/outside/config-file.ts';
import { runShip } from '../../src/ship/service.ts';
import { hurriedWorld } from './ship-scene.ts';

const config = await readConfigFile(process.argv[2] ?? '', ['ship']);
await runShip(config, hurriedWorld(), { patience: { connectMs: 15_000, keepAliveMs: 1000, answerMs: 8000 } });
