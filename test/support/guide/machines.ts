// Two machines of namespaces for the guide's test: systemd as process 1, this machine's programs below a layer that is thrown away,
// a cable between them, and a stand-in for the API on each. Needs root. Takes nothing; leaves machines that run lines of a shell.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { temporaryFolder } from '../temporary-folder.ts';
import { until } from '../until.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const fences = ['-m', '-p', '-f', '-i', '-u', '-C', '--kill-child'];

export interface Machine {
  /** What lies here is in /guide there. */
  readonly shared: string;
  /** Runs a line in /guide as root; resolves to what it printed. Fails where it ends with another status than 0. */
  run(line: string): Promise<string>;
}

/** Why there can be no such machines here; undefined where there can. */
export function obstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'it needs root';
  const mounts =
    'mount -t tmpfs none /mnt && mkdir /mnt/{u,w,r} && mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /mnt/r';
  const { status, stderr } = spawnSync(
    'unshare',
    [...fences, 'bash', '-ec', `${mounts} && mount -t cgroup2 none /mnt/w`],
    {
      encoding: 'utf8',
    },
  );
  return status === 0 ? undefined : `no namespaces with mounts of their own here: ${stderr.trim()}`;
}

/** Two network namespaces and a cable between them: 10.77.0.1 and 10.77.0.2. */
function layCable(names: readonly [string, string]): void {
  const ip = (words: string): Buffer => execFileSync('ip', words.split(' '));
  for (const name of names) ip(`netns add ${name}`);
  ip(`link add name sv1 netns ${names[0]} type veth peer name sv2 netns ${names[1]}`);
  for (const [index, name] of names.entries()) {
    ip(`-n ${name} addr add 10.77.0.${index + 1}/24 dev sv${index + 1}`);
    ip(`-n ${name} link set sv${index + 1} up`);
    ip(`-n ${name} link set lo up`);
  }
}

function boot(netns: string, { token, children }: { token: string; children: ChildProcess[] }): Machine {
  const [layer, shared] = [temporaryFolder(), temporaryFolder()];
  copyFileSync(`${here}agent.sh`, join(shared, 'agent.sh'));
  const inside = ['ip', 'netns', 'exec', netns];
  const start = ([program = '', ...words]: readonly string[]): void =>
    void children.push(spawn(program, words, { stdio: 'ignore' }));
  start([...inside, 'unshare', ...fences, 'bash', `${here}boot.sh`, layer, shared]);
  start([...inside, process.execPath, main, 'emulate', '--port', '8080', '--token', token, '--rate', '5']);
  let count = 0;
  return {
    shared,
    async run(line) {
      const name = join(shared, `step${String(++count).padStart(3, '0')}`);
      writeFileSync(`${name}.next`, `${line}\n`);
      renameSync(`${name}.next`, `${name}.step`);
      await until(line, () => existsSync(`${name}.rc`), 150_000);
      const printed = readFileSync(`${name}.out`, 'utf8');
      assert.is(readFileSync(`${name}.rc`, 'utf8').trim(), '0', `${line}\n${printed}`);
      return printed;
    },
  };
}

export interface Machines extends Disposable {
  readonly one: Machine;
  readonly two: Machine;
}

/** Both, without streamvault on them. Server 2 knows server 1 by the name of the example configuration. */
export async function bootMachines(token: string): Promise<Machines> {
  const names = [`svguide1-${process.pid}`, `svguide2-${process.pid}`] as const;
  const children: ChildProcess[] = [];
  layCable(names);
  const [one, two] = [boot(names[0], { token, children }), boot(names[1], { token, children })];
  await two.run('echo "10.77.0.1 server1.example.org" >> /etc/hosts');
  return {
    one,
    two,
    [Symbol.dispose]() {
      for (const child of children) child.kill('SIGKILL');
      for (const name of names) spawnSync('ip', ['netns', 'del', name]);
    },
  };
}
