// One pass: look at the spool, plan, ship file after file. Takes a connection that stands; leaves files shipped, and says what
// became of the rest. The service repeats it at each ring of the doorbell; --once until nothing is left that can go.
import { describeError, OperatorError } from '../domain/operator-error.ts';
import { formatSize } from '../domain/quantity.ts';
import { holdOf } from '../outside/hold.ts';
import { inLanes } from '../outside/lanes.ts';
import { FarRefusal } from '../outside/sftp-refusal.ts';
import { shipOrder } from './plan.ts';
import { type Outcome, removeRemnants, type Route, shipFile } from './shipment.ts';
import type { World } from '../outside/world.ts';
import type { Setbacks } from './setbacks.ts';
import type { Tally } from './tally.ts';
import { type WaitingFile, waitingFiles } from './spool.ts';

export interface Journey extends Route {
  readonly setbacks: Setbacks;
  readonly tally: Tally;
}

/**
 * `through`: everything that was due has been tried. `stale`: time to look again. `refused`: one file after the other was refused.
 * `no-room`: the far side's disk is full. `brought` files went in this pass.
 */
export type PassResult =
  | { readonly is: 'through' | 'stale' | 'refused'; readonly brought: number }
  | { readonly is: 'no-room'; readonly brought: number; readonly trouble: OperatorError };

/** On one connection, so that the far side's answers are never waited for in idleness: 60 files took 2.98 s with 4, 2.72 with 8. */
const lanes = 8;
/** Each lane holds its file in memory; a usual one is 2 MB. */
const mostHeldBytes = 64 * 2 ** 20;
/** So many refusals in a row, of different files, are no matter of one file: the rest waits as well. */
const refusalsInRow = 3;
/** The waits between them add up to half a minute. */
const refusalsBeforeAlert = 5;

/**
 * Ships what waits, in the planned order, until it is through, `isStale` says to look again, or the far side refuses one file after the
 * other, or its disk is full. Throws OperatorError `unreachable` when the connection is gone.
 */
export async function shipPass(journey: Journey, isStale: () => boolean): Promise<PassResult> {
  const { world, far, remnants, setbacks, tally } = journey;
  const waiting = await lookAt(journey);
  setbacks.keepOnly(new Set(waiting.map((file) => file.name)));
  const due = dueFiles(waiting, journey);
  tally.waiting(waiting.length);
  await removeRemnants(far, remnants);
  if (due.length === 0) return { is: 'through', brought: 0 };
  const progress: Progress = { end: 'through', inRow: 0, brought: 0, room: await roomOf(journey) };
  const hold = holdOf(() => mostHeldBytes);
  const queue = due.values();
  const lane = async (): Promise<void> => {
    for (const file of queue) {
      if (isStale() || world.signal.aborted) progress.end = 'stale';
      const bytes = await sizeOf(file, journey);
      const letGo = await hold(bytes);
      try {
        if (progress.end !== 'through') return;
        await shipOne({ file, bytes }, journey, progress);
      } finally {
        letGo();
      }
    }
  };
  await inLanes(Math.min(lanes, due.length), lane);
  const { end, brought } = progress;
  return end instanceof OperatorError ? { is: 'no-room', brought, trouble: end } : { is: end, brought };
}

function dueFiles(waiting: readonly WaitingFile[], { setbacks, world: { clock } }: Journey): WaitingFile[] {
  const due = waiting.filter((file) => setbacks.isDue(file.name, clock.monotonic()));
  return shipOrder(due, clock.now(), (name) => setbacks.failures(name) > 0);
}

async function lookAt({ world: { disk }, spool }: Journey): Promise<WaitingFile[]> {
  try {
    return await waitingFiles(disk, spool);
  } catch (cause) {
    if (!isOfThisMachine(cause)) throw cause;
    throw new OperatorError(
      'disk-failed',
      `The spool ${spool} cannot be read (${describeError(cause)}); nothing was sent or removed.`,
      'Look at the disk and at the permissions of that folder.',
      { cause },
    );
  }
}

interface Progress {
  /** How the pass will end, as far as is known; the lanes stop at anything but `through`. */
  end: 'through' | 'stale' | 'refused' | OperatorError;
  /** Refusals since the last success. */
  inRow: number;
  brought: number;
  /** Bytes free at the far side, less what this pass brings; undefined where the server does not say. */
  room: number | undefined;
}

const roomOf = ({ far, inbox }: Route): Promise<number | undefined> => far.freeBytes(inbox);

interface Load {
  readonly file: WaitingFile;
  readonly bytes: number;
}

async function shipOne({ file, bytes }: Load, journey: Journey, progress: Progress): Promise<void> {
  const { world, setbacks, tally } = journey;
  const since = world.clock.monotonic();
  // Free space is checked before bytes travel, and counted as taken from then on, since others travel beside.
  if (progress.room !== undefined && bytes > progress.room) return void (progress.end = farDiskFull(progress.room));
  takeRoom(progress, bytes);
  try {
    const outcome = await shipFile(file, journey);
    if (outcome.is !== 'shipped') takeRoom(progress, -bytes);
    progress.inRow = 0;
    progress.brought++;
    setbacks.forget(file.name);
    tally.add(outcome);
    tell(file, outcome, { world, tookMs: world.clock.monotonic() - since });
  } catch (error) {
    takeRoom(progress, -bytes);
    if (isOfOneFile(error)) return await refused(file, error, { journey, progress });
    progress.end = 'refused';
    throw error;
  }
}

function takeRoom(progress: Progress, bytes: number): void {
  if (progress.room !== undefined) progress.room -= bytes;
}

/** Is this the matter of one file: refused by the far side, or not to be read here? */
const isOfOneFile = (error: unknown): boolean => error instanceof FarRefusal || isOfThisMachine(error);

const isOfThisMachine = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

/** 0 where the disk does not say: why, is met where the file is read. */
async function sizeOf(file: WaitingFile, { world, spool }: Journey): Promise<number> {
  try {
    return (await world.disk.facts(`${spool}/${file.folder}/${file.name}`))?.bytes ?? 0;
  } catch (error) {
    if (isOfThisMachine(error)) return 0;
    throw error;
  }
}

const farDiskFull = (freeBytes: number): OperatorError =>
  new OperatorError(
    'disk-full',
    `No room for minute files is left in the inbox at the far side (${formatSize(freeBytes)} free); they stay in the spool.`,
    'Free space there; nothing needs a restart.',
  );

async function refused(
  file: WaitingFile,
  error: unknown,
  { journey, progress }: { journey: Journey; progress: Progress },
): Promise<void> {
  const { world, setbacks } = journey;
  const waitMs = setbacks.failed(file.name, world.clock.monotonic());
  world.log.warn('shipment.refused', { file: file.name, reason: describeError(error), waitMs });
  progress.inRow++;
  if (progress.inRow >= refusalsInRow) progress.end = 'refused';
  if (setbacks.failures(file.name) >= refusalsBeforeAlert) {
    const times = `${setbacks.failures(file.name)} times, and will be tried again: ${describeError(error)}.`;
    const sentence = isOfThisMachine(error)
      ? `${file.name} could not be taken from the spool ${times} Look at the disk of this machine, and at who may read and write there.`
      : `${file.name} was refused ${times} It is safe in the spool. Look at its place at the far side.`;
    world.alerts.raise('shipment-refused', sentence);
  }
  // OpenSSH says "Failure" of a full disk as of anything else: look what is free.
  const freeBytes = error instanceof FarRefusal && error.kind === 'failed' ? await roomOf(journey) : undefined;
  if (freeBytes !== undefined && freeBytes < (await sizeOf(file, journey))) progress.end = farDiskFull(freeBytes);
}

function tell(file: WaitingFile, outcome: Outcome, { world, tookMs }: { world: World; tookMs: number }): void {
  const { name } = file;
  if (outcome.is === 'shipped')
    world.log.info('shipment.completed', { file: name, bytes: outcome.bytes, tookMs: Math.round(tookMs) });
  if (outcome.is === 'was-there') world.log.info('shipment.was-there', { file: name, bytes: outcome.bytes });
}
