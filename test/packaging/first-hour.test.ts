// The first hour, as its page tells it: every command, in order, on two machines with systemd, sshd and the package installed.
// Needs root and namespaces; the machines share nothing but a cable, and the API is a stand-in on each.
// may take 600 s
// runs alone
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makePackages } from '../../build/package.ts';
import { executable, peerTest } from '../support/peers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const test = suite('the first hour');
const root = fileURLToPath(new URL('../..', import.meta.url));
const token = 'token-of-no-worth';
const machines = `${root}test/support/guide-server.sh`;
const ends: (() => void)[] = [];

interface Machine {
  /** Runs a line of the guide; resolves to what it printed. Fails where it ends with another status than 0. */
  run(line: string): Promise<string>;
}

/** Commands by heading, one a line, as the page shows them. */
function guide(): Map<string, string[]> {
  const page = readFileSync(`${root}packaging/docs/first-hour.md`, 'utf8');
  const sections = page.split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => {
      const [title = '', ...lines] = section.split('\n');
      return [title, lines.filter((line) => line.startsWith('    ')).map((line) => line.trim())];
    }),
  );
}

/** Two network namespaces and a cable between them: 10.77.0.1 and 10.77.0.2. */
function cable(names: readonly [string, string]): void {
  const ip = (words: string): Buffer => execFileSync('ip', words.split(' '));
  for (const name of names) {
    ip(`netns add ${name}`);
    ends.push(() => ip(`netns del ${name}`));
  }
  ip(`link add name sv1 netns ${names[0]} type veth peer name sv2 netns ${names[1]}`);
  for (const [index, name] of names.entries()) {
    ip(`-n ${name} addr add 10.77.0.${index + 1}/24 dev sv${index + 1}`);
    ip(`-n ${name} link set sv${index + 1} up`);
    ip(`-n ${name} link set lo up`);
  }
}

function start(words: readonly string[]): void {
  const child = spawn(words[0] ?? '', words.slice(1), { stdio: 'ignore' });
  ends.unshift(() => void child.kill('SIGKILL'));
}

function boot(netns: string): Machine {
  const [folder, shared] = [temporaryFolder(), temporaryFolder()];
  copyFileSync(`${root}test/support/guide-agent.sh`, join(shared, 'agent.sh'));
  const fences = ['-m', '-p', '-f', '-i', '-u', '-C', '--kill-child'];
  start(['ip', 'netns', 'exec', netns, 'unshare', ...fences, 'bash', machines, folder, shared]);
  start([
    'ip',
    'netns',
    'exec',
    netns,
    process.execPath,
    `${root}src/main.ts`,
    'emulate',
    '--port',
    '8080',
    '--token',
    token,
    '--rate',
    '5',
  ]);
  let count = 0;
  return {
    async run(line) {
      const name = join(shared, `step${String(++count).padStart(3, '0')}`);
      writeFileSync(`${name}.next`, `${line}\n`);
      renameSync(`${name}.next`, `${name}.step`);
      await until(line, () => existsSync(`${name}.rc`), 120_000);
      const printed = readFileSync(`${name}.out`, 'utf8');
      assert.is(readFileSync(`${name}.rc`, 'utf8').trim(), '0', `${line}\n${printed}`);
      return printed;
    },
  };
}

/** What apt does without a network, and what it had done with openssh-server before. */
async function installPackage(machine: Machine, deb: string): Promise<void> {
  await machine.run(`dpkg -i ${deb}`);
  await machine.run('mkdir -p /run/sshd; rm -f /run/nologin; systemctl start ssh');
}

/** A line with what a person would paste into it. */
const pasting = (line: string, text: string): string => (line.includes('/dev/stdin') ? `${line} <<< '${text}'` : line);
const ownApi = `sed -i 's#^api = "https://api.x.com"#api = "http://127.0.0.1:8080"#' /etc/streamvault/config.toml`;

peerTest(
  test,
  [executable, 'ip', 'unshare', 'systemd-notify', 'dpkg-deb', 'sshd'],
  'the page’s commands, one after the other, make a running pair of servers',
  async () => {
    if (process.getuid?.() !== 0 || process.env['STREAMVAULT_FIRST_HOUR'] !== '1') {
      return console.log('skipped: boots two machines, which takes minutes; STREAMVAULT_FIRST_HOUR=1 and root make it run');
    }
    const packages = await makePackages();
    const deb = packages.find((path) => path.endsWith('.deb')) ?? '';
    const sections = guide();
    const linesOf = (title: string): string[] => {
      const lines = sections.get(title);
      assert.ok(lines && lines.length > 0, title);
      return lines ?? [];
    };
    const names = [`svguide1-${process.pid}`, `svguide2-${process.pid}`] as const;
    cable([...names]);
    const [one, two] = [boot(names[0]), boot(names[1])];
    for (const machine of [one, two]) await installPackage(machine, deb);
    await two.run('echo "10.77.0.1 server1.example.org" >> /etc/hosts');

    const follow = async (machine: Machine, title: string, paste: string): Promise<string> => {
      let printed = '';
      for (const line of linesOf(title)) {
        printed = await machine.run(pasting(line, paste));
        if (line.includes('streamvault install')) await machine.run(ownApi);
      }
      return printed;
    };
    await follow(one, 'On server 1', token);
    const publicKey = await follow(two, 'On server 2', token);
    const fingerprint = await follow(one, 'On server 1: let server 2 in', publicKey.trim());
    const shown = await two.run(linesOf('On server 2: know server 1 again')[0] ?? '');
    assert.match(shown, /SHA256:\S+/.exec(fingerprint)?.[0] ?? 'no fingerprint');
    await follow(two, 'On server 2: know server 1 again', '');

    for (const [machine, unit] of [
      [one, 'ingest'],
      [one, 'watch'],
      [two, 'ingest'],
      [two, 'ship'],
    ] as const)
      assert.match(await machine.run(`systemctl show -P ActiveState streamvault-${unit}`), 'active\n');
    await one.run(
      'for second in $(seq 110); do find /var/lib/streamvault/inbox -name "*.jsonl" | grep -q . && exit 0; sleep 1; done; journalctl --no-pager | tail -40; exit 1',
    );
    await one.run(linesOf('What you see')[0] ?? '');
  },
);

test.after(() => {
  for (const end of ends.splice(0)) {
    try {
      end();
    } catch {
      // It is gone already.
    }
  }
});

test.run();
