// Mail in the demo: the day's report as it goes out once a day, and what the stand-in for a mail server was handed.
// Takes the configuration of server 1 and the stand-in; leaves a message in the outbox, which the watch delivers, and subjects.
import { join } from 'node:path';
import type { ConfigWith } from '../config/schema.ts';
import { hourOf, minuteOf } from '../domain/time.ts';
import type { StandInMailServer } from '../emulate/mail-server.ts';
import type { Disk } from '../outside/disk.ts';
import { VaultView } from '../outside/vault-view.ts';
import type { World } from '../outside/world.ts';
import { reportMessage } from '../tell/day-report.ts';
import { outboxAt } from '../tell/outbox.ts';
import { sinceOf, toldBefore } from '../tell/report-mail.ts';
import { tellFolder } from '../tell/teller.ts';

/** Puts the report of the day of `atMs` into the outbox, before that day is over: a demo does not last until the next one. */
export async function mailReport(
  config: ConfigWith<'watch'>,
  { disk }: Pick<World, 'disk'>,
  { atMs, nowMs }: { readonly atMs: number; readonly nowMs: number },
): Promise<void> {
  const { watch, timezone, server } = config;
  const { day } = hourOf(minuteOf(atMs), timezone);
  const outbox = outboxAt(disk, tellFolder(config) ?? '');
  const since = sinceOf(await toldBefore(outbox, day), nowMs);
  await outbox.add(await reportMessage(new VaultView(watch.vault, timezone, disk), day, { server, nowMs, ...since }));
}

export interface Mailed {
  /** Subjects of the letters, in the order in which they came. */
  readonly subjects: readonly string[];
  readonly hasReport: boolean;
  readonly hasAlert: boolean;
}

export function mailed({ taken }: Pick<StandInMailServer, 'taken'>): Mailed {
  const subjects = taken.map(({ subject }) => subject);
  const isReport = (subject: string): boolean => /\d{4}-\d\d-\d\d: /.test(subject);
  return { subjects, hasReport: subjects.some(isReport), hasAlert: subjects.some((subject) => !isReport(subject)) };
}

/** Leaves the letters as files that a mail program opens: 1.eml, 2.eml, … */
export async function keepLetters(
  disk: Disk,
  folder: string,
  { taken }: Pick<StandInMailServer, 'taken'>,
): Promise<void> {
  await disk.makeFolder(folder);
  for (const [index, { source }] of taken.entries()) await disk.write(join(folder, `${index + 1}.eml`), source);
}
