import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readConfig } from '../../src/config/read.ts';
import type { Config } from '../../src/config/schema.ts';
import { OperatorError } from '../../src/domain/operator-error.ts';
import { minuteMs } from '../../src/domain/time.ts';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import { httpCall } from '../../src/outside/http-call.ts';
import type { World } from '../../src/outside/world.ts';
import { runOnceBeside } from '../../src/tell/beside.ts';
import { type Teller, openTeller, tellFolder } from '../../src/tell/teller.ts';
import { makeCertificate } from '../support/certificate.ts';
import { freePort, startMailServer } from '../support/mail-server.ts';
import { peerTest } from '../support/peers.ts';
import { startExim } from '../support/real-exim.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type TestWorld, testWorld } from '../support/test-world.ts';
import { until } from '../support/until.ts';

const test = suite('teller');

const configOf = (folder: string, sections: string): Config =>
  readConfig(
    `server = 2\n[ship]\nspool = "${folder}"\nhost = "h"\nidentity_file = "/k"\nknown_hosts = "/k"\n${sections}`,
    'test',
  );

const mailSection = (port: number, more = ''): string =>
  `[mail]\nsmtp = "smtp://127.0.0.1:${port}"\nfrom = "archive@example.org"\nto = ["a@example.org", "b@example.org"]\n${more}`;

async function open(config: Config, world: TestWorld, service = 'ship'): Promise<Teller> {
  return openTeller({ config, folder: tellFolder(config) ?? '', service, world, call: httpCall });
}

/** Lets the teller run while `during` does its part; ends it afterwards. */
async function running(teller: Teller, world: TestWorld, during: () => Promise<unknown>): Promise<void> {
  const ended = teller.run();
  try {
    await during();
  } finally {
    world.stop();
    await ended;
  }
}

test('an alert is mailed to each receiver while the service runs, without waiting for the next minute', async () => {
  await using server = await startMailServer();
  const world = testWorld();
  const teller = await open(configOf(temporaryFolder(), mailSection(server.port)), world);
  await running(teller, world, async () => {
    teller.alerts.raise('partner-unreachable', 'Server 1 does not answer.', { host: 'h' });
    await until('two letters', () => server.taken.length === 2);
  });
  assert.equal(server.taken.map(({ receivers }) => receivers.join()).sort(), ['a@example.org', 'b@example.org']);
  assert.is(server.taken[0]?.messageId, server.taken[1]?.messageId);
  assert.match(server.taken[0]?.source ?? '', 'Subject: [streamvault 2] partner unreachable');
});

test('what a pass from cron raised is told although the pass broke off, but not where a service is at work', async () => {
  const folder = temporaryFolder();
  const config = configOf(folder, `[alerts]\ncommand = "cat >> ${folder}/told"\n`);
  const passEndingWith = async (error: Error): Promise<unknown> => {
    const stage = async ({ alerts }: World): Promise<never> => {
      alerts.raise('file-set-aside', `A file was set aside before this: ${error.message}`);
      throw error;
    };
    return runOnceBeside({ name: 'ship', config, stage }, testWorld()).catch((thrown: unknown) => thrown);
  };
  const running = new OperatorError('already-running', 'Another one works.', 'Leave it to its work.');
  assert.is(await passEndingWith(running), running);
  assert.is(existsSync(join(folder, 'told')), false);
  const full = new OperatorError('disk-full', 'No room.', 'Free space.');
  assert.is(await passEndingWith(full), full);
  assert.match(readFileSync(join(folder, 'told'), 'utf8'), 'set aside before this: No room.');
});

test('a mail server that is down for hours loses nothing', async () => {
  const port = await freePort();
  const world = testWorld();
  const config = configOf(temporaryFolder(), mailSection(port));
  const teller = await open(config, world);
  for (const cause of ['stream-ended', 'partner-unreachable', 'disk-filling'] as const) {
    teller.alerts.raise(cause, `It was ${cause}.`);
    assert.ok((await teller.pass()) > 0);
    await world.clock.pass(60 * minuteMs);
  }
  await using server = await startMailServer({ port });
  assert.is(await (await open(config, testWorld())).pass(), 0);
  assert.is(server.taken.length, 6);
});

test('what was taken out of the configuration is no trouble any more', async () => {
  const folder = temporaryFolder();
  const osf = '[osf]\nproject = "abc12"\ntoken_file = "/t"\n';
  const teller = await open(configOf(folder, osf), testWorld());
  teller.alerts.raise('upload-failing', 'OSF takes nothing.');
  teller.alerts.raise('disk-filling', 'It fills up.');
  await teller.settle();
  const later = testWorld();
  const ended = (): unknown[] =>
    later.said.filter(({ event }) => event === 'alert.ended').map(({ facts }) => facts['cause']);
  await open(configOf(folder, osf), later);
  assert.equal(ended(), []);
  await open(configOf(folder, ''), later);
  assert.equal(ended(), ['upload-failing']);
});

test('what one service could not deliver and another one did is no trouble of the first any more', async () => {
  const port = await freePort();
  let looks = 0;
  const disk: Disk = { ...systemDisk, list: (path) => (looks++, systemDisk.list(path)) };
  const world = { ...testWorld(), disk };
  const config = configOf(temporaryFolder(), mailSection(port));
  const teller = await open(config, world);
  teller.alerts.raise('partner-unreachable', 'Server 1 does not answer.');
  for (let turn = 0; turn < 3; turn++) {
    assert.ok((await teller.pass()) > 0);
    await world.clock.pass(10 * minuteMs);
  }
  const told = (event: string): string[] =>
    world.said.filter((said) => said.event === event).map(({ facts }) => String(facts['cause']));
  assert.ok(told('alert.raised').includes('mail-failing'));
  await using _server = await startMailServer({ port });
  assert.is(await (await open(config, testWorld(), 'ingest')).pass(), 0);
  await running(teller, world, async () => {
    await until('the trouble is over', () => told('alert.ended').includes('mail-failing'));
    const before = looks;
    for (let second = 0; second < 59; second++) await world.clock.pass(1000);
    assert.ok(looks - before < 20, `it looked ${looks - before} times within a minute`);
  });
});

test('a notice at start is sent where it is switched on', async () => {
  await using server = await startMailServer();
  const world = testWorld();
  const teller = await open(configOf(temporaryFolder(), mailSection(server.port, 'notice_at_start = true\n')), world);
  await running(teller, world, () => until('two letters', () => server.taken.length === 2));
  assert.match(server.taken[0]?.source ?? '', 'Subject: [streamvault 2] ship started');
});

test('command and webhook get the alert as JSON, also without mail', async () => {
  const folder = temporaryFolder();
  const bodies: string[] = [];
  const hook = createServer(async (request, response) => {
    bodies.push((await request.setEncoding('utf8').toArray()).join(''));
    response.statusCode = bodies.length === 1 ? 503 : 204;
    response.end();
  }).listen(0, '127.0.0.1');
  await until('the webhook listens', () => hook.listening);
  const { port } = hook.address() as AddressInfo;
  const world = testWorld();
  const teller = await open(
    configOf(folder, `[alerts]\ncommand = "cat > ${folder}/alert.json"\nwebhook = "http://127.0.0.1:${port}/hook"\n`),
    world,
  );
  teller.alerts.raise('host-key-changed', 'The key of server 1 changed.', { shown: 'SHA256:x' });
  assert.is(await teller.pass(), 1, 'the webhook answered 503');
  await world.clock.pass(minuteMs);
  assert.is(await teller.pass(), 0);
  const [first, second] = bodies.map((body) => JSON.parse(body) as Record<string, unknown>);
  assert.equal(first, second);
  const { cause, state, server, service, sentence, facts } = second ?? {};
  assert.equal(
    { cause, state, server, service, sentence, facts },
    {
      cause: 'host-key-changed',
      state: 'began',
      server: 2,
      service: 'ship',
      sentence: 'The key of server 1 changed.',
      facts: { shown: 'SHA256:x' },
    },
  );
  assert.equal(JSON.parse((await world.disk.read(join(folder, 'alert.json'))).toString()), second);
  hook.close();
});

test('a command that fails is tried again, and mail says what it said', async () => {
  const folder = temporaryFolder();
  await using server = await startMailServer();
  const world = testWorld();
  const config = configOf(folder, `${mailSection(server.port)}[alerts]\ncommand = "echo no modem >&2; exit 3"\n`);
  const teller = await open(config, world);
  teller.alerts.raise('stream-ended', 'It ended.');
  await teller.pass();
  await teller.pass();
  assert.match(server.taken.at(-1)?.source ?? '', /alert command or webhook failing[\s\S]*no modem/);
});

test('without mail, command and webhook the log is all there is, and no message is made', async () => {
  const folder = temporaryFolder();
  const world = testWorld();
  const teller = await open(configOf(folder, ''), world);
  teller.alerts.raise('stream-ended', 'It ended.');
  assert.is(await teller.pass(), 0);
  assert.equal(
    (await world.disk.list(join(folder, '.tell'))).map(({ name }) => name),
    ['ship.alerts.json'],
  );
  assert.ok(world.said.some(({ event }) => event === 'alert.raised'));
});

peerTest(
  test,
  ['exim4', 'openssl'],
  'a real mail server takes it over STARTTLS, with a login, and delivers it',
  async () => {
    const folder = temporaryFolder();
    const certificate = makeCertificate(folder);
    const login = { user: 'archive', password: 'only-for-this-test' };
    await using exim = await startExim(folder, { certificate, login });
    writeFileSync(join(folder, 'password'), `${login.password}\n`, { mode: 0o600 });
    const section = mailSection(
      exim.port,
      `user = "${login.user}"\npassword_file = "${folder}/password"\nca_file = "${certificate.authorityPath}"\n`,
    );
    const teller = await open(configOf(folder, section), testWorld());
    teller.alerts.raise('file-set-aside', 'A file was set aside — nothing is lost.');
    assert.is(await teller.pass(), 0);
    const mails = await until('two mails are delivered', () => (exim.mails().length === 2 ? exim.mails() : undefined));
    assert.match(mails[0] ?? '', /with esmtpsa/, 'exim notes TLS (s) and the login (a)');
    assert.match(mails[0] ?? '', 'Subject: [streamvault 2] file set aside');
  },
);

peerTest(test, ['exim4', 'openssl'], 'a real mail server that refuses the login is told in a sentence', async () => {
  const folder = temporaryFolder();
  const certificate = makeCertificate(folder);
  await using exim = await startExim(folder, { certificate, login: { user: 'archive', password: 'right' } });
  writeFileSync(join(folder, 'password'), 'wrong\n', { mode: 0o600 });
  const section = mailSection(
    exim.port,
    `user = "archive"\npassword_file = "${folder}/password"\nca_file = "${certificate.authorityPath}"\n`,
  );
  const world = testWorld();
  const teller = await open(configOf(folder, section), world);
  teller.alerts.raise('file-set-aside', 'A file was set aside.');
  assert.is(await teller.pass(), 1);
  const delayed = world.said.find(({ event }) => event === 'message.delayed');
  assert.match(String(delayed?.facts['reason']), 'does not accept the login of archive');
});

test.run();
