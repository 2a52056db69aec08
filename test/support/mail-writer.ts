// A process that lives to be killed: writes messages into an outbox and delivers what waits there.
// Takes folder, SMTP port, a number for its names, and `for-ever` or `to-the-end` (deliver what is there, then end). Prints each name written.
import { systemClock } from '../../src/outside/clock.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import { httpCall } from '../../src/outside/http-call.ts';
import { deliverWaiting } from '../../src/tell/deliver.ts';
import { outboxAt } from '../../src/tell/outbox.ts';
import { configuredWays } from '../../src/tell/ways.ts';
import { readConfig } from '../../src/config/read.ts';
import { silentLog } from './silent-log.ts';

const [folder = '', port = '', life = '', until = ''] = process.argv.slice(2);
const mail = `server = 1\n[mail]\nsmtp = "smtp://127.0.0.1:${port}"\nfrom = "archive@example.org"\nto = ["a@example.org"]\n`;
const outbox = outboxAt(systemDisk, folder);
const world = {
  clock: systemClock(),
  disk: systemDisk,
  log: silentLog,
  alerts: { raise: () => {}, end: () => {} },
  signal: new AbortController().signal,
};
const delivery = {
  world,
  outbox,
  ways: configuredWays(readConfig(mail, 'test'), httpCall),
  patience: new Map(),
  proven: new Set<never>(),
};

const most = until === 'for-ever' ? Number.POSITIVE_INFINITY : 0;
console.log('ready');
for (let number = 0; number < most; number++) {
  const name = `message-${life}-${number}`;
  await outbox.add({ name, atMs: Date.now(), ways: ['mail'], subject: name, text: `${name}\n` });
  console.log(name);
  await deliverWaiting(delivery);
}
if ((await deliverWaiting(delivery)).length > 0) process.exitCode = 1;
