// Ship against a real OpenSSH server, from the configuration to the bytes at the far side.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { shipOnce } from '../../src/ship/once.ts';
import { peerTest } from '../support/peers.ts';
import { sshPrograms, startSshd } from '../support/real-sshd.ts';
import {
  causesOf,
  filesBelow,
  filledSpool,
  firstMinute,
  hurriedWorld,
  madeContent,
  putMinute,
  shipConfig,
  startShip,
  shipWorld,
  unprovenFiles,
} from '../support/ship-scene.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const test = suite('ship with a real sshd');

peerTest(
  test,
  sshPrograms,
  'every closed minute file stands once at the far side, and its source is gone',
  async () => {
    await using server = await startSshd();
    const { spool, files } = filledSpool(70, (index) => index * 10_000);
    writeFileSync(join(spool, '2026-03-10/14/2026-03-10T14-30Z.part'), 'being written');
    const counts = await shipOnce(shipConfig({ spool, server }), shipWorld());
    assert.is(counts.shipped, 70);
    assert.equal(filesBelow(server.inboxFolder), files);
    assert.equal(unprovenFiles(server.inboxFolder), []);
    assert.equal(filesBelow(spool), ['2026-03-10/14/2026-03-10T14-30Z.part', '.ship.lock'].sort());
  },
);

peerTest(test, sshPrograms, 'the service ships a file as soon as it has its final name', async () => {
  await using server = await startSshd();
  const { spool, files } = filledSpool(2);
  await using _service = startShip(shipConfig({ spool, server }));
  await until('both are there', () => existsSync(join(server.inboxFolder, files[1] ?? '')));
  const later = putMinute(spool, firstMinute + 2, madeContent(5000, 2));
  await until('the third is there', () => existsSync(join(server.inboxFolder, later)));
  await until('the sources are gone', () => filesBelow(spool).every((path) => path.startsWith('.')));
  assert.equal(filesBelow(server.inboxFolder), [...files, later]);
});

peerTest(test, sshPrograms, 'the server syncs each file, and is read from, before it gives it its name', async () => {
  const log = join(temporaryFolder(), 'log');
  // Another process of the same package than internal-sftp, since it can say what it does.
  const command = `/usr/lib/openssh/sftp-server -e -l VERBOSE 2>${log}`;
  await using server = await startSshd({ lines: [`ForceCommand ${command}`] });
  const { spool, files } = filledSpool(3, () => 300_000);
  await shipOnce(shipConfig({ spool, server }), shipWorld());
  const said = readFileSync(log, 'utf8').split('\n');
  const beside = new Set<string>();
  for (const path of files) {
    const renaming = said.findIndex((line) => line.startsWith('rename old') && line.includes(`${path}"`));
    const [, name = 'none'] = /^rename old "([^"]*)"/.exec(said[renaming] ?? '') ?? [];
    // The folder is missing at first, so that the very first open may fail.
    const steps = said
      .slice(0, renaming)
      .filter((line) => line.includes(`"${name}"`))
      .slice(-5);
    assert.equal(
      steps.map((line) => line.split(' ')[0]),
      ['open', 'fsync', 'close', 'open', 'close'],
    );
    assert.match(steps.at(-1) ?? '', /bytes read 300000 written 0/);
    beside.add(name);
  }
  assert.is(beside.size, 3);
});

peerTest(test, sshPrograms, 'a file of which no bell rings is found by looking', async () => {
  await using server = await startSshd();
  const { spool } = filledSpool(1);
  await using _service = startShip(shipConfig({ spool, server }), hurriedWorld());
  await until('the bell hangs', () => filesBelow(server.inboxFolder).length === 1);
  // The bell hangs in the folder that was there at the start; of another one in its place it hears nothing.
  renameSync(spool, `${spool}-before`);
  const later = putMinute(spool, firstMinute + 2, madeContent(5000, 2));
  await until('it is there', () => existsSync(join(server.inboxFolder, later)));
});

peerTest(test, sshPrograms, 'a target with the same bytes is success, one with others is left as it is', async () => {
  await using server = await startSshd();
  const { spool, files } = filledSpool(1);
  const [path = ''] = files;
  const config = shipConfig({ spool, server });
  await shipOnce(config, shipWorld());
  putMinute(spool, firstMinute, madeContent(1000, 0));
  assert.is((await shipOnce(config, shipWorld())).wasThere, 1);
  writeFileSync(join(server.inboxFolder, path), 'other bytes');
  putMinute(spool, firstMinute, madeContent(1000, 0));
  const world = shipWorld();
  assert.is((await shipOnce(config, world)).setAside, 1);
  assert.equal(causesOf(world), ['file-set-aside raised']);
  assert.is(readFileSync(join(server.inboxFolder, path), 'utf8'), 'other bytes');
  assert.equal(
    filesBelow(join(spool, 'aside')).map((name) => name.replace(/^.*jsonl/, '')),
    ['', '.txt'],
  );
});

test.run();
