// The day's report by mail: once a day, at its time, from what the vault holds then. Takes the vault and the outbox; leaves a message
// in the outbox, whose name is the proof that the day was told.
import type { ConfigWith } from '../config/schema.ts';
import { describeError } from '../domain/operator-error.ts';
import { type ReportClock, dayBefore, reportMoment, reportsDue } from '../domain/report-due.ts';
import { dayMs, hourMs, minuteMs } from '../domain/time.ts';
import { hourLabelOfReceipt } from '../domain/vault.ts';
import { VaultView } from '../outside/vault-view.ts';
import type { World } from '../outside/world.ts';
import { type Composing, dayOfReportMessage, dayReport, reportMessage, reportMessageName } from './day-report.ts';
import type { Outbox } from './outbox.ts';

/** How long a day with missing hours is waited for: after its moment, or after a start that has to catch up first. */
const patienceMs = hourMs;

export interface ReportingSetting {
  readonly config: ConfigWith<'watch' | 'mail'>;
  readonly outbox: Outbox;
  /** Deliver soon. */
  readonly ring: () => void;
}

/** Puts each day's report into the outbox when it is due, until the world's signal aborts. */
export async function keepReporting({ config, outbox, ring }: ReportingSetting, world: World): Promise<void> {
  const startedAt = world.clock.monotonic();
  while (!world.signal.aborted) {
    try {
      // A new view each time: receipts are large, and those of a year need not be remembered.
      const vault = new VaultView(config.watch.vault, config.timezone, world.disk);
      if (await reportDue(vault, { config, outbox, startedAt }, world)) ring();
    } catch (error) {
      world.log.error('report.failed', { reason: describeError(error) });
    }
    await world.clock.sleep(minuteMs, world.signal).catch(() => {});
  }
}

interface Due {
  readonly config: ReportingSetting['config'];
  readonly outbox: Outbox;
  /** Monotonic: the clock may be set right after the start. */
  readonly startedAt: number;
}

/** Tells the oldest day that is due; true where one was. */
async function reportDue(
  vault: VaultView,
  { config, outbox, startedAt }: Due,
  { clock, log }: World,
): Promise<boolean> {
  const nowMs = clock.now();
  const zone: ReportClock = { zone: config.timezone, reportAt: config.mail.report_at };
  const told = new Set((await outbox.names()).flatMap((name) => dayOfReportMessage(name) ?? []));
  const [day] = reportsDue(nowMs, { firstDay: (await vault.days())[0], told }, zone);
  if (day === undefined || !(await isBegun(vault, day))) return false;
  const { summary } = await dayReport(vault, day, nowMs);
  const waitedMs = Math.min(nowMs - reportMoment(day, zone), clock.monotonic() - startedAt);
  if (summary.unmade.length > 0 && waitedMs < patienceMs) return false;
  const known = await toldBefore(outbox, day);
  await outbox.add(await reportMessage(vault, day, { server: config.server, nowMs, ...sinceOf(known, nowMs) }));
  log.info('report.written', { day });
  return true;
}

/** Days looked back at for an hour of ours: a vault may hold years of another tool's, and of a day before ours nothing is reported. */
const begunWithinDays = 60;

async function isBegun(vault: VaultView, day: string): Promise<boolean> {
  const days = (await vault.days()).filter((other) => other <= day).slice(-begunWithinDays);
  for (const one of [...days].reverse())
    if ((await vault.names(one)).some((name) => hourLabelOfReceipt(name)?.isNext === false)) return true;
  return false;
}

/** What the outbox knows for a day's report. */
export interface ToldBefore {
  /** What was told on that day, but for its report and notices. */
  readonly told: readonly string[];
  /** When the report of the day before was written; undefined where there was none. */
  readonly lastReportMs: number | undefined;
}

export async function toldBefore(outbox: Outbox, day: string): Promise<ToldBefore> {
  const lastReport = reportMessageName(dayBefore(day));
  const messages = await outbox.told((name) => name.startsWith(`${day}_`) || name === lastReport);
  const alerts = messages.filter(({ name }) => dayOfReportMessage(name) === undefined);
  return {
    told: alerts.map(({ subject }) => subject),
    lastReportMs: messages.find(({ name }) => name === lastReport)?.atMs,
  };
}

/** Where no report went out before: what was made within a day. */
export const sinceOf = ({ told, lastReportMs }: ToldBefore, nowMs: number): Pick<Composing, 'told' | 'sinceMs'> => ({
  told,
  sinceMs: lastReportMs ?? nowMs - dayMs,
});
