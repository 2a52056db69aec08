// What the soak left behind held against what was sent: vault, reports, OSF, mails. Takes the stage after its end; leaves counts, and
// every difference that must not be as a sentence.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Comparison, compare, type Interval, isFaultless } from '../../../src/demo/comparison.ts';
import { filesBelow, recordedGaps, storedIds } from '../../../src/demo/left-behind.ts';
import { isIdsFile } from '../../../src/domain/publishing.ts';
import { dayMs, hourMs, minuteMs } from '../../../src/domain/time.ts';
import { systemDisk } from '../../../src/outside/disk.ts';
import type { ServerClock } from '../quiet-clock.ts';
import type { Stage } from './stage.ts';

type Standings = ServerClock['standings'];

/** Spans of a server's clock as spans of the true time. Where the clock was set back a moment came twice: both are given. */
export function inTrueTime(spans: readonly Interval[], standings: Standings): Interval[] {
  return standings.flatMap(({ fromMs, aheadMs }, index) => {
    const untilMs = standings[index + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
    return spans
      .map((span) => ({
        fromMs: Math.max(fromMs, span.fromMs - aheadMs),
        toMs: Math.min(untilMs, span.toMs - aheadMs),
      }))
      .filter((span) => span.fromMs < span.toMs);
  });
}

const aroundMs = 30_000;

/** When a server's clock was stepped: what it then calls a gap is none to the emulator. */
const steps = (standings: Standings): Interval[] =>
  standings.slice(1).map(({ fromMs, aheadMs }, index) => {
    const byMs = Math.abs(aheadMs - (standings[index]?.aheadMs ?? 0));
    return { fromMs: fromMs - byMs - aroundMs, toMs: fromMs + byMs + aroundMs };
  });

async function compareVault({ sent, scene, servers }: Stage, ids: readonly string[]): Promise<Comparison> {
  const listeners = servers.map(async ({ clock: { standings }, lostMemory }, index) => ({
    label: `server${index + 1}`,
    gaps: inTrueTime(await recordedGaps(systemDisk, scene.spools[index as 0 | 1]), standings),
    gone: [...lostMemory, ...steps(standings)],
  }));
  return compare(sent, await Promise.all(listeners), ids);
}

const hourName = (epochMs: number): string => new Date(epochMs).toISOString().slice(0, 13);

/** Joint gap in seconds by hour (2026-03-10T14), as the reports say. */
async function reportedGaps(vault: string): Promise<Map<string, number>> {
  const gaps = new Map<string, number>();
  for (const path of await filesBelow(systemDisk, vault)) {
    if (!path.endsWith('_report.txt')) continue;
    const [header = [], ...rows] = readFileSync(join(vault, path), 'utf8')
      .trimEnd()
      .split('\n')
      .map((row) => row.split('\t'));
    const column = header.indexOf('joint gap');
    for (const row of rows) gaps.set(`${path.slice(0, 10)}T${row[0]}`, Number(row[column]));
  }
  return gaps;
}

/** A clock that was ahead or behind may have put a loss into the hour beside. */
const besideMs = 5 * minuteMs;

/** Losses of which no report says anything. */
async function unreported({ sent, scene }: Stage, ids: readonly string[]): Promise<string[]> {
  const held = new Set(ids);
  const gaps = await reportedGaps(scene.vault);
  const isTold = (at: number): boolean =>
    [at, at - besideMs, at + besideMs].some((moment) => (gaps.get(hourName(moment)) ?? 0) > 0);
  const lost = sent.filter(
    (record) => record.what === 'sure' && record.id !== '' && !held.has(record.id) && !isTold(record.at),
  );
  return lost.map((record) => `lost at ${new Date(record.at).toISOString()}, in no report's joint gap`);
}

/** Spans in which the emulator had nobody to send to, from its ledger of connections. */
function darkSpans(sent: Stage['sent'], span: { readonly startMs: number; readonly endMs: number }): Interval[] {
  const events = sent.filter((record) => !('sha256' in record)).sort((a, b) => a.at - b.at);
  const dark: Interval[] = [];
  let [open, sinceMs] = [0, span.startMs];
  for (const { what, at } of events) {
    if (what === 'opened' && open++ === 0) dark.push({ fromMs: sinceMs, toMs: Math.min(at, span.endMs) });
    if (what !== 'opened' && --open === 0) sinceMs = at;
  }
  if (open === 0) dark.push({ fromMs: sinceMs, toMs: span.endMs });
  return dark.filter(({ fromMs, toMs }) => toMs - fromMs > 5_000);
}

/** Spans in which nobody listened, of which no report says anything. Clocks that differ cannot know what they missed together. */
async function untold({ sent, scene, servers }: Stage, span: { startMs: number; endMs: number }): Promise<string[]> {
  const gaps = await reportedGaps(scene.vault);
  const wrongClocks = servers.flatMap(({ clock: { standings } }) =>
    standings.flatMap(({ fromMs, aheadMs }, index) =>
      aheadMs === 0 ? [] : [{ fromMs, toMs: standings[index + 1]?.fromMs ?? Infinity }],
    ),
  );
  const isTimely = (dark: Interval): boolean =>
    wrongClocks.every(({ fromMs, toMs }) => toMs < dark.fromMs - besideMs || fromMs > dark.toMs + besideMs);
  return darkSpans(sent, span)
    .filter(isTimely)
    .filter(({ fromMs, toMs }) => [fromMs, toMs - 1].every((moment) => (gaps.get(hourName(moment)) ?? 0) === 0))
    .map(
      ({ fromMs, toMs }) =>
        `nobody heard ${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}, and no report says so`,
    );
}

/** What of the vault before that time is not at OSF, or other. */
export async function unpublished({ scene, osf }: Pick<Stage, 'scene' | 'osf'>, endMs: number): Promise<string[]> {
  const isOver = (path: string): boolean =>
    isIdsFile(path)
      ? Date.parse(`${path.slice(11, 21)}T${path.slice(22, 24)}:00Z`) < endMs
      : path.endsWith('_report.txt') && Date.parse(path.slice(0, 10)) + dayMs <= endMs;
  const there = osf.tree.files();
  const wrong: string[] = [];
  for (const path of (await filesBelow(systemDisk, scene.vault)).filter(isOver)) {
    const content = there.get(path.replace(/^(\d+)-(\d+)-(\d+)/, '$1/$2/$3'));
    if (content === undefined) wrong.push(`not at OSF: ${path}`);
    else if (!content.equals(readFileSync(join(scene.vault, path)))) wrong.push(`other bytes at OSF: ${path}`);
  }
  return wrong;
}

/** Messages that wait on either server. */
export const waitingMessages = ({ scene }: Pick<Stage, 'scene'>): string[] =>
  [scene.vault, scene.spools[1]].flatMap((tree) => {
    try {
      return readdirSync(join(tree, '.tell/outbox')).filter((name) => name.endsWith('.json'));
    } catch {
      return [];
    }
  });

/** Days that were over in time whose report did not come exactly once. */
function wrongReports({ mailbox }: Stage, { startMs, endMs }: { startMs: number; endMs: number }): string[] {
  const wrong: string[] = [];
  for (let day = startMs; day + dayMs + 2 * hourMs < endMs; day += dayMs) {
    const name = new Date(day).toISOString().slice(0, 10);
    const mails = mailbox.taken.filter(({ subject }) => subject.includes(`${name}: `));
    const count = new Set(mails.map(({ messageId }) => messageId)).size;
    if (count !== 1) wrong.push(`${count} reports of ${name}`);
  }
  return wrong;
}

export interface Reckoning {
  readonly counts: Readonly<Record<string, number>>;
  readonly differences: readonly string[];
}

export async function reckon(stage: Stage, span: { startMs: number; endMs: number }): Promise<Reckoning> {
  const ids = await storedIds(systemDisk, stage.scene.vault);
  const comparison = await compareVault(stage, ids);
  const { missing, doubled, invented, ...counts } = comparison;
  const dark = darkSpans(stage.sent, span).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const of = (what: string, list: readonly string[]): string[] => list.map((id) => `${what}: ${id}`);
  const differences = [
    ...of('missing', missing),
    ...of('doubled', doubled),
    ...of('invented', invented),
    ...(await unreported(stage, ids)),
    ...(await untold(stage, span)),
    ...(await unpublished(stage, span.endMs)),
    ...of('undelivered', waitingMessages(stage)),
    ...wrongReports(stage, span),
  ];
  if (differences.length === 0 && !isFaultless(comparison))
    differences.push(`not faultless: ${JSON.stringify(counts)}`);
  return {
    counts: {
      ...counts,
      darkSeconds: Math.round(dark / 1000),
      mails: stage.mailbox.taken.length,
      uploads: stage.osf.tree.files().size,
    },
    differences,
  };
}
