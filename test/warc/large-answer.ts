// An archive that is given one large answer as fast as its disk takes it: `node large-answer.ts FOLDER BYTES`. For the tests of memory.
import { readdirSync } from 'node:fs';
import { systemClock } from '../../src/outside/clock.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import { loggedAlerts } from '../../src/outside/world.ts';
import { openArchive } from '../../src/warc/archive.ts';
import { until } from '../support/until.ts';
import { exchange } from './archiving.ts';
import { streamLines, wireBytes } from './answers.ts';

const [folder = '', size = ''] = process.argv.slice(2);
const total = Number(size);
const quiet = { info: () => {}, warn: console.error, error: console.error, child: () => quiet };
const world = {
  clock: systemClock(),
  disk: systemDisk,
  log: quiet,
  alerts: loggedAlerts(quiet),
  signal: new AbortController().signal,
};
const begun = await wireBytes(streamLines(2_000, 500), { isEnded: false });
const head = begun.indexOf('\r\n\r\n') + 4;
const archive = await openArchive(
  { folder, prefix: 'large', host: 'test', about: [], segmentBytes: Math.ceil(total / 4) },
  world,
);
const sink = archive.tap(exchange);
const end = Buffer.from('0\r\n\r\n');
sink.bytes(begun.subarray(0, head));
const body = begun.subarray(head);
for (let sent = head; sent + body.length + end.length <= total; sent += body.length) {
  sink.bytes(body);
  await archive.ahead();
}
sink.bytes(end);
sink.end(true);
await until('all to be sealed', () => !readdirSync(folder).some((name) => name.includes('.spool')), 1_800_000);
await archive.close();
