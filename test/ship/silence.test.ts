// Links and servers that fall silent, break, damage or crawl: given up in time, and nothing lost or doubled.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SftpRequest } from '../../src/emulate/sftp-fault.ts';
import { startEmbeddedServer } from '../support/embedded-far-server.ts';
import { type LinkFault, startLinkProxy } from '../support/link-proxy.ts';
import {
  eventsOf,
  filesBelow,
  filledSpool,
  hurriedWorld,
  quick,
  shipConfig,
  shipThrough,
  startShip,
  through,
  unprovenFiles,
} from '../support/ship-scene.ts';
import { until } from '../support/until.ts';

const test = suite('ship over silent and broken links');

test('a server that falls silent at any request is given up, and the files come to stand', async () => {
  const requests: SftpRequest[] = ['CONNECT', 'OPEN', 'WRITE', 'FSTAT', 'READ', 'CLOSE', 'STAT', 'RENAME', 'MKDIR'];
  const worlds = await Promise.all(requests.map((on) => shipThrough([{ is: 'hang', on }])));
  worlds.forEach((world, index) => assert.ok(eventsOf(world, 'partner.unreachable') > 0, requests[index]));
});

async function shipOverFaults(is: LinkFault['is'], direction: LinkFault['direction']): Promise<void> {
  await using server = await startEmbeddedServer();
  await using proxy = await startLinkProxy(server);
  const { spool, files } = filledSpool(4, () => 150_000);
  const marks = [500, 4000, 100_000, 400_000];
  proxy.behave(() => {
    const afterBytes = marks.shift();
    return afterBytes === undefined ? {} : { fault: { direction, afterBytes, is } };
  });
  const config = shipConfig({ spool, server: through(proxy, server) });
  await using _service = startShip(config, hurriedWorld(), { patience: quick });
  await until('all sources are gone', () => filesBelow(spool).every((path) => path.startsWith('.')), 60_000);
  await until('nothing else lies there', () => filesBelow(server.inboxFolder).length === files.length);
  assert.equal(filesBelow(server.inboxFolder), files);
  assert.equal(unprovenFiles(server.inboxFolder), []);
  assert.ok(proxy.faults >= 3, `${proxy.faults} faults`);
}

for (const is of ['reset', 'end', 'silence', 'half-open', 'flip'] as const) {
  test(`links with ${is} at any point and in either direction lose and double nothing`, async () => {
    await Promise.all([shipOverFaults(is, 'up'), shipOverFaults(is, 'down')]);
  });
}

test('a link that is cut for a while, without a word, is taken up again', async () => {
  await using server = await startEmbeddedServer();
  await using proxy = await startLinkProxy(server);
  const { spool } = filledSpool(30, () => 100_000);
  const config = shipConfig({ spool, server: through(proxy, server) });
  await using service = startShip(config, hurriedWorld(), { patience: quick });
  await until('some have come', () => filesBelow(server.inboxFolder).length > 5);
  proxy.silence();
  await until('it was noticed', () => eventsOf(service.world, 'partner.unreachable') > 0);
  await until('all sources are gone', () => filesBelow(spool).every((path) => path.startsWith('.')), 60_000);
  await until('nothing else lies there', () => filesBelow(server.inboxFolder).length === 30);
  assert.equal(unprovenFiles(server.inboxFolder), []);
});

test.run();
