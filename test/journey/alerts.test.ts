// Each trouble that people must hear of is brought about, and reaches a mail server from the service that meets it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lookouts } from '../../src/commands/lookouts.ts';
import { readConfig } from '../../src/config/read.ts';
import type { ConfigWith, Section } from '../../src/config/schema.ts';
import { type AlertCause, alertTitles } from '../../src/domain/alert.ts';
import { dayMs, minuteOf } from '../../src/domain/time.ts';
import { startEmulator } from '../../src/emulate/emulator.ts';
import { startOsf } from '../../src/emulate/osf.ts';
import { runIngest } from '../../src/ingest/service.ts';
import { type Clock, fastClock } from '../../src/outside/clock.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import { loggedAlerts } from '../../src/outside/world.ts';
import { runPublish } from '../../src/publish/service.ts';
import { runShip } from '../../src/ship/service.ts';
import { type Service, runBeside } from '../../src/tell/beside.ts';
import { type Look, diskLook, keepLookout } from '../../src/tell/lookout.ts';
import { runWatch } from '../../src/watch/watch.ts';
import { makeCertificate } from '../support/certificate.ts';
import { makeKeyPair, startEmbeddedServer } from '../support/embedded-far-server.ts';
import { freePort, startMailServer } from '../support/mail-server.ts';
import { peerTest } from '../support/peers.ts';
import { putMinute } from '../support/ship-scene.ts';
import { silentLog } from '../support/silent-log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { writeDay } from '../support/vault-scene.ts';

const test = suite('alerts by mail');
const startMs = Date.parse('2026-03-10T14:05:00Z');
/** Time passes fast; but it is no clock that was replaced on purpose, so that it is compared with others. */
const newClock = (): Clock => ({ ...fastClock({ startMs, speed: 120 }), isReplaced: false });

interface Scene {
  readonly folder: string;
  readonly clock: Clock;
  /** Reads a configuration with [mail] to the stand-in. */
  config<S extends Section>(text: string, needed: readonly S[]): ConfigWith<S | 'mail'>;
  secret(name: string, text: string): string;
}

/** Runs a service until a mail tells that alert, then stops it; the mail's text. */
async function mailOf(
  cause: AlertCause,
  server: 1 | 2,
  prepare: (scene: Scene) => Promise<Service & { readonly meanwhile?: () => Promise<void> }>,
): Promise<string> {
  await using mail = await startMailServer();
  const folder = temporaryFolder();
  const clock = newClock();
  const section = `[mail]\nsmtp = "smtp://127.0.0.1:${mail.port}"\nfrom = "a@example.org"\nto = ["b@example.org"]\n`;
  const service = await prepare({
    folder,
    clock,
    config: (text, needed) => readConfig(`server = ${server}\n${text}\n${section}`, 'test', [...needed, 'mail']),
    secret(name, text) {
      writeFileSync(join(folder, name), `${text}\n`, { mode: 0o600 });
      return join(folder, name);
    },
  });
  const stop = new AbortController();
  const world = { clock, disk: systemDisk, log: silentLog, alerts: loggedAlerts(silentLog), signal: stop.signal };
  const ended = runBeside(service, world).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  const subject = `[streamvault ${server}] ${alertTitles[cause]}`;
  try {
    const isIt = () => mail.taken.find((letter) => letter.subject === subject);
    const found = until(`a mail "${subject}"`, isIt, 60_000);
    await Promise.race([ended, found, service.meanwhile?.().then(() => found)]);
    // Lines that the mail's encoding broke are whole again.
    return (await found).source.replaceAll('=\r\n', '');
  } finally {
    stop.abort(new Error('enough'));
    await ended;
  }
}

const startApi = (clock: Clock, more: object = {}) =>
  startEmulator({ clock, tokens: ['right'], rate: 5, seed: 1, ...more });

const ingestText = ({ folder, secret }: Scene, api: string, token = 'right'): string =>
  `[ingest]\napi = "${api}"\nspool = "${folder}"\nbearer_token_file = "${secret('token', token)}"\n`;

/** ingest against that API, with its lookouts. */
function ingestOn(scene: Scene, api: string, { token = 'right', more = '' } = {}): Service {
  const config = scene.config(`${ingestText(scene, api, token)}${more}`, ['ingest']);
  return {
    name: 'ingest',
    config,
    stage: (world) => runIngest(config, world),
    companions: [lookouts(config, 'ingest')],
  };
}

interface Watching extends Service {
  readonly spool: string;
  readonly vault: string;
}

async function watchOn(scene: Scene, more = ''): Promise<Watching> {
  const [spool, inbox, vault] = ['spool', 'inbox', 'vault'].map((name) => join(scene.folder, name));
  for (const path of [spool, inbox, vault]) await systemDisk.makeFolder(path ?? '');
  const text = `[watch]\nown = "${spool}"\npartner = "${inbox}"\nvault = "${vault}"\npatience = "1m"\n${more}`;
  const config = scene.config(text, ['watch']);
  const companions = [lookouts(config, 'watch')];
  const stage: Service['stage'] = (world) => runWatch(config, world);
  return { name: 'watch', config, stage, companions, spool: spool ?? '', vault: vault ?? '' };
}

test('the API cannot be reached: stream ended, from either server', async () => {
  for (const server of [1, 2] as const) {
    const text = await mailOf('stream-ended', server, async (scene) =>
      ingestOn(scene, `http://127.0.0.1:${await freePort()}`),
    );
    assert.match(text, `"streamvault status" there shows how things stand`);
  }
});

test('the API does not know the token: stream refused', async () => {
  await using api = await startApi(newClock());
  await mailOf('stream-refused', 1, async (scene) => ingestOn(scene, api.url, { token: 'wrong' }));
});

test('the stream is heard, and nothing comes: no data', async () => {
  await using api = await startApi(newClock(), { untilMs: startMs - 1 });
  const text = await mailOf('no-data', 2, async (scene) =>
    ingestOn(scene, api.url, { more: '[alerts]\nno_data = "1m"\n' }),
  );
  assert.match(text, 'No tweet has come for');
});

peerTest(test, ['openssl'], 'the API shows a certificate of nobody known: certificate refused', async () => {
  await using api = await startApi(newClock(), { tls: makeCertificate(temporaryFolder()) });
  await mailOf('certificate-refused', 1, async (scene) => ingestOn(scene, api.url));
});

test('the API says another time: clock off', async () => {
  const later = newClock();
  await using api = await startApi({ ...later, now: () => later.now() + dayMs });
  const text = await mailOf('clock-off', 1, async (scene) => ingestOn(scene, api.url));
  assert.match(text, 'The clock of this machine is');
});

test('nothing comes from server 2: partner silent', async () => {
  await mailOf('partner-silent', 1, (scene) => watchOn(scene, '[alerts]\npartner_silent = "1m"\n'));
});

const hourAgo = minuteOf(Date.parse('2026-03-10T13:00:00Z'));
const noLines = Buffer.alloc(0);

test('an hour is made without all its minute files: hour incomplete', async () => {
  await mailOf('hour-incomplete', 1, async (scene) => {
    const service = await watchOn(scene);
    putMinute(service.spool, hourAgo, noLines);
    return service;
  });
});

test('a minute file comes after its hour was made: late file', async () => {
  await mailOf('file-late', 1, async (scene) => {
    const service = await watchOn(scene);
    putMinute(service.spool, hourAgo, noLines);
    const receipt = join(service.vault, '2026-03-10', '2026-03-10_13_receipt.json');
    const meanwhile = async (): Promise<void> => {
      await until('the hour is made', async () => (await systemDisk.facts(receipt)) !== undefined);
      putMinute(service.spool, hourAgo + 1, noLines);
    };
    return { ...service, meanwhile };
  });
});

test('a file is not what its name says: file set aside', async () => {
  await mailOf('file-set-aside', 1, async (scene) => {
    const service = await watchOn(scene);
    writeFileSync(join(service.spool, putMinute(service.spool, hourAgo, noLines)), 'something else\n');
    return service;
  });
});

test('a disk fills up: it is told with the time that it will last', async () => {
  const text = await mailOf('disk-filling', 1, async (scene) => {
    const service = await watchOn(scene);
    // Two gigabytes an hour, looked at every ten minutes: hours must pass before it is known how fast a disk fills.
    let looks = 0;
    const fileSystemOf = async () => ({ id: '1', freeBytes: 50e9 - (looks / 6) * 2e9, totalBytes: 100e9 });
    const look = diskLook({ paths: [service.vault], leastMs: 2 * dayMs, fileSystemOf });
    const later: Look = (world) => {
      looks++;
      return look({ ...world, clock: { ...world.clock, now: () => startMs + looks * 600_000 } });
    };
    return { ...service, companions: [(world) => keepLookout(Array<Look>(30).fill(later), world)] };
  });
  assert.match(text, /GB are free, which last \d+ h/);
});

const shipText = (server: { port: number; identity: string; knownHosts: string }, spool: string): string =>
  `[ship]\nspool = "${spool}"\nhost = "127.0.0.1"\nport = ${server.port}\nuser = "streamvault"\nidentity_file = "${server.identity}"\nknown_hosts = "${server.knownHosts}"\ninbox = "/inbox"\n`;

function shipTo(scene: Scene, server: { port: number; identity: string; knownHosts: string }): Service {
  putMinute(scene.folder, hourAgo, noLines);
  const config = scene.config(shipText(server, scene.folder), ['ship']);
  return { name: 'ship', config, stage: (world) => runShip(config, world) };
}

test('server 1 cannot be reached: server 2 tells', async () => {
  const server = await startEmbeddedServer();
  await server[Symbol.asyncDispose]();
  await mailOf('partner-unreachable', 2, async (scene) => shipTo(scene, server));
});

test('server 1 does not let server 2 in: server 2 tells', async () => {
  await using server = await startEmbeddedServer();
  const stranger = { ...server, identity: makeKeyPair(temporaryFolder()) };
  await mailOf('partner-unreachable', 2, async (scene) => shipTo(scene, stranger));
});

test('server 1 shows another host key: server 2 tells', async () => {
  await using server = await startEmbeddedServer();
  await using other = await startEmbeddedServer();
  const [name = ''] = server.sftp.knownHosts.split(' ');
  const [, ...key] = other.sftp.knownHosts.split(' ');
  writeFileSync(server.knownHosts, `${name} ${key.join(' ')}\n`);
  await mailOf('host-key-changed', 2, async (scene) => shipTo(scene, server));
});

test('OSF does not take the token: upload failing', async () => {
  await using osf = await startOsf({ project: 'abc12', token: 'another', now: Date.now });
  await mailOf('upload-failing', 1, async (scene) => {
    const { vault, spool, ...service } = await watchOn(scene);
    writeDay(vault, { day: '2026-03-09' }, { 13: { ids: 3 } });
    const text = `[watch]\nown = "${spool}"\nvault = "${vault}"\n[osf]\napi = "${osf.api}"\nproject = "abc12"\ntoken_file = "${scene.secret('osf', 'mine')}"\n`;
    const config = scene.config(text, ['watch', 'osf']);
    return { ...service, config, companions: [(world) => runPublish(config, world)] };
  });
});

test('a part of a service ends: process died, while the rest goes on', async () => {
  const text = await mailOf('process-died', 1, async (scene) => {
    const service = await watchOn(scene);
    return { ...service, companions: [() => Promise.reject(new Error('it broke'))] };
  });
  assert.match(text, 'it broke');
});

test.run();
