// Ship as a process of its own that says what memory it needs. Takes the path of a configuration, and Node's --expose-gc; ships once,
// and prints a line of JSON for each thousand files: how many went, bytes of the heap after a collection, bytes of the process.
import { writeSync } from 'node:fs';
import { readConfigFile } from '../../src/outside/config-file.ts';
import { shipOnce } from '../../src/ship/once.ts';
import { shipWorld } from './ship-scene.ts';

const config = await readConfigFile(process.argv[2] ?? '', ['ship']);
let told = 0;
await shipOnce(config, shipWorld(), {
  onProgress({ shipped }) {
    if (shipped < told + 1000) return;
    told += 1000;
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    writeSync(1, `${JSON.stringify({ shipped, heapUsed, rss })}\n`);
  },
});
