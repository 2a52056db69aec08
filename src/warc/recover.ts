// What a dead process left: spools, which become the WARC files that they were to be, and half files, which go.
// Takes a folder; leaves jobs in the order in which they must be sealed. Doing it twice does nothing the second time.
import { join } from 'node:path';
import type { Disk } from '../outside/disk.ts';
import type { Log } from '../outside/log.ts';
import { spoolDescriptionEnding } from './being-received.ts';
import { PayloadHash } from './payload-hash.ts';
import { type SealJob, removeSpool } from './seal.ts';
import {
  type SegmentPlan,
  arrivalsName,
  descriptionName,
  openName,
  parsePlan,
  spoolEnding,
  spoolName,
  warcEnding,
} from './segment-plan.ts';

/** Clears away what was never finished, and says what is still to be sealed. The highest segment of each answer is its last. */
export async function leftBehind(disk: Disk, folder: string, log: Log): Promise<SealJob[]> {
  const names = (await disk.list(folder)).filter(({ isFolder }) => !isFolder).map(({ name }) => name);
  const isHalf = (name: string): boolean => name.endsWith(openName(warcEnding)) || halfDescription.test(name);
  for (const name of names.filter(isHalf)) await disk.remove(join(folder, name));
  const plans: SegmentPlan[] = [];
  for (const name of names.filter((name) => name.endsWith(spoolDescriptionEnding))) {
    const plan = parsePlan((await disk.read(join(folder, name))).toString('utf8'));
    if (plan && descriptionName(plan.fileName) === name) plans.push(plan);
    else if (await isUnbegun(name, { disk, folder })) await disk.remove(join(folder, name));
    else log.error('warc.spool-not-understood', { name });
  }
  await removeWithoutPlan(names, plans, { disk, folder });
  const jobs = plans
    .toSorted((a, b) => a.capturedMs - b.capturedMs || a.segment - b.segment)
    .map((plan) => jobOf(plan, plans));
  const wanted: SealJob[] = [];
  for (const job of jobs) {
    if (await hasNothing(job.plan, { disk, folder })) await removeSpool(disk, folder, job.plan);
    else wanted.push(job);
  }
  if (wanted.length > 0) log.info('warc.taken-up', { segments: wanted.length });
  return wanted;
}

function jobOf(plan: SegmentPlan, plans: readonly SegmentPlan[]): SealJob {
  const isLast = !plans.some((other) => other.originId === plan.originId && other.segment > plan.segment);
  // Of an answer that lies here as a whole the payload can be hashed; otherwise what went before is no longer known.
  return { plan, isLast, ...(isLast && plan.segment === 1 && { payload: new PayloadHash() }) };
}

/** A description that the disk was writing when the process ended: `.NAME.next`. */
const halfDescription = /^\..*\.spool\.json\.next$/;

/** No byte was received under this description: its process ended while it was being written. */
async function isUnbegun(name: string, { disk, folder }: Place): Promise<boolean> {
  const facts = await disk.facts(join(folder, name.slice(0, -spoolDescriptionEnding.length) + spoolEnding));
  return facts === undefined || facts.bytes === 0;
}

interface Place {
  readonly disk: Disk;
  readonly folder: string;
}

/** A first segment whose spool was never begun: nothing was received. A later one is the empty end of its answer. */
async function hasNothing({ fileName, segment }: SegmentPlan, { disk, folder }: Place): Promise<boolean> {
  if (segment > 1) return false;
  const isFinished = (await disk.facts(join(folder, fileName))) !== undefined;
  const facts = await disk.facts(join(folder, spoolName(fileName)));
  return !isFinished && (facts === undefined || facts.bytes === 0);
}

/** Spools go before their description does, so one without it is a remnant only where its file is there. */
async function removeWithoutPlan(
  names: readonly string[],
  plans: readonly SegmentPlan[],
  { disk, folder }: Place,
): Promise<void> {
  const known = new Set(plans.flatMap(({ fileName }) => [spoolName(fileName), arrivalsName(fileName)]));
  const finished = names.filter((name) => name.endsWith(warcEnding));
  for (const remnant of finished.flatMap((name) => [spoolName(name), arrivalsName(name)])) {
    if (names.includes(remnant) && !known.has(remnant)) await disk.remove(join(folder, remnant));
  }
}
