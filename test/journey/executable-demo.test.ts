// The built file as it runs on a machine that gives it nothing: no environment, a folder it cannot write to, a user without rights.
// It shows the whole system: stand-in, two ingests, an SFTP server, ship, watch, and the comparison of what was sent with the vault.
import { chmodSync, copyFileSync, readdirSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { executable, neededPeer, peerTest } from '../support/peers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('executable demo');
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

interface End {
  readonly status: number | null;
  readonly said: string;
}

function run(program: string, words: readonly string[], folder: string): Promise<End> {
  return new Promise((resolve) => {
    const child = spawn(program, words, { cwd: folder, env: {}, stdio: ['ignore', 'pipe', 'pipe'], ...nobody });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.on('close', (status) => resolve({ status, said }));
  });
}

peerTest(
  test,
  [executable],
  'a short demo ends well without environment, rights, or a folder to write to',
  async () => {
    const folder = temporaryFolder();
    const program = join(folder, 'streamvault');
    copyFileSync(neededPeer(executable), program);
    chmodSync(program, 0o555);
    chmodSync(folder, 0o555);
    const { status, said } = await run(program, ['demo', '--minutes', '4', '--rate', '10', '--speed', '60'], folder);
    assert.is(status, 0, said);
    assert.match(said, /2026-03-10_13_tweets\.csv\.xz/);
    assert.match(said, /\n {2}0 missing\n {2}0 doubled\n {2}0 never sent\n/);
    assert.match(said, /2026\/03\/10\/2026-03-10_13_IDs\.txt\.xz {2}the vault's bytes/);
    assert.equal(readdirSync(folder), ['streamvault']);
    chmodSync(folder, 0o755);
  },
);

test.run();
