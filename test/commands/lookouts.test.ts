import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { diskPaths } from '../../src/commands/lookouts.ts';
import { readConfig } from '../../src/config/read.ts';

const test = suite('lookouts');
const ingest = '[ingest]\nbearer_token_file = "/t"\nspool = "/s"\nwarc = "/w"\n';
const first = readConfig(`server = 1\n${ingest}[watch]\nown = "/s"\npartner = "/i"\nvault = "/v"\n`, 'c');
const second = readConfig(`server = 2\n${ingest}[ship]\nhost = "h"\nidentity_file = "/k"\nknown_hosts = "/k"\n`, 'c');

test('one service of a server looks at every disk that is written to there, the archive’s too', () => {
  assert.equal(diskPaths(first, 'watch'), ['/v', '/s', '/i', '/w']);
  assert.equal(diskPaths(first, 'ingest'), []);
  assert.equal(diskPaths(second, 'ingest'), ['/s', '/w']);
  assert.equal(diskPaths(second, 'ship'), []);
});

test.run();
