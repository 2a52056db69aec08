// One pass of the watch as a process of its own, to be killed. Takes a place's folder and the time; says when it begins.
import { watchOnce } from '../../src/watch/watch.ts';
import { place } from './watching.ts';

const [root = '', now = '', raw = 'delete'] = process.argv.slice(2);
const here = place({ root, now });
process.stdout.write('begun\n');
await watchOnce(here.config(`raw = "${raw}"\n`), here.world());
