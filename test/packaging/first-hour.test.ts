// The first hour, as its page tells it, and then the other pages' commands: each one run, in order, on two machines with systemd, sshd
// and the package installed. Needs root and namespaces; the machines share nothing but a cable, and the API is a stand-in on each.
// may take 600 s
// runs alone
import { copyFileSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makePackages } from '../../build/package.ts';
import { type Minute, hourMs, minuteMs, minuteOf } from '../../src/domain/time.ts';
import { ranOnServer1 } from '../support/commands-run.ts';
import { commandsUnder } from '../support/documented-commands.ts';
import { type Machine, bootMachines, obstacle } from '../support/guide/machines.ts';
import { executable, peerTest } from '../support/peers.ts';
import { putMinute } from '../support/ship-scene.ts';

const test = suite('the first hour');
const page = 'packaging/docs/first-hour.md';
const token = 'token-of-no-worth';
const ownApi = `sed -i 's#^api = "https://api.x.com"#api = "http://127.0.0.1:8080"#' /etc/streamvault/config.toml`;

/** A line with what a person would paste into it. A status may find something wrong in a service's first minute: that is its answer. */
function pasting(line: string, text: string): string {
  if (line.includes('streamvault status')) return `${line} || test $? = 1`;
  return line.includes('/dev/stdin') ? `${line} <<< '${text}'` : line;
}

/** Every command under a heading of the page, one after the other; resolves to what the last one printed. */
async function follow(machine: Machine, title: string, paste = ''): Promise<string> {
  let printed = '';
  for (const line of commandsUnder(page, title)) {
    printed = await machine.run(pasting(line, paste));
    if (line.includes('streamvault install')) await machine.run(ownApi);
  }
  return printed;
}

/** What the page supposes: the download in the folder, an sshd that lets people in, nothing newer to fetch, and somebody who says yes to apt. */
async function prepare(machine: Machine, packages: readonly string[]): Promise<void> {
  for (const path of packages) copyFileSync(path, join(machine.shared, basename(path)));
  await machine.run(
    'rm -rf /var/lib/apt/lists/*; echo APT::Get::Assume-Yes true\\; > /etc/apt/apt.conf.d/99yes; systemctl start ssh systemd-user-sessions',
  );
}

const waitFor = (what: string): string =>
  `for second in $(seq 110); do ${what} && exit 0; sleep 1; done; journalctl --no-pager | tail -40; exit 1`;

function lineOf(minute: Minute): Buffer {
  const at = new Date(minute * minuteMs).toISOString();
  const author = { id: '7', username: 'someone', name: 'Someone', created_at: at };
  const data = {
    id: String(1_900_000_000_000_000_000n + BigInt(minute)),
    author_id: '7',
    created_at: at,
    lang: 'en',
    text: 'words',
  };
  const payload = {
    data,
    includes: { users: [author] },
    __twarc: { url: '', version: 'streamvault 1.0.0', retrieved_at: at },
  };
  return Buffer.from(`${JSON.stringify(payload)}\n`);
}

/** The hour before this one, as both servers would have heard it: the vault has an hour without an hour's wait. */
async function hearHourBefore(machine: Machine): Promise<void> {
  const first = minuteOf(Math.floor(Date.now() / hourMs) * hourMs - hourMs);
  const heard = join(machine.shared, 'heard');
  mkdirSync(heard);
  for (let minute = first; minute < first + 60; minute++) putMinute(heard, minute, lineOf(minute));
  const at = '/var/lib/streamvault';
  await machine.run(
    `chmod -R ug+w heard; cp -r heard/. ${at}/spool; cp -r heard/. ${at}/inbox; chown -R streamvault:streamvault ${at}/spool; chown -R streamvault-inbox:streamvault ${at}/inbox; chmod -R g+w ${at}/spool ${at}/inbox`,
  );
  await machine.run(waitFor(`ls ${at}/vault/*/*_receipt.json 2>/dev/null`));
}

const reason = obstacle();

async function runThePages(): Promise<void> {
  if (reason !== undefined) return console.log(`skipped: two machines for the first hour (${reason})`);
  const packages = await makePackages();
  using machines = await bootMachines(token);
  const { one, two } = machines;
  for (const machine of [one, two]) {
    await prepare(machine, packages);
    await follow(machine, 'On both servers');
  }
  await follow(one, 'On server 1', token);
  const publicKey = await follow(two, 'On server 2', token);
  const fingerprint = await follow(one, 'On server 1: let server 2 in', publicKey.trim());
  const shown = await two.run(commandsUnder(page, 'On server 2: know server 1 again')[0] ?? '');
  assert.match(shown, /SHA256:\S+/.exec(fingerprint)?.[0] ?? 'no fingerprint');
  await follow(two, 'On server 2: know server 1 again');

  await one.run(waitFor("systemctl status streamvault-ingest | grep -q 'Connected; .* lines in the open minute'"));
  await hearHourBefore(one);
  await one.run(waitFor('find /var/lib/streamvault/inbox -name "*.jsonl" | grep -q .'));
  for (const [machine, unit] of [
    [one, 'ingest'],
    [one, 'watch'],
    [two, 'ingest'],
    [two, 'ship'],
  ] as const)
    assert.is(await machine.run(`systemctl show -P ActiveState streamvault-${unit}`), 'active\n');
  await follow(one, 'What you see');
  for (const { command, as = command, before = 'true' } of ranOnServer1) await one.run(`${before}\n${as}`);
}

peerTest(
  test,
  [executable, 'ip', 'unshare', 'systemctl', 'dpkg-deb', 'sshd', 'rsync', 'xz'],
  'the pages’ commands, one after the other, make a running pair of servers and keep it',
  runThePages,
);

test.run();
