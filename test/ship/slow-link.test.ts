// A link of 10 kB/s in each direction: minutes of patience with a file of real size, and never a healthy link given up.
// may take 200 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { systemClock } from '../../src/outside/clock.ts';
import { startEmbeddedServer } from '../support/embedded-far-server.ts';
import { startLinkProxy } from '../support/link-proxy.ts';
import {
  eventsOf,
  filesBelow,
  filledSpool,
  shipConfig,
  shipWorld,
  startShip,
  through,
  unprovenFiles,
} from '../support/ship-scene.ts';
import { until } from '../support/until.ts';

const test = suite('ship over a slow link');

test('a link of 10 kB/s is not given up: 250 kB go up and are read back, in 50 s', async () => {
  await using server = await startEmbeddedServer();
  await using proxy = await startLinkProxy(server);
  proxy.behave({ bytesPerSecond: 10_000 });
  const { spool, files } = filledSpool(1, () => 250_000);
  const world = shipWorld(systemClock());
  const since = performance.now();
  await using _service = startShip(shipConfig({ spool, server: through(proxy, server) }), world);
  await until('the source is gone', () => filesBelow(spool).every((path) => path.startsWith('.')), 180_000);
  assert.ok(performance.now() - since > 45_000, 'the link was as slow as it should be');
  assert.equal(filesBelow(server.inboxFolder), files);
  assert.equal(unprovenFiles(server.inboxFolder), []);
  assert.is(eventsOf(world, 'partner.unreachable'), 0);
  assert.is(proxy.connections, 1);
});

test.run();
