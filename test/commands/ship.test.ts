// `streamvault ship` as a process: what it prints, and how it ends.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { judgeHostKey, knownHost, parseKnownHosts } from '../../src/domain/known-hosts.ts';
import { startEmbeddedServer } from '../support/embedded-far-server.ts';
import { filesBelow, filledSpool, shipConfigText, startShip, shipConfig } from '../support/ship-scene.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const test = suite('streamvault ship');

async function streamvault(config: string, ...words: string[]): Promise<{ status: number | null; stdout: string }> {
  const path = join(temporaryFolder(), 'config.toml');
  writeFileSync(path, config);
  const child = spawn(process.execPath, ['src/main.ts', 'ship', '--config', path, ...words], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let stdout = '';
  child.stdout.on('data', (text) => (stdout += text));
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, stdout };
}

test('--dry-run lists what would go, in order, and changes nothing', async () => {
  await using server = await startEmbeddedServer();
  const { spool, files } = filledSpool(3);
  const { status, stdout } = await streamvault(shipConfigText({ spool, server }), '--dry-run', '--json');
  assert.is(status, 0);
  const planned = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  assert.equal(
    planned,
    files.map((path) => ({ path, bytes: 1000 })),
  );
  assert.equal(filesBelow(spool), files);
  assert.is(server.sftp.count('CONNECT'), 0);
  const nothing = shipConfigText({ spool: filledSpool(0).spool, server });
  assert.is((await streamvault(nothing, '--dry-run')).stdout, 'Nothing waits to be shipped.\n');
});

test('on server 1 nothing is shipped out of the spool that its watch merges', async () => {
  await using server = await startEmbeddedServer();
  const { spool, files } = filledSpool(3);
  const text = shipConfigText({ spool, server }).replace('server = 2', 'server = 1');
  const config = `${text}[watch]\nown = "${spool}"\nvault = "${temporaryFolder()}"\n`;
  assert.is((await streamvault(config, '--once')).status, 64);
  assert.is((await streamvault(config)).status, 64);
  assert.equal(filesBelow(spool), files);
  assert.is(server.sftp.count('CONNECT'), 0);
});

test('--once --json ends with 0 and its counts, 77 where the host is unknown, 69 where nobody is there', async () => {
  const server = await startEmbeddedServer();
  const { spool } = filledSpool(3);
  const config = shipConfigText({ spool, server });
  const done = await streamvault(config, '--once', '--json');
  assert.is(done.status, 0);
  assert.equal(JSON.parse(done.stdout), { shipped: 3, wasThere: 0, setAside: 0, bytes: 3000, left: 0 });
  writeFileSync(server.knownHosts, '');
  assert.is((await streamvault(config, '--once')).status, 77);
  writeFileSync(server.knownHosts, `${server.sftp.knownHosts}\n`);
  await server[Symbol.asyncDispose]();
  assert.is((await streamvault(config, '--once')).status, 69);
});

test('--once beside a service that runs ends with 0; a second service with 75', async () => {
  await using server = await startEmbeddedServer();
  const { spool } = filledSpool(1);
  await using _service = startShip(shipConfig({ spool, server }));
  await until('it runs', () => filesBelow(spool).includes('.ship.running.json'));
  const config = shipConfigText({ spool, server });
  assert.is((await streamvault(config, '--once')).status, 0);
  assert.is((await streamvault(config)).status, 75);
});

test('--show-host-key prints what may stand in known_hosts, whole', async () => {
  await using server = await startEmbeddedServer();
  const { status, stdout } = await streamvault(shipConfigText({ spool: temporaryFolder(), server }), '--show-host-key');
  assert.is(status, 0);
  const key = Buffer.from(server.sftp.knownHosts.split(' ')[2] ?? '', 'base64');
  assert.is(judgeHostKey(knownHost(parseKnownHosts(stdout), server.host, server.port), key), 'trusted');
  assert.ok(stdout.split('\n').every((line) => line === '' || line.startsWith('#') || line.startsWith('[127.0.0.1]:')));
  assert.match(stdout, /256 SHA256:\S{43} \[127\.0\.0\.1\]:\d+ \(ED25519\)/);
});

test.run();
