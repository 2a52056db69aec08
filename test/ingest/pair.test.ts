// may take 1200 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seed } from '../support/seed.ts';
import { hearTogether } from './pair.ts';

const test = suite('two ingests');
/** 600 in the soak. */
const seconds = Number(process.env['STREAMVAULT_PAIR_SECONDS'] ?? 30);

test('what both kept together, and their joint gaps, are all that was due', async () => {
  const { differences, ...report } = await hearTogether({ seconds, seed, rate: 200 });
  console.log(JSON.stringify({ seed, ...report }));
  assert.equal(differences.slice(0, 20), []);
});

test.run();
