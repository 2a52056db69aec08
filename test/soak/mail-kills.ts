// Mail under SIGKILL: a process that writes and delivers messages is killed at random moments, again and again. Afterwards every
// message that it had written arrived; one that arrived twice has the same Message-ID.
// STREAMVAULT_KILLS: how many (default 200). STREAMVAULT_SEED repeats a run.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startMailServer } from '../support/mail-server.ts';
import { randomOf } from '../support/random.ts';
import { seed } from '../support/seed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

export interface MailKills {
  readonly kills: number;
  readonly written: number;
  readonly lost: readonly string[];
  /** Messages that arrived more than once, and those of them whose copies differ in their Message-ID. */
  readonly doubled: number;
  readonly torn: readonly string[];
}

const writer = fileURLToPath(new URL('../support/mail-writer.ts', import.meta.url));

/** When a life ends: so many milliseconds after it had written so many messages, however slow the machine is. */
interface Death {
  readonly written: number;
  readonly afterMs: number;
}

/** Runs the writer until it is killed, or until it ends by itself; resolves to the names it had written. */
async function live(words: readonly string[], death: Death | undefined): Promise<string[]> {
  const child = spawn(process.execPath, [writer, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const written: string[] = [];
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const lines = createInterface({ input: child.stdout });
  let isDying = false;
  lines.on('line', (line) => {
    if (line !== 'ready') written.push(line);
    if (isDying || death === undefined || written.length < death.written) return;
    isDying = true;
    void pause(death.afterMs).then(() => child.kill('SIGKILL'));
  });
  const read = new Promise((resolve) => lines.once('close', resolve));
  await Promise.all([ended, read]);
  return written;
}

export async function mailKills(kills: number): Promise<MailKills> {
  const random = randomOf(seed);
  await using server = await startMailServer();
  const folder = `${temporaryFolder()}/tell`;
  mkdirSync(folder);
  const written: string[] = [];
  for (let kill = 0; kill < kills; kill++) {
    // Also before the first message, while what the life before left is delivered.
    const death = { written: Math.floor(random() * 6), afterMs: random() * 40 };
    written.push(...(await live([folder, String(server.port), String(kill), 'for-ever'], death)));
  }
  written.push(...(await live([folder, String(server.port), String(kills), 'to-the-end'], undefined)));
  const ids = new Map<string, Set<string>>();
  const copies = new Map<string, number>();
  for (const { source, messageId } of server.taken) {
    const name = /^Subject: (\S+)\r$/m.exec(source)?.[1] ?? '';
    ids.set(name, (ids.get(name) ?? new Set()).add(messageId));
    copies.set(name, (copies.get(name) ?? 0) + 1);
  }
  return {
    kills,
    written: written.length,
    lost: written.filter((name) => !copies.has(name)),
    doubled: [...copies.values()].filter((count) => count > 1).length,
    torn: [...ids].filter(([, found]) => found.size !== 1).map(([name]) => name),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const result = await mailKills(Number(process.env.STREAMVAULT_KILLS ?? 200));
  console.log(JSON.stringify(result));
  if (result.lost.length > 0 || result.torn.length > 0 || result.doubled > result.kills) process.exitCode = 1;
}
