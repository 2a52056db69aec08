// `streamvault emulate`: the stand-in for the X API on this machine, until it is told to stop.
// Prints its address; what it sent stands in the ledger, faults come from --fault or by POST /emulator/fault.
import { resolve } from 'node:path';
import { OperatorError } from '../domain/operator-error.ts';
import { parseSize } from '../domain/quantity.ts';
import { startEmulator } from '../emulate/emulator.ts';
import { faultKinds, parseFaults } from '../emulate/fault.ts';
import { fileLedger } from '../emulate/ledger.ts';
import { hasCode } from '../outside/disk.ts';
import type { Disk } from '../outside/disk.ts';
import { command } from './command.ts';

export const emulate = command({
  name: 'emulate',
  summary: 'A stand-in for the X API on localhost, with faults on demand',
  options: {
    port: { type: 'number', default: 0, describe: 'The port on 127.0.0.1; 0: any free one' },
    token: { type: 'string', default: 'emulated', describe: 'The bearer token that is let in' },
    rate: { type: 'number', default: 43, describe: 'Tweets per second' },
    seed: { type: 'number', default: 1, describe: 'The same seed and start make the same tweets' },
    lines: { type: 'number', describe: 'Send no more lines than that' },
    replay: { type: 'string', describe: 'Send the lines of this file (.gz too) instead of made-up tweets' },
    repeat: { type: 'boolean', default: false, describe: 'Begin the replayed file anew at its end' },
    wait: { type: 'number', default: 0, describe: 'Send the first line when so many connections stand' },
    ledger: { type: 'string', describe: 'Write down what was sent, when, to whom, into this file' },
    fault: { type: 'string', describe: `As in "drop at=5m to=2; stall for=30s"; there are ${faultKinds.join(', ')}` },
    gzip: { type: 'boolean', default: false, describe: 'Compress for clients that take it' },
    backfill: { type: 'boolean', default: true, describe: 'Allow backfill_minutes' },
    flood: { type: 'string', describe: 'Send that many bytes (as in 2GB) as fast as the client reads' },
  },
  async run(given, { clock, disk, log, results, signal }) {
    const faults = parseFaults(given.fault ?? '');
    if (!(given.rate > 0))
      throw new OperatorError('wrong-usage', `--rate ${given.rate} is no rate.`, 'Write tweets per second, above 0.');
    const { port, rate, seed, wait: waitFor, gzip: offersGzip, backfill: allowsBackfill } = given;
    await using emulator = await startEmulator({
      clock,
      port,
      rate,
      seed,
      waitFor,
      offersGzip,
      allowsBackfill,
      tokens: [given.token],
      most: given.lines,
      floodBytes: given.flood === undefined ? undefined : bytesOf(given.flood),
      replay:
        given.replay === undefined
          ? undefined
          : { content: await readReplay(disk, given.replay), repeat: given.repeat },
      ledger: given.ledger === undefined ? undefined : await fileLedger(disk, resolve(given.ledger)),
    });
    for (const fault of faults) emulator.fault(fault);
    results.write(`${emulator.url}\n`);
    log.info('emulator.started', { url: emulator.url, rate, seed });
    await new Promise((done) => {
      if (signal.aborted) done(undefined);
      signal.addEventListener('abort', done, { once: true });
    });
    log.info('emulator.stopped', { lines: emulator.due });
    return 0;
  },
});

function bytesOf(text: string): number {
  const bytes = parseSize(text);
  if (bytes !== undefined) return bytes;
  throw new OperatorError('wrong-usage', `--flood ${text} is no size.`, 'Write it with its unit, as in 2GB.');
}

async function readReplay(disk: Disk, path: string): Promise<Buffer> {
  try {
    return await disk.read(resolve(path));
  } catch (cause) {
    if (!hasCode(cause, 'ENOENT', 'EACCES', 'EISDIR')) throw cause;
    throw new OperatorError('wrong-usage', `${path} cannot be read.`, 'Name a file of payload lines with --replay.', {
      cause,
    });
  }
}
