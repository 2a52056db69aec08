import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startEmulator } from '../../src/emulate/emulator.ts';
import { systemClock } from '../../src/outside/clock.ts';
import { ApiRefusal, standingConnections } from '../../src/outside/x-api.ts';
import { ask, samplePath } from '../support/stream-client.ts';
import { until } from '../support/until.ts';

const test = suite('x api');

test('the connections that stand are listed, without spending one', async () => {
  await using emulator = await startEmulator({ clock: systemClock() });
  assert.equal(await standingConnections({ api: emulator.url, token: 'emulated' }), []);
  const client = await ask(emulator.url, { path: samplePath });
  await until('a listener', () => emulator.listeners.length === 1);
  const found = await standingConnections({ api: emulator.url, token: 'emulated' });
  assert.equal(
    found.map(({ endpoint, clientIp }) => [endpoint, clientIp]),
    [['sample_stream', '127.0.0.1']],
  );
  assert.match(found[0]?.id ?? '', /^\d+$/);
  client.leave();
});

test('a token that is refused is an error with its status', async () => {
  await using emulator = await startEmulator({ clock: systemClock() });
  await standingConnections({ api: emulator.url, token: 'wrong' }).then(
    () => assert.unreachable(),
    (error) => assert.is(error instanceof ApiRefusal && error.status, 401),
  );
});

test.run();
