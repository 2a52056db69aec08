// Nothing listens beyond this machine unless the configuration says so: held by reading the sources, since there are few who listen.
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('listening');
const root = fileURLToPath(new URL('../../src/', import.meta.url));

test('who listens names its address: loopback, or for the metrics the one of the configuration', () => {
  const listeners = globSync('**/*.ts', { cwd: root }).flatMap((path) => {
    const source = readFileSync(root + path, 'utf8');
    return [...source.matchAll(/\w\.listen\(|\)\.listen\(/g)].map(({ index }) => ({
      path,
      source,
      call: source.slice(index, index + 60),
    }));
  });
  assert.equal([...new Set(listeners.map(({ path }) => path))].sort(), [
    'emulate/emulator.ts',
    'emulate/mail-server.ts',
    'emulate/osf.ts',
    'emulate/sftp-server.ts',
    'outside/metrics-server.ts',
  ]);
  for (const { path, source, call } of listeners) {
    if (path === 'outside/metrics-server.ts') assert.match(call, 'listen(endpoint.port, endpoint.host');
    else if (!call.includes("'127.0.0.1'")) {
      assert.match(call, /listen\(setting\.port \?\? 0, host,/, path);
      assert.match(source, /^const host = '127\.0\.0\.1';$/m, path);
    }
  }
});

test.run();
