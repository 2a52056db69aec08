import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { serviceManager } from '../../src/outside/service-manager.ts';
import { settle } from '../support/manual-clock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const test = suite('service manager');

function told(environment: Readonly<Record<string, string>>, fails = false) {
  const messages: string[] = [];
  const reasons: string[] = [];
  const time = { ms: 0 };
  const life = serviceManager({
    environment,
    send: async (assignments) => {
      messages.push(assignments.join(' '));
      if (fails) throw new Error('no systemd-notify here');
    },
    monotonic: () => time.ms,
    failed: (reason) => void reasons.push(reason),
  });
  return { life, messages, reasons, time };
}

test('nothing is said where no manager asked', async () => {
  const { life, messages } = told({});
  life.ready();
  life.alive('at work');
  await settle();
  assert.equal(messages, []);
});

test('ready, alive and stopping are said in their order', async () => {
  const { life, messages } = told({ NOTIFY_SOCKET: '/run/notify' });
  life.ready();
  life.alive('at\nwork');
  life.stopping();
  await settle();
  assert.equal(messages, ['READY=1', 'WATCHDOG=1 STATUS=at work', 'STOPPING=1']);
});

test('signs of life go out four times in a period of the watchdog, however many there are', async () => {
  const { life, messages, time } = told({ NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: '20000000' });
  for (; time.ms < 20_000; time.ms += 100) life.alive('at work');
  await settle(20);
  assert.is(messages.length, 4);
});

test('a manager that cannot be told is logged once, and nothing else happens', async () => {
  const { life, messages, reasons } = told({ NOTIFY_SOCKET: '/run/notify' }, true);
  life.ready();
  life.stopping();
  await settle();
  assert.is(messages.length, 2);
  assert.equal(reasons, ['Error: no systemd-notify here']);
});

test('the program that is run by default is systemd-notify, with one assignment a word', async () => {
  const folder = temporaryFolder();
  const program = join(folder, 'systemd-notify');
  writeFileSync(program, `#!/bin/sh\nfor word; do echo "$word" >> ${folder}/said; done\n`);
  chmodSync(program, 0o755);
  const path = process.env.PATH;
  process.env.PATH = `${folder}:${path}`;
  try {
    const life = serviceManager({ environment: { NOTIFY_SOCKET: '/run/notify' } });
    life.ready();
    life.alive('at work');
    const said = (): string => {
      try {
        return readFileSync(join(folder, 'said'), 'utf8');
      } catch {
        return '';
      }
    };
    await until('three words', () => said().split('\n').length === 4);
    assert.is(said(), 'READY=1\nWATCHDOG=1\nSTATUS=at work\n');
  } finally {
    process.env.PATH = path;
  }
});

test.run();
