// The embedded SFTP server, as two clients see it: ssh2's, request by request, and OpenSSH's own.
import { execFile } from 'node:child_process';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ssh2, { type SFTPWrapper } from 'ssh2';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type SftpServer, startSftpServer } from '../../src/emulate/sftp-server.ts';
import { systemClock } from '../../src/outside/clock.ts';
import { peerTest } from '../support/peers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { newKeyPair } from '../../src/emulate/key-pair.ts';
import { until } from '../support/until.ts';

interface Context {
  folder: string;
  server: SftpServer;
  client: Client;
}

const test = suite<Context>('sftp-server');
const content = Buffer.from('{"data":{"id":"1","text":"Grüße, 日本"}}\n'.repeat(10_000));
const clock = systemClock();
// Small enough that ssh2 sends each as one request.
const chunkBytes = 30_000;

test.before.each(async (context) => {
  context.folder = temporaryFolder();
  context.server = await startSftpServer({ folder: context.folder, clock, password: 'sesame' });
  context.client = await login(context.server, { password: 'sesame' });
});

test.after.each(async ({ client, server }) => {
  client.end();
  await server.close();
});

/** A client of version 3, each request a promise that also fails when the connection does. */
class Client {
  readonly #connection: ssh2.Client;
  readonly #sftp: SFTPWrapper;

  constructor(connection: ssh2.Client, sftp: SFTPWrapper) {
    this.#connection = connection;
    this.#sftp = sftp;
  }

  call<T>(work: (sftp: SFTPWrapper, done: (error: unknown, value: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#connection.setMaxListeners(0).once('close', () => reject(new Error('connection closed')));
      work(this.#sftp, (error, value) => (error ? reject(error as Error) : resolve(value)));
    });
  }

  async put(bytes: Buffer, path: string): Promise<void> {
    const handle = await this.call<Buffer>((sftp, done) => sftp.open(path, 'w', done));
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      const length = Math.min(chunkBytes, bytes.length - at);
      await this.call<void>((sftp, done) => sftp.write(handle, bytes, at, length, at, done as never));
    }
    await this.call<void>((sftp, done) => sftp.close(handle, done as never));
  }

  rename(from: string, to: string): Promise<void> {
    return this.call((sftp, done) => sftp.rename(from, to, done as never));
  }

  end(): void {
    this.#connection.end();
  }
}

async function login({ host, port }: SftpServer, by: { password: string } | { privateKey: string }): Promise<Client> {
  const connection = new ssh2.Client();
  await new Promise((resolve, reject) => {
    connection.on('ready', () => resolve(undefined)).on('error', reject);
    connection.connect({ host, port, username: 'streamvault', ...by });
  });
  const sftp = await new Promise<SFTPWrapper>((resolve, reject) => {
    connection.sftp((error, wrapper) => (error ? reject(error) : resolve(wrapper)));
  });
  connection.setNoDelay(true);
  return new Client(connection, sftp);
}

/** The words of the error with which this fails. */
async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => new Error('it worked'),
    (reason: Error) => reason,
  );
  return error.message;
}

test('what is put arrives byte for byte, is listed with its size, and is read back', async ({ client, folder }) => {
  await client.call((sftp, done) => sftp.mkdir('/13', done as never));
  await client.put(content, '/13/one.jsonl');
  assert.equal(await readFile(join(folder, '13/one.jsonl')), content);
  const listed = await client.call<ssh2.FileEntryWithStats[]>((sftp, done) => sftp.readdir('/13', done));
  assert.equal(
    listed.map(({ filename, attrs }) => [filename, attrs.isFile(), attrs.size]),
    [['one.jsonl', true, content.length]],
  );
  assert.equal(await client.call<Buffer>((sftp, done) => sftp.readFile('/13/one.jsonl', done)), content);
});

test('a folder of many entries is listed whole', async ({ client, folder }) => {
  const names = Array.from({ length: 350 }, (_, index) => `file-${1000 + index}`);
  for (const name of names) await writeFile(join(folder, name), '');
  const listed = await client.call<ssh2.FileEntryWithStats[]>((sftp, done) => sftp.readdir('/', done));
  assert.equal(listed.map(({ filename }) => filename).sort(), names);
});

test('a rename publishes, and never overwrites', async ({ client, folder }) => {
  await client.put(content, '/one.part');
  await client.rename('/one.part', '/one.jsonl');
  await client.put(Buffer.from('other'), '/two.part');
  assert.match(await refusal(client.rename('/two.part', '/one.jsonl')), /Failure/);
  assert.equal((await readdir(folder)).sort(), ['one.jsonl', 'two.part']);
  assert.equal(await readFile(join(folder, 'one.jsonl')), content);
  await client.call((sftp, done) => sftp.unlink('/two.part', done as never));
  assert.equal(await readdir(folder), ['one.jsonl']);
});

test('no path leads out of the served folder', async ({ client, folder }) => {
  await client.put(Buffer.from('x'), '/../../outside.txt');
  assert.equal(await readdir(folder), ['outside.txt']);
});

test('a wrong password and an unknown key are refused, a known key is let in', async ({ server, folder }) => {
  assert.match(await refusal(login(server, { password: 'wrong' })), /authentication methods failed/);
  const pair = newKeyPair();
  const stranger = newKeyPair();
  await using keyed = await startSftpServer({ folder, clock, authorizedKeys: [pair.public] });
  await login(keyed, { privateKey: pair.private });
  assert.match(await refusal(login(keyed, { privateKey: stranger.private })), /authentication methods failed/);
});

test('a server that takes the place of another keeps its host key', async ({ server, folder }) => {
  await using other = await startSftpServer({ folder, clock, hostKey: server.hostKey });
  assert.is(other.knownHosts.split(' ')[2], server.knownHosts.split(' ')[2]);
});

test('a folder without room refuses writes as OpenSSH does, and takes them again after', async ({ client, server }) => {
  server.fault({ is: 'refuse', with: 'no-space', on: 'WRITE', skip: 2 });
  assert.is(await refusal(client.put(content, '/one.part')), 'Failure');
  await client.put(content, '/one.part');
});

test('wrong bytes have the right size, a shortened write has not', async ({ client, server, folder }) => {
  server.fault({ is: 'corrupt', on: 'WRITE', skip: 1 });
  await client.put(content, '/one.part');
  const arrived = await readFile(join(folder, 'one.part'));
  assert.is(arrived.length, content.length);
  assert.not.equal(arrived, content);
  server.fault({ is: 'shorten', on: 'WRITE', skip: Math.ceil(content.length / chunkBytes) - 1 });
  await client.put(content, '/one.part');
  assert.ok((await readFile(join(folder, 'one.part'))).length < content.length);
});

test('a lie leaves nothing behind', async ({ client, server, folder }) => {
  await client.put(content, '/one.part');
  server.fault({ is: 'lie', on: 'RENAME' });
  await client.rename('/one.part', '/one.jsonl');
  assert.equal(await readdir(folder), ['one.part']);
});

test('a connection that drops after a rename has renamed', async ({ client, server, folder }) => {
  await client.put(content, '/one.part');
  server.fault({ is: 'drop', on: 'RENAME', when: 'after' });
  assert.is.not(await refusal(client.rename('/one.part', '/one.jsonl')), 'it worked');
  assert.equal(await readdir(folder), ['one.jsonl']);
  assert.is(server.count('RENAME'), 1);
});

test('a connection that drops in the middle leaves a part of the file', async ({ client, server, folder }) => {
  server.fault({ is: 'drop', on: 'WRITE', skip: 5 });
  assert.is.not(await refusal(client.put(content, '/one.part')), 'it worked');
  assert.is((await readFile(join(folder, 'one.part'))).length, 5 * chunkBytes);
});

test('a server that says nothing any more leaves the connection standing', async ({ client, server }) => {
  server.fault({ is: 'hang', on: 'WRITE' });
  const outcome = refusal(client.put(content, '/one.part'));
  await until('a write', () => server.count('WRITE') > 0);
  assert.is(server.connected, 1);
  server.dropAll();
  assert.is.not(await outcome, 'it worked');
});

peerTest(
  test,
  ['sftp'],
  "OpenSSH's own client knows the host key, lists, puts and renames",
  async ({ server, folder }) => {
    const pair = newKeyPair();
    const served = join(folder, 'served');
    await using keyed = await startSftpServer({
      folder,
      clock: systemClock(),
      authorizedKeys: [pair.public],
    });
    await writeFile(join(folder, 'key'), `${pair.private}\n`);
    await chmod(join(folder, 'key'), 0o600);
    await writeFile(join(folder, 'known_hosts'), `${keyed.knownHosts}\n`);
    await writeFile(
      join(folder, 'batch'),
      `mkdir /served\nput ${join(folder, 'key')} /served/a\nrename /served/a /served/b\nls -l /served\n`,
    );
    const options = `-F none -oUserKnownHostsFile=${folder}/known_hosts -oStrictHostKeyChecking=yes -oBatchMode=yes`;
    const words = `${options} -i ${folder}/key -P ${keyed.port} -b ${folder}/batch streamvault@${keyed.host}`;
    const { stdout } = await promisify(execFile)('sftp', words.split(' '));
    assert.match(stdout, /served\/b/);
    assert.equal(await readdir(served), ['b']);
    assert.is(server.connected, 1);
  },
);

test.run();
