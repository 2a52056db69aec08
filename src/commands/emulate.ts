// `streamvault emulate`: the stand-in for the X API on this machine, with --osf the one for OSF beside it, until it is told to stop.
// Prints their addresses, a line each; what it sent stands in the ledger, faults come from --fault or by POST /emulator/fault.
import { resolve } from 'node:path';
import { OperatorError } from '../domain/operator-error.ts';
import { parseSize } from '../domain/quantity.ts';
import { startEmulator } from '../emulate/emulator.ts';
import { faultKinds, parseFaults } from '../emulate/fault.ts';
import { fileLedger, type LedgerSink } from '../emulate/ledger.ts';
import { type OsfStandIn, startOsf } from '../emulate/osf.ts';
import { osfFaults, parseOsfFaults } from '../emulate/osf-fault.ts';
import type { Clock } from '../outside/clock.ts';
import { hasCode } from '../outside/disk.ts';
import type { Disk } from '../outside/disk.ts';
import { refuseNoPlace } from '../outside/named-file.ts';
import { command } from './command.ts';

export const emulate = command({
  name: 'emulate',
  summary: 'Stand-ins for the X API and OSF on localhost, with faults on demand',
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
    osf: { type: 'number', describe: 'Stand in for OSF too, on this port of 127.0.0.1 (0: any free one), same token' },
    'osf-project': { type: 'string', default: 'abc12', describe: 'The project that it has' },
    'osf-fault': {
      type: 'string',
      describe: `As in "slow-down times=3; reset share=0.1 for=5m"; ${osfFaults.join(', ')}`,
    },
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
      ledger: given.ledger === undefined ? undefined : await ledgerAt(resolve(given.ledger), disk),
    });
    for (const fault of faults) emulator.fault(fault);
    await using osf = given.osf === undefined ? undefined : await osfOf(given, given.osf, clock);
    results.write(`${emulator.url}\n`);
    if (osf) results.write(`${osf.api}\n`);
    log.info('emulator.started', { url: emulator.url, rate, seed });
    await new Promise((done) => {
      if (signal.aborted) done(undefined);
      signal.addEventListener('abort', done, { once: true });
    });
    log.info('emulator.stopped', { lines: emulator.due });
    return 0;
  },
});

interface OsfOptions {
  readonly token: string;
  readonly seed: number;
  readonly 'osf-project': string;
  readonly 'osf-fault': string | undefined;
}

async function osfOf(given: OsfOptions, port: number, clock: Clock): Promise<OsfStandIn> {
  const { token, seed, 'osf-project': project } = given;
  // A fault that cannot be meant is refused before anything listens.
  parseOsfFaults(given['osf-fault'] ?? '');
  const osf = await startOsf({ project, token, port, seed, now: clock.now });
  osf.fault(given['osf-fault'] ?? '');
  return osf;
}

function bytesOf(text: string): number {
  const bytes = parseSize(text);
  if (bytes !== undefined) return bytes;
  throw new OperatorError('wrong-usage', `--flood ${text} is no size.`, 'Write it with its unit, as in 2GB.');
}

async function ledgerAt(path: string, disk: Disk): Promise<LedgerSink> {
  await refuseNoPlace(path, '--ledger');
  return fileLedger(disk, path);
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
