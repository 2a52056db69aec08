// What `check --probe` finds: each thing that services need, working and in each way that it fails, against stand-ins.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type Socket, createServer } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findingsTable, probesOf, statusOfFindings } from '../../src/commands/check-probe.ts';
import { readConfig } from '../../src/config/read.ts';
import { startEmulator } from '../../src/emulate/emulator.ts';
import { startOsf } from '../../src/emulate/osf.ts';
import { systemClock } from '../../src/outside/clock.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import { diskProbe } from '../../src/probe/disks.ts';
import { type Finding, type Probe, runProbes } from '../../src/probe/probe.ts';
import { makeCertificate } from '../support/certificate.ts';
import { makeKeyPair, startEmbeddedServer } from '../support/embedded-far-server.ts';
import { freePort, startMailServer } from '../support/mail-server.ts';
import { peerTest } from '../support/peers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const test = suite('probe');
const clock = systemClock();
const world = { clock, disk: systemDisk, signal: new AbortController().signal };

/** Findings by what was tried. */
async function probe(config: string, limitMs?: number): Promise<ReadonlyMap<string, Finding>> {
  const findings = await runProbes(probesOf(readConfig(config, 'test'), { clock }), world, limitMs);
  return new Map(findings.map((finding) => [finding.of, finding]));
}

function secret(folder: string, name: string, text: string): string {
  writeFileSync(join(folder, name), `${text}\n`, { mode: 0o600 });
  return join(folder, name);
}

interface Setting {
  readonly api: string;
  readonly token?: string;
  readonly more?: string;
}

/** [ingest] with that API; the spool is there. */
function ingest({ api, token = 'right', more = '' }: Setting): string {
  const folder = temporaryFolder();
  return `[ingest]\napi = "${api}"\nspool = "${folder}"\nbearer_token_file = "${secret(folder, 'token', token)}"\n${more}`;
}

const startApi = () => startEmulator({ clock, tokens: ['right'], rate: 1, seed: 1 });

// oxlint-disable-next-line max-params -- reads as the finding does
const assertMend = (finding: Finding | undefined, code: Finding['code'], words: RegExp, remedy: RegExp): void => {
  assert.is(finding?.isGood, false, finding?.note);
  assert.is(finding?.code, code);
  assert.match(finding?.note ?? '', words);
  assert.match(finding?.remedy ?? '', remedy);
};

test('where all works each is told with what was seen, and nothing is left behind', async () => {
  const folder = temporaryFolder();
  await using api = await startApi();
  await using mail = await startMailServer();
  await using osf = await startOsf({ project: 'abc12', token: 'osf-token', now: Date.now });
  const vault = join(folder, 'not', 'yet', 'vault');
  const sections = [
    `server = 1\n${ingest({ api: api.url })}`,
    `[watch]\nown = "${folder}"\nvault = "${vault}"\n`,
    `[mail]\nsmtp = "smtp://127.0.0.1:${mail.port}"\nfrom = "a@x"\nto = ["b@x"]\n`,
    `[osf]\napi = "${osf.api}"\nproject = "abc12"\ntoken_file = "${secret(folder, 'osf', 'osf-token')}"\n`,
  ];
  const found = await probe(sections.join(''));
  assert.equal(
    [...found.values()].filter(({ isGood }) => !isGood),
    [],
  );
  assert.equal(
    [...found.keys()],
    ['disk, ingest.spool', 'disk, watch.own', 'disk, watch.vault', 'X API', 'mail server', 'OSF', 'clock'],
  );
  assert.match(found.get('disk, watch.vault')?.note ?? '', /can be made; .* free$/);
  assert.match(found.get('X API')?.note ?? '', 'knows the token; 0 connections');
  assert.match(found.get('mail server')?.note ?? '', 'without TLS, on this machine; no login is configured');
  assert.match(found.get('OSF')?.note ?? '', 'the token may write into abc12, osfstorage');
  assert.match(found.get('clock')?.note ?? '', 'agrees with 127.0.0.1');
  assert.equal(readdirSync(folder), ['osf']);
  assert.is(mail.taken.length, 0);
  assert.is(api.listeners.length, 0);
  assert.is(osf.requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD').length, 0);
  assert.is(statusOfFindings([...found.values()]), 0);
  assert.match(findingsTable([...found.values()]), /\n\nAll 7 things tried work\.\n$/);
});

test('the API is asked without a connect of the stream, even where none is left', async () => {
  const limits = { connects: 0, connections: 0 };
  await using api = await startEmulator({ clock, tokens: ['right'], rate: 1, seed: 1, limits });
  const config = `server = 2\n${ingest({ api: api.url })}`;
  for (let time = 0; time < 3; time++) assert.ok((await probe(config)).get('X API')?.isGood);
  assert.is(api.listeners.length, 0);
});

test('an API that refuses the token, or is not there, is told', async () => {
  await using api = await startApi();
  const wrong = await probe(`server = 2\n${ingest({ api: api.url, token: 'wrong' })}`);
  assertMend(wrong.get('X API'), 'refused', /does not know the bearer token/, /bearer_token_file/);
  const nobody = await probe(`server = 2\n${ingest({ api: `http://127.0.0.1:${await freePort()}` })}`);
  assertMend(nobody.get('X API'), 'unreachable', /ECONNREFUSED/, /api and proxy/);
  assertMend(nobody.get('clock'), 'unreachable', /ECONNREFUSED/, /network/);
  const folder = temporaryFolder();
  const without = await probe(
    `server = 2\n[ingest]\napi = "${api.url}"\nspool = "${folder}"\nbearer_token_file = "${folder}/no"\n`,
  );
  assertMend(without.get('X API'), 'config-invalid', /cannot be read/, /Make the file/);
});

peerTest(test, ['openssl'], 'an API behind an authority of one’s own is trusted only where that is named', async () => {
  const certificate = makeCertificate(temporaryFolder());
  await using api = await startEmulator({ clock, tokens: ['right'], rate: 1, seed: 1, tls: certificate });
  const stranger = await probe(`server = 2\n${ingest({ api: api.url })}`);
  assertMend(stranger.get('X API'), 'refused', /certificate that is not trusted/, /ca_file/);
  const known = await probe(
    `server = 2\n${ingest({ api: api.url, more: `ca_file = "${certificate.authorityPath}"\n` })}`,
  );
  assert.ok(known.get('X API')?.isGood, known.get('X API')?.note);
  assert.ok(known.get('clock')?.isGood, known.get('clock')?.note);
});

test('a clock that is off by what the API says is amiss, exit 1', async () => {
  const ahead = { ...clock, now: () => clock.now() + 90_000 };
  await using api = await startEmulator({ clock: ahead, tokens: ['right'], rate: 1, seed: 1 });
  const found = await probe(`server = 2\n${ingest({ api: api.url })}`);
  assertMend(found.get('clock'), undefined, /clock is 1 min (29|30) s behind 127/, /timedatectl/);
  assert.is(statusOfFindings([...found.values()]), 1);
});

test('a server that takes connections and says nothing keeps nobody waiting', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
  await until('it listens', () => silent.listening);
  const { port } = silent.address() as { port: number };
  const found = await probe(
    `server = 1\n${ingest({ api: `http://127.0.0.1:${port}` })}[mail]\nsmtp = "smtp://127.0.0.1:${port}"\nfrom = "a@x"\nto = ["b@x"]\n`,
    300,
  );
  for (const what of ['X API', 'clock', 'mail server'])
    assertMend(found.get(what), 'unreachable', /no answer within 0.3 s/, /firewall/);
  assert.is(statusOfFindings([...found.values()]), 69);
  silent.close();
  for (const socket of sockets) socket.destroy();
});

const onDisk = async (setting: Parameters<typeof diskProbe>[0], disk = systemDisk): Promise<Finding | undefined> =>
  (await runProbes([diskProbe(setting)], { ...world, disk }))[0];

test('folders that cannot be written, are full, or are not the services’ user’s are told, each with its remedy', async () => {
  const folder = temporaryFolder();
  const nobodyKnows = async (): Promise<undefined> => undefined;
  const setting = { key: 'watch.vault', folder: join(folder, 'file', 'vault'), mayServiceWrite: nobodyKnows };
  writeFileSync(join(folder, 'file'), '');
  assertMend(await onDisk(setting), 'disk-failed', /cannot be made.*ENOTDIR/, /install -d .* -o streamvault/);
  const here = { ...setting, folder };
  const full = () => Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
  assertMend(await onDisk(here, { ...systemDisk, write: full }), 'disk-full', /no room left/, /Free space/);
  const readOnly = () => Promise.reject(Object.assign(new Error('read-only'), { code: 'EROFS' }));
  assertMend(await onDisk(here, { ...systemDisk, write: readOnly }), 'disk-failed', /EROFS/, /chown.*mend the disk/);
  const asked: string[] = [];
  const refused = async (path: string): Promise<boolean> => asked.push(path) < 0;
  const deep = { ...setting, folder: join(folder, 'not', 'yet'), mayServiceWrite: refused };
  assertMend(await onDisk(deep), 'disk-failed', /the user streamvault may not/, /install -d/);
  assert.equal(asked, [folder], 'the folder in which the others would be made');
  assert.equal(readdirSync(folder), ['file']);
});

const shipSection = (server: {
  port: number;
  user: string;
  identity: string;
  knownHosts: string;
  inbox: string;
}): string =>
  `server = 2\n[ship]\nspool = "${temporaryFolder()}"\nhost = "127.0.0.1"\nport = ${server.port}\nuser = "${server.user}"\nidentity_file = "${server.identity}"\nknown_hosts = "${server.knownHosts}"\ninbox = "${server.inbox}"\n`;

test('server 1 is logged in to; a file is written there, read back and removed', async () => {
  await using server = await startEmbeddedServer();
  // One that was left by a check that was broken off.
  writeFileSync(join(server.inboxFolder, '.streamvault-check'), 'old');
  const found = (await probe(shipSection(server))).get('SFTP to server 1');
  assert.ok(found?.isGood, found?.note);
  assert.match(found?.note ?? '', 'its host key is the known one, /inbox can be written');
  assert.equal(readdirSync(server.inboxFolder), []);
});

test('a host key that is not known, a key that is not let in, a server that is not there: each is told', async () => {
  const server = await startEmbeddedServer();
  const of = 'SFTP to server 1';
  const stranger = { ...server, identity: makeKeyPair(temporaryFolder()) };
  assertMend((await probe(shipSection(stranger))).get(of), 'refused', /does not accept the key/, /authorized_keys/);
  const known = readFileSync(server.knownHosts, 'utf8');
  writeFileSync(server.knownHosts, '');
  assertMend((await probe(shipSection(server))).get(of), 'refused', /has no key for/, /show-host-key/);
  writeFileSync(server.knownHosts, known);
  rmSync(server.inboxFolder, { recursive: true });
  writeFileSync(server.inboxFolder, 'where the inbox should be');
  assertMend((await probe(shipSection(server))).get(of), 'refused', /takes no file into \/inbox/, /\[ship\] inbox/);
  assert.is(readFileSync(server.inboxFolder, 'utf8'), 'where the inbox should be');
  await server[Symbol.asyncDispose]();
  assertMend((await probe(shipSection(server))).get(of), 'unreachable', /cannot be reached/, /host and port/);
});

test('OSF: a token that is not valid, rights that are missing, a storage that is not there', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'vault'));
  const section = (api: string, more = ''): string =>
    `server = 1\n[watch]\nown = "${folder}"\nvault = "${folder}/vault"\n[osf]\napi = "${api}"\nproject = "abc12"\ntoken_file = "${folder}/osf"\n${more}`;
  secret(folder, 'osf', 'token');
  await using other = await startOsf({ project: 'abc12', token: 'another', now: Date.now });
  assertMend((await probe(section(other.api))).get('OSF'), 'refused', /401/, /osf\.full_write/);
  await using reader = await startOsf({ project: 'abc12', token: 'token', now: Date.now, permissions: ['read'] });
  assertMend(
    (await probe(section(reader.api))).get('OSF'),
    'refused',
    /no right to write.*rights: read/,
    /write permission/,
  );
  await using osf = await startOsf({ project: 'abc12', token: 'token', now: Date.now });
  const storage = (await probe(section(osf.api, 'storage = "elsewhere"\n'))).get('OSF');
  assertMend(storage, 'refused', /no storage elsewhere/, /project and storage/);
  await osf[Symbol.asyncDispose]();
  assertMend((await probe(section(osf.api))).get('OSF'), 'unreachable', /gave no answer/, /network/);
  assert.not.ok(existsSync(join(folder, 'vault', '.publish')));
});

test('the exit status is that of what must be mended first', () => {
  const finding = (code?: Finding['code']): Finding => ({ of: 'x', isGood: false, note: '', ...(code && { code }) });
  assert.is(statusOfFindings([finding('unreachable'), finding('refused'), finding('disk-full')]), 74);
  assert.is(statusOfFindings([finding('unreachable'), finding('config-invalid')]), 78);
  assert.is(statusOfFindings([finding('unreachable'), finding('refused')]), 77);
  assert.is(statusOfFindings([finding()]), 1);
  assert.is(statusOfFindings([]), 0);
});

test('the table names what to do below what does not work', () => {
  const lines = findingsTable([
    { of: 'clock', isGood: true, note: 'agrees' },
    { of: 'X API', isGood: false, note: 'is away', remedy: 'Wait.', code: 'unreachable' },
  ]);
  assert.is(lines, 'works  clock  agrees\nMEND   X API  is away\n              → Wait.\n\n1 of 2 must be mended.\n');
});

test('a probe that is broken off by the operator ends with that, not with a finding', async () => {
  const stop = new AbortController();
  const hanging: Probe = { of: 'x', run: () => new Promise(() => {}) };
  const ended = runProbes([hanging], { ...world, signal: stop.signal }).then(String, String);
  stop.abort(new Error('stopped'));
  assert.match(await ended, 'stopped');
});

test.run();
